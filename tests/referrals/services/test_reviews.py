"""What people decide about referrals that something speaks against."""

import pytest

from referrals.models import Referral
from referrals.rules.refusals import AlreadyReferred
from referrals.rules.states import WrongState
from referrals.services.paying import friend_voucher
from referrals.services.reviews import (
    Decided,
    approve_referrals,
    reconsider_referrals,
    reinstate_referrals,
    reject_referrals,
)
from tests.factories import NOON, make_member
from tests.proof import prove
from tests.referrals.factories import (
    claim,
    enrol,
    make_referrals,
    order,
    pass_days,
    points_of,
    visit,
)

pytestmark = pytest.mark.django_db
BY_EVA = Decided("eva", "looked at it")
# Whose friends have this device has it, too.
DEVICE = visit(device_id="phone-1")


@pytest.fixture
def program():
    return make_referrals(expires="30 days")


@pytest.fixture
def ada(program):
    """An advocate who came as a friend herself, by a device that is known since."""
    eve = make_member(program, "eve")
    claim(eve, "ada", context=DEVICE)
    enrol(program, "ada")
    return program.member_set.get(external_id="ada")


@pytest.fixture
def flagged(ada):
    return claim(ada, context=visit("198.51.100.1", device_id="phone-1"))


def decide(act, *referrals):
    program = referrals[0].program
    numbers = [referral.pk for referral in referrals]
    act(program=program, referrals=numbers, decided=BY_EVA, at=program.now())
    for referral in referrals:
        referral.refresh_from_db()
        referral.program = program


def test_a_claim_that_something_speaks_against_waits_for_somebody_to_look(flagged):
    assert (flagged.state, flagged.reasons) == ("flagged", ["same_device"])
    assert flagged.outcome == "review"


def test_what_waits_is_not_paid_by_facts_or_by_time(program, ada, flagged):
    enrol(program)
    order(program)
    pass_days(program, 400)

    flagged.refresh_from_db()
    assert (flagged.state, points_of(ada)) == ("flagged", 0)


def test_what_is_approved_goes_on_by_what_has_happened_meanwhile(program, ada, flagged):
    enrol(program)
    order(program)

    decide(approve_referrals, flagged)

    assert (flagged.state, points_of(ada)) == ("rewarded", 100)
    steps = flagged.steps.values_list("state", "by")
    assert list(steps) == [
        ("claimed", ""),
        ("flagged", ""),
        ("signed_up", "eva"),
        ("qualified", ""),
        ("rewarded", ""),
    ]


def test_what_was_approved_in_time_waits_for_its_friend(flagged):
    decide(approve_referrals, flagged)

    assert flagged.state == "claimed"


def test_approving_again_changes_nothing(flagged):
    decide(approve_referrals, flagged)
    decide(approve_referrals, flagged)

    assert flagged.steps.count() == 3


def test_what_is_rejected_is_never_paid(program, ada, flagged):
    decide(reject_referrals, flagged)
    enrol(program)
    order(program)

    flagged.refresh_from_db()
    assert (flagged.state, flagged.reason, points_of(ada)) == ("rejected", "rejected", 0)


def test_rejecting_what_was_rewarded_takes_it_back(program, ada):
    referral = claim(ada, "cid")
    enrol(program, "cid")
    order(program, member="cid")
    assert points_of(ada) == 100

    decide(reject_referrals, referral)

    assert points_of(ada) == 0


def test_a_rejection_can_be_taken_back(program, ada):
    referral = claim(ada, "cid")
    enrol(program, "cid")
    order(program, member="cid")
    decide(reject_referrals, referral)

    decide(reinstate_referrals, referral)

    assert (referral.state, points_of(ada)) == ("rewarded", 100)


def test_what_has_ended_cannot_be_approved(flagged):
    decide(reject_referrals, flagged)

    with pytest.raises(WrongState):
        decide(approve_referrals, flagged)


def test_a_rejection_stands_if_the_friend_was_referred_again_since(program, ada):
    referral = claim(ada, "cid")
    decide(reject_referrals, referral)
    claim(make_member(program, "fay"), "cid")
    enrol(program, "cid")
    Referral.objects.filter(pk=referral.pk).update(
        friend=program.member_set.get(external_id="cid"), signed_up_at=NOON
    )

    with pytest.raises(AlreadyReferred):
        decide(reinstate_referrals, referral)


def test_several_are_decided_at_once(program, ada, flagged):
    other = claim(ada, "cid")

    decide(reject_referrals, flagged, other)

    assert {flagged.state, other.state} == {"rejected"}


def test_an_order_just_above_the_minimum_is_looked_at_where_it_weighs_enough():
    fraud = {"weights": {"just_above_minimum": 40}}
    program = make_referrals(qualify={"minimum": "20.00"}, fraud=fraud)
    ada = make_member(program)
    referral = claim(ada)
    enrol(program)

    order(program, amount=2001)
    referral.refresh_from_db()
    referral.program = program
    assert (referral.state, referral.version, points_of(ada)) == ("flagged", 0, 0)

    decide(approve_referrals, referral)
    assert (referral.state, referral.version, points_of(ada)) == ("rewarded", 1, 100)


def test_in_the_shadow_a_score_is_kept_and_nothing_comes_of_it():
    program = make_referrals(fraud={"shadow": True})
    ada = make_member(program, email="ada@example.org")

    referral = claim(ada, email="ada+2@example.org")

    assert (referral.state, referral.score) == ("claimed", 100)


def test_an_approval_that_is_taken_back_waits_again_and_pays_once_in_the_end(
    program, ada, flagged
):
    enrol(program)
    order(program)
    decide(approve_referrals, flagged)
    bob = program.member_set.get(external_id="bob")
    assert (points_of(ada), points_of(bob)) == (100, 50)

    decide(reconsider_referrals, flagged)

    assert (flagged.state, points_of(ada), points_of(bob)) == ("flagged", 0, 0)
    decide(approve_referrals, flagged)
    assert (flagged.state, points_of(ada), points_of(bob)) == ("rewarded", 100, 50)
    prove(program)


def test_taking_an_approval_back_again_changes_nothing(flagged):
    decide(approve_referrals, flagged)
    decide(reconsider_referrals, flagged)
    steps = flagged.steps_count

    decide(reconsider_referrals, flagged)

    assert (flagged.state, flagged.steps_count) == ("flagged", steps)


def test_what_was_given_before_an_approval_is_no_part_of_it():
    program = make_referrals(
        friend={"gives": {"percent": 50}, "at": "claim"},
        qualify={"minimum": "20.00"},
        fraud={"weights": {"just_above_minimum": 40}},
    )
    ada = make_member(program)
    referral = claim(ada)
    enrol(program)
    pass_days(program, 1)
    order(program, amount=2001)
    decide(approve_referrals, referral)
    assert points_of(ada) == 100

    decide(reconsider_referrals, referral)

    assert points_of(ada) == 0
    assert friend_voucher(referral).voided_at is None


def test_a_milestone_that_an_approval_brought_goes_with_it():
    milestones = {"first": {"at": 1, "gives": {"points": 7}}}
    program = make_referrals(
        milestones=milestones,
        qualify={"minimum": "20.00"},
        fraud={"weights": {"just_above_minimum": 40}},
    )
    ada = make_member(program)
    referral = claim(ada)
    enrol(program)
    order(program, amount=2001)
    decide(approve_referrals, referral)
    assert points_of(ada) == 107

    decide(reconsider_referrals, referral)

    assert points_of(ada) == 0


def test_what_nobody_has_approved_is_not_taken_back(ada):
    with pytest.raises(WrongState):
        decide(reconsider_referrals, claim(ada))
