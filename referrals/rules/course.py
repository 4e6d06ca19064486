"""How a referral stands: a plain function of what is known of it, decided and the time."""

from dataclasses import dataclass
from datetime import datetime

from referrals.rules.qualification import Verdict
from referrals.rules.states import Reason, State


@dataclass(frozen=True, slots=True)
class Known:
    """What decides how a referral stands, beside what its friend has done.

    `is_flagged` says that somebody has to look at it first, `rejected` for what it was
    turned down for good. `was_qualified` and `was_rewarded` say how far it had come.
    """

    signed_up_at: datetime | None = None
    expires_at: datetime | None = None
    due_at: datetime | None = None
    is_flagged: bool = False
    rejected: Reason | None = None
    was_qualified: bool = False
    was_rewarded: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The state that a referral is to have, and why."""

    state: State
    reason: Reason | None = None


def standing_of(known: Known, verdict: Verdict, *, at: datetime) -> Standing:
    """Return how a referral stands at `at`.

    What a person decided holds until a person decides otherwise: no time and no order
    moves what waits for review. Rewards that are kept are kept whatever comes.
    """
    if known.rejected is not None:
        return Standing(State.REJECTED, known.rejected)
    if known.is_flagged:
        return Standing(State.FLAGGED)
    if known.was_rewarded and known.keeps:
        return Standing(State.REWARDED)
    if verdict.is_qualified:
        is_due = known.due_at is not None and known.due_at <= at
        return Standing(State.REWARDED if is_due else State.QUALIFIED)
    if known.was_qualified:
        return Standing(State.REVERSED, verdict.refused)
    if verdict.refused is not None:
        return Standing(State.REJECTED, verdict.refused)
    if known.expires_at is not None and known.expires_at <= at:
        return Standing(State.EXPIRED, Reason.EXPIRED)
    return Standing(State.CLAIMED if known.signed_up_at is None else State.SIGNED_UP)
