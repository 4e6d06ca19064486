"""Referrals on lists and pages: who brought whom, how it went, and what it cost."""

import pytest
from django.urls import reverse

from engine.lives import merge_people
from referrals.models import (
    Click,
    Identity,
    MergedReferrals,
    Payout,
    Referral,
    ReferralCode,
    ReferralProgram,
    ReferralStep,
    ReferralTerms,
    Sharing,
)
from referrals.services.clicks import record_click
from referrals.services.reviews import Decided, reject_referrals
from referrals.services.sharing import record_share
from tests.factories import NOON, make_member, make_program, refund_order, requested
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.referrals.admin.conftest import suspicious
from tests.referrals.factories import claim, code_of, make_referrals, order, visit

FUNNEL = "admin:referrals_referralprogram_funnel"


@pytest.fixture
def bob(shop, ada):
    """A friend of Ada's by a click from a mail, whose order has paid both."""
    found = record_click(
        program=shop, code=code_of(ada), channel="mail", visit=visit("192.0.2.1"), at=NOON
    )
    claim(ada, click_token=found.token, email="bob@mail.example")
    make_member(shop, "bob", email="bob@mail.example")
    order(shop, amount=4000)
    return shop.member_set.get(external_id="bob")


def of_ada():
    return Referral.objects.get(advocate__external_id="ada")


def found(staff, **query):
    return [row.pk for row in staff.get(listing(Referral, **query)).context["cl"].result_list]


@pytest.mark.parametrize(
    "model",
    [
        Click,
        Identity,
        MergedReferrals,
        Payout,
        Referral,
        ReferralCode,
        ReferralProgram,
        ReferralStep,
        ReferralTerms,
        Sharing,
    ],
)
def test_every_row_can_be_read_and_nobody_adds_one(staff, ada, bob, model):
    record_share(member=ada, channel="mail", at=NOON)
    merge_people(member=bob, into=ada, requested=requested(ada))
    row = model.objects.order_by("pk")[0]

    assert staff.get(listing(model)).status_code == 200
    assert staff.get(page(row)).status_code == 200
    assert (
        staff.post(reverse(f"admin:referrals_{model._meta.model_name}_add")).status_code == 403
    )
    assert staff.post(page(row), {}).status_code == 403


@pytest.mark.parametrize("term", ["ada", "bob", "ada.lovelace@mail.example", "code", "ref"])
def test_a_referral_is_found_by_whoever_and_whatever_it_is_of(staff, ada, bob, term):
    said = {"code": code_of(ada).lower(), "ref": str(of_ada())}

    assert of_ada().pk in found(staff, q=said.get(term, term))


def test_a_claim_of_an_address_is_found_by_it_though_only_its_hash_is_kept(staff, ada):
    referral = claim(ada, "", email="cid@mail.example")

    assert found(staff, q="cid@mail.example") == [referral.pk]
    assert found(staff, q="dan@mail.example") == []


def test_referrals_are_listed_by_state_program_verdict_and_advocate(staff, shop, ada, bob):
    of_bob, flagged = of_ada().pk, suspicious(ada, "cid")
    number = ReferralProgram.objects.get().pk

    assert found(staff, state="flagged") == [flagged.pk]
    assert found(staff, outcome="review") == [flagged.pk]
    assert found(staff, advocate=ada.pk) == [flagged.pk, of_bob]
    assert len(found(staff, of=number)) == 3
    assert found(staff, of=number + 1) == []


def test_a_referral_tells_its_story(staff, bob):
    text = text_of(staff.get(page(of_ada())))

    assert "order 1001</a>" in text
    assert "100 points" in text
    assert "Click, mail" in text


def test_a_referral_tells_what_its_shoppers_read(staff, ada):
    referral = claim(ada, "cid")
    address = reverse("admin:referrals_referral_reject", args=[referral.pk])
    staff.post(address, {"key": "k", "note": "a fraud"})

    text = text_of(staff.get(page(referral)))

    assert "<dd>rejected: the claim was turned down</dd>" in text
    assert "<td>kim</td><td>a fraud</td>" in text


def test_a_referral_program_tells_what_it_promises_and_where_it_is_edited(staff, shop):
    text = text_of(staff.get(page(ReferralProgram.objects.get())))

    assert "<td>The advocate gets</td><td>100 points</td>" in text
    assert "edited in the program file" in text


@pytest.mark.parametrize(
    ("by", "name"), [("referral_program", "friends"), ("advocate", "Ada"), ("channel", "mail")]
)
def test_the_funnel_counts_by_program_advocate_and_channel(staff, bob, by, name):
    response = staff.get(reverse(FUNNEL), {"by": by})

    row = response.context["rows"][0]
    assert name in row["name"]
    assert row["revenue"] == "€40.00"
    assert (row["funnel"].qualified, row["funnel"].rewarded) == (1, 1)
    assert (row["funnel"].points, [bar.text for bar in row["bars"]][-1][:10]) == (
        150,
        "1 rewarded",
    )


def test_the_funnel_of_one_referral_program_leads_to_its_advocates(staff, bob):
    number = ReferralProgram.objects.get().pk

    rows = staff.get(reverse(FUNNEL), {"of": number, "by": "advocate"}).context["rows"]

    assert ["Ada" in row["name"] for row in rows] == [True, False]


def test_the_funnel_without_anybody_says_so(staff, shop):
    assert "Nobody has come by a code yet" in text_of(staff.get(reverse(FUNNEL)))


@pytest.mark.parametrize("query", [{"of": "x"}, {"program": "0"}, {"by": "moon"}])
def test_the_funnel_of_nonsense_is_that_of_everything(staff, bob, query):
    assert staff.get(reverse(FUNNEL), query).context["by"] == "referral_program"


def test_a_members_page_tells_of_friends_and_of_the_advocate(staff, ada, bob):
    of_advocate, of_friend = text_of(staff.get(page(ada))), text_of(staff.get(page(bob)))

    assert "<h2>As an advocate</h2>" in of_advocate
    assert "<h2>Friends</h2>" in of_advocate
    assert "<h2>Came by</h2>" in of_friend
    assert "referral rewarded" in of_advocate


def test_a_members_page_without_referral_programs_says_nothing_of_them(staff, db):
    assert "As an advocate" not in text_of(staff.get(page(make_member(make_program()))))


@pytest.fixture
def unseen(db):
    """A shop whose friends get a code when they are claimed, and one who has not enrolled."""
    at_claim = {"gives": {"percent": 50}, "at": "claim", "voucher": {"prefix": "HI"}}
    shop = make_referrals(friend=at_claim)
    return claim(make_member(shop, "ada", name="Ada"), "cid", email="cid@mail.example")


def test_a_payout_of_a_friend_who_has_not_enrolled_is_not_the_advocates(staff, unseen):
    text = text_of(staff.get(listing(Payout)))

    assert "cid, not enrolled yet" in text
    assert "HI-" not in text_of(staff.get(page(unseen.advocate)))


def test_the_code_of_a_friend_is_on_the_friends_own_page(staff, unseen):
    bob = make_member(unseen.program, "cid", email="cid@mail.example")

    assert "HI-" in text_of(staff.get(page(bob)))


def test_payouts_that_were_taken_back_are_listed_by_that(staff, unseen):
    def listed():
        return staff.get(listing(Payout, outcome="taken_back")).context["cl"].result_count

    assert listed() == 0
    decided = Decided("kim", "the same household")
    reject_referrals(program=unseen.program, referrals=[unseen.pk], decided=decided, at=NOON)
    assert listed() == 1


def test_a_referral_tells_which_order_counts_now(staff, shop, bob):
    order(shop, "1002", amount=2500)
    refund_order(shop, "1001", amount=4000)

    assert ">order 1002</a>" in text_of(staff.get(page(of_ada())))
