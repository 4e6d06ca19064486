"""The review queue: what it shows of both sides, and what deciding there does."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referrals.models import Referral
from referrals.services.forgetting import forget_referrals
from tests.factories import make_member
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.referrals.admin.conftest import suspicious
from tests.referrals.factories import (
    claim,
    make_referrals,
    order,
    pass_days,
    points_of,
    visit,
)

QUEUE = "admin:referrals_referral_review"


def queue(client, **query):
    return client.get(reverse(QUEUE), query)


def decide(client, do, *referrals, note="looked at it"):
    chosen = [referral.pk for referral in referrals]
    data = {"chosen": chosen, "do": do, "note": note}
    return client.post(reverse(QUEUE), data, follow=True)


def act(client, name, referral, note="looked at it"):
    address = reverse(f"admin:referrals_referral_{name}", args=[referral.pk])
    return client.post(address, {"key": "k", "note": note})


def state_of(referral):
    return Referral.objects.get(pk=referral.pk).state


def test_the_queue_shows_what_speaks_against_it_and_what_each_reason_weighs(staff, flagged):
    text = text_of(queue(staff))

    assert f"{flagged}</a>" in text
    assert "The friend uses the advocate&#x27;s device</span> <strong>+60</strong>" in text
    assert "<strong>60</strong>" in text


def test_the_queue_shows_both_sides_and_what_they_share(staff, shop, ada):
    referral = suspicious(ada, email="bob@mail.example")
    make_member(shop, "bob", email="bob@mail.example")
    order(shop, amount=2500)

    case = next(c for c in queue(staff).context["cases"] if c["pk"] == referral.pk)

    sides = {name: (ours, theirs) for name, ours, theirs in case["sides"].rows}
    assert sides["E-mail"] == ("a•••@mail.example", "b•••@mail.example")
    assert sides["Orders that count"] == ("0", "1")
    assert sides["Worth, net"] == ("€0.00", "€25.00")
    assert sides["Has referred"][0] == "1: 0 rewarded, 0 rejected"
    shared = {row[0]: row[1] for row in case["shared"].rows}
    assert shared["Device"] == "the advocate's"


def test_another_claim_by_the_same_thing_is_named(staff, shop, ada):
    first = suspicious(ada)
    second = suspicious(ada, "cid", number=2)

    cases = {case["pk"]: case["shared"] for case in queue(staff).context["cases"]}

    [device] = cases[first.pk].rows
    assert str(second) in device[3]
    assert str(first) not in device[3]


def test_no_address_is_shown_whole(staff, shop, ada, flagged):
    make_member(shop, "bob", email="bob.the.friend@mail.example", phone="+4930123456")

    for response in (queue(staff), staff.get(page(flagged))):
        text = text_of(response)
        assert "ada.lovelace@" not in text
        assert "bob.the.friend@" not in text
        assert "+4930123456" not in text


def test_what_waits_stays_in_the_queue_unpaid_however_long_it_takes(staff, shop, ada, flagged):
    make_member(shop, "bob")
    order(shop)
    pass_days(shop, 400)

    assert [case["pk"] for case in queue(staff).context["cases"]] == [flagged.pk]
    assert points_of(ada) == 0


def test_approving_several_pays_them(staff, shop, ada, flagged):
    other = suspicious(ada, "cid", number=2)
    for friend in ("bob", "cid"):
        make_member(shop, friend)
        order(shop, f"of-{friend}", member=friend)

    text = text_of(decide(staff, "approve", flagged, other))

    assert "2 approved." in text
    assert (state_of(flagged), state_of(other)) == ("rewarded", "rewarded")
    assert points_of(ada) == 200


def test_rejecting_takes_back_what_was_given(staff, shop, ada):
    referral = claim(ada, "cid")
    make_member(shop, "cid")
    order(shop, member="cid")
    assert points_of(ada) == 100

    act(staff, "reject", referral)

    assert (state_of(referral), points_of(ada)) == ("rejected", 0)


def test_nothing_is_decided_without_a_reason(staff, flagged):
    text = text_of(decide(staff, "reject", flagged, note=" "))

    assert "say why" in text
    assert state_of(flagged) == "flagged"


def test_a_rejection_is_undone_right_after_it(staff, ada, flagged):
    response = decide(staff, "reject", flagged)
    assert response.context["decided"]["undo"] == "reopen"
    assert 'value="reopen"' in text_of(response)

    decide(staff, "reopen", flagged)

    assert state_of(flagged) == "flagged"
    assert [case["pk"] for case in queue(staff).context["cases"]] == [flagged.pk]


def test_an_approval_is_undone_right_after_it(staff, shop, ada, flagged):
    make_member(shop, "bob")
    order(shop)
    response = decide(staff, "approve", flagged)
    assert 'value="reconsider"' in text_of(response)

    decide(staff, "reconsider", flagged)

    assert (state_of(flagged), points_of(ada)) == ("flagged", 0)
    assert [case["pk"] for case in queue(staff).context["cases"]] == [flagged.pk]


def test_what_was_reopened_can_be_approved(staff, shop, ada, flagged):
    make_member(shop, "bob")
    order(shop)
    decide(staff, "reject", flagged)
    decide(staff, "reopen", flagged)

    decide(staff, "approve", flagged)

    assert (state_of(flagged), points_of(ada)) == ("rewarded", 100)


def test_a_rejection_is_taken_back_from_its_story(staff, shop, ada, flagged):
    make_member(shop, "bob")
    order(shop)
    decide(staff, "reject", flagged)
    assert "Reinstate" in text_of(staff.get(page(flagged)))

    act(staff, "reinstate", flagged, note="they are neighbours")

    text = text_of(staff.get(page(flagged)))
    assert points_of(ada) == 100
    assert "they are neighbours" in text


def test_what_staff_noted_of_somebody_is_forgotten_with_them(staff, ada, flagged):
    decide(staff, "reject", flagged, note="Ada's husband")

    forget_referrals(members=[ada.pk])

    assert set(flagged.steps.values_list("note", flat=True)) == {""}


def test_one_that_cannot_be_decided_does_not_stop_the_others(staff, ada, flagged):
    done = claim(ada, "dan")
    act(staff, "reject", done)

    text = text_of(decide(staff, "approve", done, flagged))

    assert "1 approved." in text
    assert f"Referral {done}: Cannot approve a referral that is rejected" in text
    assert state_of(flagged) == "claimed"


def test_a_queue_of_three_costs_as_many_queries_as_one_of_one(staff, ada, flagged):
    queue(staff)
    with CaptureQueriesContext(connection) as of_one:
        queue(staff)
    suspicious(ada, "cid", number=2)
    suspicious(ada, "dan", number=3)

    with CaptureQueriesContext(connection) as of_three:
        queue(staff)

    # The others who share something are looked up once there are any.
    assert len(of_three) <= len(of_one) + 1


def test_who_may_only_look_decides_nothing(flagged):
    user = User.objects.create_user("lee", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_referral"))
    lee = Client()
    lee.force_login(user)

    assert decide(lee, "approve", flagged).status_code == 403
    assert act(lee, "reject", flagged).status_code == 403
    assert queue(lee).status_code == 200
    assert 'name="chosen"' not in text_of(queue(lee))
    assert state_of(flagged) == "flagged"


def test_who_may_look_at_nothing_sees_no_queue(flagged):
    lee = Client()
    lee.force_login(User.objects.create_user("lee", is_staff=True))

    assert queue(lee).status_code == 403
    assert lee.get(listing(Referral)).status_code == 403


@pytest.mark.parametrize("chosen", ["x", "-1", "99999999999999999999", "4711"])
def test_nonsense_is_not_decided(staff, flagged, chosen):
    answer = staff.post(reverse(QUEUE), {"chosen": chosen, "do": "reject", "note": "x"})

    assert answer.status_code == 302
    assert state_of(flagged) == "flagged"


def test_the_overview_says_how_many_wait_to_be_looked_at(staff, shop, ada):
    assert "to review" not in text_of(staff.get(reverse("admin:index")))

    suspicious(ada, "bob", number=1)
    suspicious(ada, "cid", number=2)

    text = text_of(staff.get(reverse("admin:index")))
    address = f"{reverse('admin:referrals_referral_review')}?program={shop.pk}"
    assert f'<a href="{address}">2 referrals to review</a>' in text


def test_a_card_says_why_a_score_that_turns_down_still_waits(staff, db):
    shop = make_referrals(fraud={"review_at": 40, "block_at": 50})
    eve = make_member(shop, "eve")
    claim(eve, "ada", context=visit(device_id="phone-1"))
    suspicious(make_member(shop, "ada"))

    text = text_of(queue(staff))

    assert "It waits all the same: what a household shares turns nobody down" in text


def test_a_card_below_that_score_says_nothing_of_it(staff, flagged):
    assert "It waits all the same" not in text_of(queue(staff))


def test_a_friend_of_whom_nothing_was_told_is_not_said_to_be_forgotten(staff, ada):
    assert "Nothing was known of the friend but an id." in text_of(staff.get(page(claim(ada))))


def test_a_friend_of_long_ago_may_have_been_forgotten(staff, shop, ada):
    referral = claim(ada)
    pass_days(shop, 31)

    assert "Nothing is known of the friend by now" in text_of(staff.get(page(referral)))
