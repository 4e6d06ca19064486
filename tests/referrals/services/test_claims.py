"""Claiming friends: who is let in, who is refused and by which name, and whose friend it is."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput, NotFound
from loyalty.models import Voucher
from referrals.models import Identity, Referral
from referrals.rules.refusals import (
    AlreadyReferred,
    CapReached,
    ExistingCustomer,
    ProgramEnded,
    ReferralExpired,
    SelfReferral,
)
from referrals.services.clicks import record_click
from referrals.services.codes import rotate_code
from referrals.services.paying import friend_voucher
from referrals.services.programs import save_referral_programs
from tests.concurrency import all_at_once
from tests.factories import NOON, make_member, state_order
from tests.referrals.factories import (
    claim,
    code_of,
    enrol,
    make_referrals,
    order,
    points_of,
    visit,
)

pytestmark = pytest.mark.django_db
VOUCHER = {"gives": {"percent": 50}, "at": "claim", "voucher": {"valid": "30 days"}}


@pytest.fixture
def ada(program):
    return make_member(program, name="Ada Lovelace", email="ada@example.org")


def token_of(advocate, *, at=NOON):
    clicked = record_click(
        program=advocate.program, code=code_of(advocate), channel="mail", visit=visit(), at=at
    )
    return clicked.token


def states(referral):
    return [(step.state, step.cause) for step in referral.steps.all()]


def test_a_claim_is_noted_with_its_steps(ada):
    referral = claim(ada)

    assert (referral.state, referral.friend_ref, referral.advocate) == ("claimed", "bob", ada)
    assert states(referral) == [("claimed", "address")]


def test_a_claim_by_a_click_began_with_it(ada):
    referral = claim(ada, click_token=token_of(ada))

    assert states(referral) == [("clicked", "click"), ("claimed", "click")]
    assert referral.channel == "mail"


def test_the_same_friend_again_is_the_same_referral(ada):
    first = claim(ada)

    assert claim(ada) == first
    assert Referral.objects.count() == 1
    assert len(states(first)) == 1


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ({"friend_id": "bob", "email": "bob@example.org"}, {"friend_id": "bob"}),
        ({"friend_id": "", "email": "bob@gmail.com"}, {"email": "B.ob+x@googlemail.com"}),
        ({"friend_id": "", "phone": "+4930123"}, {"friend_id": "bobby", "phone": "+4930123"}),
    ],
)
def test_a_friend_is_known_by_all_that_was_ever_told(ada, first, again):
    referral = claim(ada, **first)

    assert claim(ada, **({"friend_id": ""} | again)) == referral


def test_addresses_are_kept_as_hashes_alone(ada):
    claim(ada, "", email="bob@example.org", context=visit(device_id="phone-1"))

    assert set(
        Identity.objects.filter(referral__isnull=False).values_list("kind", flat=True)
    ) == {
        "email",
        "device",
        "ip",
        "network",
    }
    row = Referral.objects.values().get()
    assert "bob" not in str(row)


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"code": "", "friend_id": "bob"}, ""),
        ({"click_token": "x", "code": "y"}, ""),
        ({"friend_id": ""}, "/friend"),
        ({"click_token": "forged"}, "/click_token"),
    ],
)
def test_a_claim_that_says_too_little_or_too_much_is_refused(ada, request_, pointer):
    with pytest.raises(InvalidInput) as caught:
        claim(ada, **({"friend_id": "bob"} | request_))

    assert caught.value.problems[0].pointer == pointer


def test_a_token_of_another_program_is_refused(ada):
    stranger = make_member(make_referrals())

    with pytest.raises(InvalidInput):
        claim(ada, click_token=token_of(stranger))


def test_a_code_that_nobody_has_is_not_found(ada):
    with pytest.raises(NotFound):
        claim(ada, code="NOBODYS1")


def test_a_code_typed_with_o_for_zero_is_understood(ada):
    typed = code_of(ada).replace("0", "o").replace("1", "l").lower()

    assert claim(ada, code=typed).advocate == ada


def test_an_old_code_still_works(ada):
    old = code_of(ada)
    rotate_code(member=ada, at=NOON)

    assert claim(ada, code=old).advocate == ada


def test_nobody_refers_themselves(ada):
    with pytest.raises(SelfReferral):
        claim(ada, "ada")
    with pytest.raises(SelfReferral):
        claim(ada, "", email="ada@example.org")

    assert not Referral.objects.exists()


def test_who_is_a_second_account_of_the_advocate_is_turned_down(ada):
    referral = claim(ada, "bob", email="Ada+second@example.org")

    assert (referral.state, referral.reason) == ("rejected", "self_referral")
    assert referral.reasons == ["same_email"]


def test_who_joined_before_is_an_existing_customer(program, ada):
    make_member(program, "bob", at=NOON - timedelta(seconds=1))

    with pytest.raises(ExistingCustomer):
        claim(ada)


def test_who_has_ordered_before_is_an_existing_customer(program, ada):
    make_member(program, "bob")
    state_order(program, member="bob", placed_at=(NOON - timedelta(days=1)).isoformat())

    with pytest.raises(ExistingCustomer):
        claim(ada)


@pytest.mark.parametrize(
    "known",
    [{"email": "bob@example.org"}, {"phone": "+15550100"}],
    ids=["email", "phone"],
)
def test_who_has_ordered_as_a_guest_is_an_existing_customer(program, ada, known):
    state_order(program, guest=known)

    with pytest.raises(ExistingCustomer):
        claim(ada, "", **known)


def test_who_has_ordered_under_an_id_without_enrolling_is_an_existing_customer(program, ada):
    state_order(program, member="bob")

    with pytest.raises(ExistingCustomer):
        claim(ada, "bob")


def test_a_guests_order_after_the_claim_does_not_speak_against_one_told_late(program, ada):
    later = NOON + timedelta(days=1)
    state_order(program, guest={"email": "bob@example.org"}, at=later)

    told_late = claim(ada, "", email="bob@example.org", occurred_at=NOON, at=later)

    assert told_late.state == "claimed"


def test_a_click_of_too_long_ago_counts_no_more(ada):
    token = token_of(ada)

    with pytest.raises(ReferralExpired):
        claim(ada, click_token=token, at=NOON + timedelta(days=30))
    assert claim(ada, click_token=token, at=NOON + timedelta(days=29, hours=23))


def test_nobody_is_referred_by_a_program_that_has_ended(program, ada):
    code = code_of(ada)
    save_referral_programs(program=program, forms={}, at=NOON)

    with pytest.raises(ProgramEnded):
        claim(ada, code=code)


@pytest.mark.parametrize("eve_is_first", [True, False])
def test_a_friend_has_one_advocate_the_first_even_at_the_same_moment(ada, eve, eve_is_first):
    first, second = (eve, ada) if eve_is_first else (ada, eve)
    # Whose code is the older makes no difference.
    code_of(ada)
    claim(first)

    with pytest.raises(AlreadyReferred):
        claim(second)


def test_by_last_touch_the_later_advocate_has_the_friend():
    program = make_referrals(attribution={"model": "last_touch"})
    ada, eve = make_member(program), make_member(program, "eve")
    first = claim(ada)

    second = claim(eve, at=NOON + timedelta(days=1))

    first.refresh_from_db()
    assert (first.state, first.reason) == ("rejected", "already_referred")
    assert second.state == "claimed"


def test_a_claim_of_the_address_is_better_than_a_click(ada, eve):
    clicked = claim(ada, click_token=token_of(ada))

    claim(eve)

    clicked.refresh_from_db()
    assert clicked.state == "rejected"


def test_a_click_is_no_better_than_a_claim_of_the_address(ada, eve):
    claim(ada)

    with pytest.raises(AlreadyReferred):
        claim(eve, click_token=token_of(eve))


def test_who_was_turned_down_stays_so_however_often_it_is_tried(ada):
    first = claim(ada, "bob", email="Ada+second@example.org")

    assert claim(ada, "bob", email="Ada+second@example.org") == first
    assert Referral.objects.count() == 1


def test_a_claim_that_has_run_out_keeps_nobody_from_claiming_the_friend():
    program = make_referrals(expires="10 days")
    ada, eve = make_member(program), make_member(program, "eve")
    first = claim(ada)

    second = claim(eve, at=NOON + timedelta(days=10))

    first.refresh_from_db()
    assert (first.state, second.state) == ("expired", "claimed")


def test_a_claim_gives_way_to_none_once_the_friend_has_qualified(program, ada, eve):
    claim(ada, click_token=token_of(ada))
    enrol(program)
    order(program)

    with pytest.raises(AlreadyReferred):
        claim(eve)


def test_a_friend_is_given_a_code_at_the_claim_before_enrolling():
    ada = make_member(make_referrals(friend=VOUCHER))

    referral = claim(ada)

    voucher = friend_voucher(referral)
    assert voucher.gives == {"percent": 50}
    assert voucher.valid_until == NOON + timedelta(days=30)
    assert voucher.member is None


def test_the_code_is_the_friends_own_after_enrolling():
    program = make_referrals(friend=VOUCHER)
    referral = claim(make_member(program))

    enrol(program)

    assert friend_voucher(referral).member.external_id == "bob"
    assert Voucher.objects.count() == 1


def test_points_at_the_claim_are_given_when_the_friend_enrols():
    program = make_referrals(friend={"gives": {"points": 50}, "at": "claim"})
    claim(make_member(program))

    enrol(program)

    assert points_of(program_member(program, "bob")) == 50


def test_a_claim_that_gives_way_takes_its_code_along():
    program = make_referrals(friend=VOUCHER, attribution={"model": "last_touch"})
    ada, eve = make_member(program), make_member(program, "eve")
    first = claim(ada)
    given = friend_voucher(first)

    second = claim(eve, at=NOON + timedelta(days=1))

    given.refresh_from_db()
    assert given.voided_at is not None
    assert friend_voucher(second) is not None


def test_a_claim_whose_code_was_used_gives_way_to_none():
    program = make_referrals(friend=VOUCHER, attribution={"model": "last_touch"})
    ada, eve = make_member(program), make_member(program, "eve")
    Voucher.objects.filter(pk=friend_voucher(claim(ada)).pk).update(used=1)

    with pytest.raises(AlreadyReferred):
        claim(eve, at=NOON + timedelta(days=1))


def test_a_one_sided_claim_over_the_cap_is_refused():
    program = make_referrals(
        friend=None,
        qualify={"on": "signup"},
        advocate={"gives": {"points": 5}, "cap": {"times": 1, "per": "year"}},
    )
    ada = make_member(program)
    claim(ada)
    enrol(program)

    with pytest.raises(CapReached):
        claim(ada, "cid")


def program_member(program, name):
    return program.member_set.get(external_id=name)


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_friend_claimed_by_two_advocates_at_once_has_one_of_them(ada, eve):
    codes = [code_of(ada), code_of(eve)]

    results = all_at_once(
        [lambda code=code: claim(ada, code=code, email="b@example.org") for code in codes * 3]
    )

    referral = Referral.objects.get()
    refused = [r for r in results if isinstance(r, Exception)]
    assert {type(each) for each in refused} == {AlreadyReferred}
    assert len(refused) == 3
    assert {r.pk for r in results if not isinstance(r, Exception)} == {referral.pk}


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_one_claim_sent_eight_times_at_once_gives_one_code():
    program = make_referrals(friend=VOUCHER)
    ada = make_member(program)
    code = code_of(ada)

    all_at_once([lambda: claim(ada, code=code)] * 8)

    assert Voucher.objects.count() == 1
