"""What people decide about referrals: let them go on, turn them down, take that back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from loyalty.models import Program
from referrals.models import Referral
from referrals.queries.live import Friend, known_referrals
from referrals.rules.refusals import AlreadyReferred
from referrals.rules.states import Reason, State, WrongState, after
from referrals.services.agreeing import settle_referrals
from referrals.services.paying import take_back_since
from referrals.services.settling import Settling, Why, take_step, write_referrals


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decided it, and what they say about it. A shopper sees neither."""

    by: str = ""
    note: str = ""


def approve_referrals(
    *, program: Program, referrals: Sequence[int], decided: Decided, at: datetime
) -> list[Referral]:
    """Let flagged referrals, by number, go on from where they are by now.

    Approving what goes on already changes nothing.

    :raises WrongState: if one of them has ended
    """
    decision = partial(_approve, decided=decided)
    return settle_referrals(
        program=program, referrals=referrals, at=at, cause="review", decision=decision
    )


def reject_referrals(
    *, program: Program, referrals: Sequence[int], decided: Decided, at: datetime
) -> list[Referral]:
    """Turn referrals down, by number, and take back what they were given.

    Rejecting what was rejected for good before changes nothing.

    :raises WrongState: if one of them has expired
    """
    decision = partial(_reject, decided=decided)
    return settle_referrals(
        program=program, referrals=referrals, at=at, cause="review", decision=decision
    )


def reinstate_referrals(
    *, program: Program, referrals: Sequence[int], decided: Decided, at: datetime
) -> list[Referral]:
    """Take back that referrals, by number, were rejected: they go on by what is known now.

    Reinstating what goes on already changes nothing.

    :raises WrongState: if one of them has expired
    :raises AlreadyReferred: if the friend has been referred by somebody else since
    """
    decision = partial(_reinstate, decided=decided)
    return settle_referrals(
        program=program, referrals=referrals, at=at, cause="review", decision=decision
    )


def reopen_referrals(
    *, program: Program, referrals: Sequence[int], decided: Decided, at: datetime
) -> list[Referral]:
    """Let rejected referrals, by number, wait to be looked at again, as before they were.

    What waits already stays as it is.

    :raises WrongState: if one of them was not rejected while it waited
    :raises AlreadyReferred: if the friend has been referred by somebody else since
    """
    decision = partial(_reopen, decided=decided)
    return settle_referrals(
        program=program, referrals=referrals, at=at, cause="review", decision=decision
    )


def reconsider_referrals(
    *, program: Program, referrals: Sequence[int], decided: Decided, at: datetime
) -> list[Referral]:
    """Take back that referrals, by number, were approved: they wait to be looked at again.

    What was given since is taken back. What waits already stays as it is.

    :raises WrongState: if one of them was not approved, or has ended since
    """
    decision = partial(_reconsider, decided=decided)
    return settle_referrals(
        program=program, referrals=referrals, at=at, cause="review", decision=decision
    )


def _approve(settling: Settling, referrals: Sequence[Referral], *, decided: Decided) -> None:
    for referral in referrals:
        if referral.state in (State.REJECTED, State.EXPIRED):
            after(State(referral.state), "approve")
        if referral.state != State.FLAGGED:
            continue
        referral.approved_at = settling.at
        back = after(State.FLAGGED, "approve", to=State(referral.resumes))
        take_step(settling, referral, back, _why(decided))
        referral.resumes = ""


def _reject(settling: Settling, referrals: Sequence[Referral], *, decided: Decided) -> None:
    for referral in referrals:
        if referral.state == State.REJECTED:
            # What facts ended may come back by facts; what a person ends may not.
            referral.reason = Reason.REJECTED.value
            continue
        state = after(State(referral.state), "reject")
        take_step(settling, referral, state, _why(decided, Reason.REJECTED.value))


def _reinstate(settling: Settling, referrals: Sequence[Referral], *, decided: Decided) -> None:
    for referral in referrals:
        if referral.state == State.EXPIRED:
            raise WrongState("a referral that has expired is claimed again", state="expired")
        if referral.state != State.REJECTED:
            continue
        _refuse_if_taken(referral)
        # Whoever reinstates it has looked at it.
        referral.approved_at, referral.resumes = settling.at, ""
        back = State.CLAIMED if referral.signed_up_at is None else State.SIGNED_UP
        state = after(State.REJECTED, "reinstate", to=back)
        take_step(settling, referral, state, _why(decided))


def _reopen(settling: Settling, referrals: Sequence[Referral], *, decided: Decided) -> None:
    for referral in referrals:
        if referral.state == State.FLAGGED:
            continue
        if not was_waiting(referral):
            detail = f"{referral} was not rejected while it waited to be looked at"
            raise WrongState(detail, state=referral.state)
        _refuse_if_taken(referral)
        take_step(settling, referral, State.FLAGGED, _why(decided))


def _reconsider(settling: Settling, referrals: Sequence[Referral], *, decided: Decided) -> None:
    for referral in referrals:
        if referral.state == State.FLAGGED:
            continue
        since = referral.approved_at
        if since is None:
            raise WrongState(f"{referral} was not approved", state=referral.state)
        came_to = State(referral.state)
        state = after(came_to, "flag")
        # It had qualified before it was rewarded, and may by now have again.
        resumes = State.QUALIFIED if came_to == State.REWARDED else came_to
        referral.approved_at, referral.resumes = None, resumes.value
        take_step(settling, referral, state, _why(decided))
        write_referrals(settling, [referral])
        take_back_since(settling, referral, since)


def was_waiting(referral: Referral) -> bool:
    """Say whether somebody rejected a referral that waited to be looked at."""
    is_rejected = referral.state == State.REJECTED and referral.reason == Reason.REJECTED
    return is_rejected and bool(referral.resumes)


def _why(decided: Decided, reason: str = "") -> Why:
    return Why("review", reason, decided.by, decided.note[:255])


def _refuse_if_taken(referral: Referral) -> None:
    if referral.friend_id is None:
        return
    friend = Friend(referral.program_id, referral.friend_id)
    known = known_referrals(friend, referral.referral_program_id)
    for other in known:
        if other.is_over:
            continue
        raise AlreadyReferred("the friend was referred again since", referral=str(other))
