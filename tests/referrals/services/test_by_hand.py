"""Staff say who brought whom, by the rules that hold for anybody, and may take it back."""

from datetime import timedelta

import pytest

from core.errors import DomainError, InvalidInput
from engine.pipeline import state_fact
from loyalty.models import Member, Voucher
from loyalty.services.statuses import MemberClosed, close_member
from referrals.models import Payout, Referral, ReferralCode
from referrals.rules.refusals import (
    AlreadyReferred,
    CapReached,
    ExistingCustomer,
    ReferralExpired,
    ReferralRejected,
    SelfReferral,
)
from referrals.rules.states import WrongState
from referrals.services.by_hand import attribute_friend, withdraw_attribution
from referrals.services.reviews import Decided, reject_referrals
from tests.concurrency import all_at_once, at_once
from tests.factories import NOON, make_member, order_stated
from tests.proof import prove
from tests.referrals.factories import (
    claim,
    code_of,
    enrol,
    make_referrals,
    order,
    pass_days,
    points_of,
    visit,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KIM = Decided(by="kim", note="told on the phone")


def attribute(advocate, friend, *, came_at=NOON, at=NOON, **more):
    return attribute_friend(
        advocate=advocate, friend=friend, came_at=came_at, decided=KIM, at=at, **more
    )


def withdraw(referral, *, at=NOON):
    note = Decided(by="kim", note="wrong person")
    return withdraw_attribution(referral=referral, decided=note, at=at)


def states(program):
    rows = Referral.objects.filter(program=program).order_by("pk")
    return [(row.advocate.external_id, row.state, row.reason) for row in rows]


def test_a_member_is_the_friend_of_whom_staff_say(program, ada, bob):
    referral = attribute(ada, bob)

    assert (referral.state, referral.source) == ("signed_up", "staff")
    step = referral.steps.order_by("number").first()
    assert (step.cause, step.by, step.note) == ("staff", "kim", "told on the phone")
    assert ReferralCode.objects.get().member == ada


def test_what_the_friend_has_ordered_since_counts(program, ada, bob):
    order(program)
    assert points_of(ada) == 0

    referral = attribute(ada, bob)

    assert (referral.state, points_of(ada), points_of(bob)) == ("rewarded", 100, 50)
    prove(program)


def test_a_later_order_qualifies(program, ada, bob):
    attribute(ada, bob)

    order(program)

    assert points_of(ada) == 100


def test_staff_outrank_a_code_that_was_typed_at_the_checkout(ada, eve, program, bob):
    make_referrals(program, qualify={"on": "order", "minimum": "100.00"})
    order(program, amount=2000, referral_code=code_of(eve))
    assert Referral.objects.get().source == "checkout"

    attribute(ada, bob)

    assert states(program) == [
        ("eve", "rejected", "already_referred"),
        ("ada", "signed_up", ""),
    ]


def test_the_same_again_is_the_same_referral(program, ada, bob):
    first = attribute(ada, bob)

    assert attribute(ada, bob) == first
    assert Referral.objects.get().steps_count == first.steps_count


def test_what_staff_say_is_not_doubted(ada, bob, program):
    claim(ada, "cid", context=visit(device_id="d"))
    twin = make_member(program, "ada-2", email="ada+1@example.org")

    assert attribute(ada, twin).score == 0


def refused(error, *said, **more):
    before = states(Member.objects.first().program)
    with pytest.raises(error):
        attribute(*said, **more)
    assert states(Member.objects.first().program) == before


def test_nobody_is_their_own_friend_even_if_staff_say_so(ada):
    refused(SelfReferral, ada, ada)


def test_who_had_ordered_before_is_a_customer_and_no_friend(program, ada, bob):
    order(program, placed_at=(NOON - DAY).isoformat(), paid_at=(NOON - DAY).isoformat())

    refused(ExistingCustomer, ada, bob)


def test_who_came_longer_ago_than_the_window_is_too_late(program, ada, bob):
    # 30 days, unless the program says otherwise.
    late = NOON + 30 * DAY

    refused(ReferralExpired, ada, bob, at=late)
    assert attribute(ada, bob, at=late - DAY).state == "signed_up"


def test_a_claim_that_would_have_run_out_by_now_is_too_late():
    program = make_referrals(expires="3 days")
    ada, bob = make_member(program), make_member(program, "bob")

    refused(ReferralExpired, ada, bob, at=NOON + 3 * DAY)


def test_a_referral_that_has_qualified_stays_with_whom_it_is(program, ada, eve, bob):
    attribute(eve, bob)
    order(program)

    refused(AlreadyReferred, ada, bob)


def test_whom_somebody_turned_down_stays_so(program, ada, bob):
    number = attribute(ada, bob).pk
    reject_referrals(program=program, referrals=[number], decided=KIM, at=NOON)

    refused(ReferralRejected, ada, bob)


def test_an_advocate_at_the_cap_brings_nobody_where_there_is_nothing_for_the_friend():
    program = make_referrals(
        advocate={"gives": {"points": 100}, "cap": {"times": 1, "per": "year"}}, friend=None
    )
    ada, bob, cid = (make_member(program, name) for name in ("ada", "bob", "cid"))
    attribute(ada, bob)
    order(program)

    refused(CapReached, ada, cid)


@pytest.mark.parametrize("who", ["advocate", "friend"])
def test_who_has_left_is_neither(ada, bob, who):
    close_member(member=ada if who == "advocate" else bob, at=NOON)
    people = [Member.objects.select_related("program").get(pk=one.pk) for one in (ada, bob)]

    refused(MemberClosed, *people)


def test_nobody_came_tomorrow(ada, bob):
    refused(InvalidInput, ada, bob, came_at=NOON + DAY)


def test_a_member_of_another_program_is_not_there(ada):
    refused(DomainError, ada, make_member(make_referrals(), "bob"))


def test_what_was_said_by_a_slip_is_taken_back_with_what_it_gave(program, ada, bob):
    order(program)
    referral = attribute(ada, bob)

    after = withdraw(referral)

    assert (after.state, points_of(ada), points_of(bob)) == ("rejected", 0, 0)
    step = after.steps.order_by("-number").first()
    assert (step.cause, step.by, step.note) == ("withdrawn", "kim", "wrong person")
    prove(program)


def test_the_claim_that_gave_way_stands_again(program, ada, eve):
    make_referrals(program, friend={"gives": {"percent": 50}, "at": "claim"})
    claim(eve, "cid")
    enrol(program, "cid")
    cid = Member.objects.select_related("program").get(external_id="cid")
    wrong = attribute(ada, cid)

    withdraw(wrong)

    assert states(program) == [("eve", "signed_up", ""), ("ada", "rejected", "rejected")]
    # Of three codes for the friend the last one can be used: that of the claim that holds.
    given = Payout.objects.filter(taken_back_at=None).values_list(
        "referral__advocate", "voucher"
    )
    assert list(given) == [(eve.pk, Voucher.objects.get(voided_at=None).pk)]
    order(program, member="cid")
    assert (points_of(eve), points_of(ada)) == (100, 0)
    prove(program)


def test_what_the_friend_has_used_of_another_claim_keeps_it(program, ada, eve):
    make_referrals(program, friend={"gives": {"points": 50}, "at": "claim"})
    claim(eve, "cid")
    enrol(program, "cid")
    cid = Member.objects.select_related("program").get(external_id="cid")

    refused(AlreadyReferred, ada, cid)
    assert points_of(cid) == 50


def test_a_claim_that_waited_to_be_looked_at_waits_again(ada, eve, bob):
    program = make_referrals(ada.program, fraud={"block_at": 500})
    claim(eve, "first", context=visit(device_id="d"))
    claim(eve, "cid", context=visit(device_id="d"))
    enrol(program, "cid")
    flagged = Referral.objects.get(friend__external_id="cid")
    assert flagged.state == "flagged"

    withdraw(attribute(ada, flagged.friend))

    flagged.refresh_from_db()
    assert (flagged.state, flagged.approved_at) == ("flagged", None)


def test_after_a_slip_the_same_may_be_said_as_it_was(program, ada, bob):
    withdraw(attribute(ada, bob))

    again = attribute(ada, bob, came_at=NOON)

    assert states(program) == [("ada", "rejected", "rejected"), ("ada", "signed_up", "")]
    assert again.state == "signed_up"


def test_taking_back_again_changes_nothing(program, ada, bob):
    referral = attribute(ada, bob)
    first = withdraw(referral)

    assert withdraw(referral).steps_count == first.steps_count


def test_what_others_have_claimed_is_no_slip_of_the_staffs(ada):
    referral = claim(ada)

    with pytest.raises(WrongState):
        withdraw(referral)

    assert Referral.objects.get().state == "claimed"


def test_a_slip_is_found_out_even_after_a_hold():
    program = make_referrals(hold="14 days")
    ada, bob = make_member(program), make_member(program, "bob")
    order(program)
    referral = attribute(ada, bob)
    pass_days(program, 14)
    assert points_of(ada) == 100

    withdraw(referral, at=program.now())

    assert points_of(ada) == 0


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_make_one_referral(program, ada, bob):
    found = at_once(
        4, attribute_friend, advocate=ada, friend=bob, came_at=NOON, decided=KIM, at=NOON
    )

    assert {each.pk for each in found} == {Referral.objects.get().pk}


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_order_at_the_same_moment_counts_whichever_comes_first(program, ada, bob):
    statement = order_stated(program, "1", member="bob", amount=2000)
    all_at_once([lambda: attribute(ada, bob), lambda: state_fact(program, statement, at=NOON)])

    assert points_of(ada) == 100
