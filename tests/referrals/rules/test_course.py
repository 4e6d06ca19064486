"""How a referral stands, by what is known, decided and the time."""

from datetime import UTC, datetime, timedelta

import pytest

from referrals.rules.course import Known, Standing, standing_of
from referrals.rules.qualification import WAITING, Verdict
from referrals.rules.states import Reason, State

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
QUALIFIED = Verdict(NOON, "order:1", 5000)
TOO_SMALL = Verdict(refused=Reason.BELOW_MINIMUM)


def state(verdict=WAITING, at=NOON, **known):
    return standing_of(Known(**known), verdict, at=at).state


def test_a_claim_waits_for_its_friend_to_sign_up_and_then_to_qualify():
    assert state() == State.CLAIMED
    assert state(signed_up_at=NOON) == State.SIGNED_UP


def test_what_qualified_is_rewarded_when_its_hold_has_passed():
    known = {"signed_up_at": NOON, "due_at": NOON + DAY}

    assert state(QUALIFIED, **known) == State.QUALIFIED
    assert state(QUALIFIED, at=NOON + DAY, **known) == State.REWARDED


def test_what_qualified_once_and_does_so_no_more_is_reversed():
    standing = standing_of(Known(was_qualified=True), TOO_SMALL, at=NOON)

    assert standing == Standing(State.REVERSED, Reason.BELOW_MINIMUM)
    assert state(WAITING, was_qualified=True) == State.REVERSED


def test_what_is_paid_again_qualifies_again():
    assert state(QUALIFIED, was_qualified=True, due_at=NOON) == State.REWARDED


def test_facts_that_say_no_reject_it_for_their_reason():
    assert standing_of(Known(), TOO_SMALL, at=NOON) == Standing(
        State.REJECTED, Reason.BELOW_MINIMUM
    )


def test_a_claim_runs_out_at_its_time_unless_it_qualified():
    assert state(expires_at=NOON + DAY) == State.CLAIMED
    assert state(at=NOON + DAY, expires_at=NOON + DAY) == State.EXPIRED
    assert state(QUALIFIED, at=NOON + DAY, expires_at=NOON + DAY) == State.QUALIFIED


@pytest.mark.parametrize("verdict", [WAITING, QUALIFIED, TOO_SMALL])
def test_no_time_and_no_order_moves_what_waits_for_review(verdict):
    known = {"is_flagged": True, "due_at": NOON, "expires_at": NOON}

    assert state(verdict, at=NOON + 1000 * DAY, **known) == State.FLAGGED


@pytest.mark.parametrize("verdict", [WAITING, QUALIFIED, TOO_SMALL])
def test_what_was_turned_down_stays_so(verdict):
    known = {"rejected": Reason.SELF_REFERRAL, "is_flagged": True, "was_rewarded": True}

    assert state(verdict, due_at=NOON, **known) == State.REJECTED


def test_rewards_that_are_kept_are_kept_once_they_were_given():
    kept = {"keeps": True, "was_qualified": True}

    assert state(TOO_SMALL, was_rewarded=True, **kept) == State.REWARDED
    assert state(TOO_SMALL, **kept) == State.REVERSED
