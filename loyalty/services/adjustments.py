"""Adjustments: points that people give and take, with a reason."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from django.contrib.auth.models import AbstractBaseUser

from core import clock
from core.errors import DomainError, invalid
from core.events import NewEvent, record_events
from core.transactions import retrying
from loyalty.models import Adjustment, Entry, Member, PointType
from loyalty.queries.setup import Setup, setup_of
from loyalty.rules.expiry import NO_HOLD, schedule
from loyalty.rules.movements import Movement, deduct, grant, spend
from loyalty.rules.wallets import MOST_POINTS, Cause, NewLot
from loyalty.services.ledger import Book, Posting, open_book, post

LONGEST_NOTE = 1_000
DECIDED = ("decided_by", "decided_at")
POLICY: Literal["policy"] = "policy"


class AlreadyDecided(DomainError):
    """Somebody has approved or rejected this adjustment before."""

    code = "already_decided"


class SecondPersonNeeded(DomainError):
    """Whoever asked for an adjustment cannot approve it."""

    code = "second_person_needed"


@dataclass(frozen=True, slots=True)
class AdjustmentRequest:
    """What a person asks for.

    `points` below zero takes away. `expires_at` left at "policy" follows the
    point type; None is never.
    """

    points: int
    reason: str
    note: str = ""
    occurred_at: datetime | None = None
    available_at: datetime | None = None
    expires_at: datetime | Literal["policy"] | None = POLICY
    counts_for_tiers: bool = False
    allow_debt: bool = False

    def terms(self) -> dict[str, Any]:
        """Return the particulars as an adjustment keeps them."""
        return {
            "available_at": _text(self.available_at),
            "expires_at": self.expires_at
            if self.expires_at == POLICY
            else _text(self.expires_at),
            "counts_for_tiers": self.counts_for_tiers,
            "allow_debt": self.allow_debt,
        }


def _text(moment: datetime | str | None) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else moment


@dataclass(frozen=True, slots=True)
class Requested:
    """Who asks, and under which key; the same key has effect once."""

    key: str
    at: datetime
    by: str = ""


@retrying
def adjust_points(
    *,
    member: Member,
    point_type: PointType,
    request: AdjustmentRequest,
    requested: Requested,
) -> Adjustment:
    """Give a member points or take some away, or ask a second person to.

    A repeated key returns the first adjustment.

    :raises InsufficientPoints: if more is taken than is available, unless the
        request allows debt
    :raises InvalidInput: `out_of_range` if the points are absurdly many
    """
    if abs(request.points) > MOST_POINTS:
        raise invalid("/points", "out_of_range", f"must be at most {MOST_POINTS} points")
    program = member.program
    book = _open_book(member, point_type, requested.at)
    key = f"adjustment:{requested.key}"
    if earlier := Adjustment.objects.filter(program=program, key=key).first():
        return earlier
    adjustment = Adjustment(
        program=program,
        member=member,
        point_type=point_type,
        points=request.points,
        reason=request.reason,
        note=request.note,
        occurred_at=request.occurred_at or requested.at,
        terms=request.terms(),
        key=key,
        status=Adjustment.Status.AWAITING,
        requested_by=requested.by,
        created_at=clock.real_now(),
    )
    most = program.adjustment_approval_above
    if most is not None and abs(request.points) > most:
        adjustment.save()
        return adjustment
    _post_adjustment(book, adjustment)
    adjustment.save()
    return adjustment


def _open_book(member: Member, point_type: PointType, at: datetime) -> Book:
    setup = setup_of(member.program)
    return open_book(setup, members=[member.pk], point_types=[point_type.pk], at=at)


def _post_adjustment(book: Book, adjustment: Adjustment) -> None:
    """Post an adjustment and tie it to its entry."""
    cause = Cause(
        key=adjustment.key,
        source=("adjustment", adjustment.key.removeprefix("adjustment:")),
        occurred_at=adjustment.occurred_at,
        reason=adjustment.reason,
    )
    wallet = (adjustment.member_id, adjustment.point_type_id)
    movement = _adjusting(book, adjustment, cause)
    drafts = post(book, [Posting(wallet, movement, source=cause.source)])[0]
    adjustment.entry = Entry.objects.get(pk=drafts[0].id)
    adjustment.status = Adjustment.Status.POSTED
    adjustment.tiers_behind = adjustment.terms["counts_for_tiers"]
    _announce(adjustment)


def _adjusting(book: Book, adjustment: Adjustment, cause: Cause) -> Movement:
    points = adjustment.points
    if points > 0:
        lot = _granted_lot(book.setup, adjustment)
        return partial(grant, kind="adjust", lots=[lot], cause=cause)
    if adjustment.terms["allow_debt"]:
        return partial(deduct, points=-points, cause=cause)
    return partial(spend, kind="adjust", points=-points, cause=cause)


def _granted_lot(setup: Setup, adjustment: Adjustment) -> NewLot:
    terms = adjustment.terms
    available_at = _moment(terms["available_at"])
    start = available_at or adjustment.occurred_at
    if terms["expires_at"] != POLICY:
        return NewLot(adjustment.points, available_at, expires_at=_moment(terms["expires_at"]))
    policy = setup.point_type(adjustment.point_type_id).expiry
    dates = schedule(NO_HOLD, policy, paid_at=start, fulfilled_at=None, zone=setup.zone)
    return NewLot(adjustment.points, available_at, expires_at=dates.expires_at, idle=dates.idle)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _announce(adjustment: Adjustment) -> None:
    record_events(
        [
            NewEvent(
                program_id=adjustment.program_id,
                member_id=adjustment.member_id,
                type="points.adjusted",
                data={
                    "member": adjustment.member.external_id,
                    "point_type": adjustment.point_type.code,
                    "points": adjustment.points,
                    "reason": adjustment.reason,
                },
                occurred_at=adjustment.occurred_at,
            )
        ]
    )


@retrying
def approve_adjustment(
    *, adjustment: Adjustment, user: AbstractBaseUser, at: datetime
) -> Adjustment:
    """Post an adjustment that waited for a second person.

    :raises AlreadyDecided: if somebody was faster
    :raises SecondPersonNeeded: if it is the person who asked for it
    :raises InsufficientPoints: if the points to take are not there
    """
    book = _open_book(adjustment.member, adjustment.point_type, at)
    waiting = _lock_waiting(adjustment, user)
    _post_adjustment(book, waiting)
    waiting.decided_by_id = user.pk
    waiting.decided_at = at
    waiting.save(update_fields=["entry", "status", "tiers_behind", *DECIDED])
    return waiting


@retrying
def reject_adjustment(
    *, adjustment: Adjustment, user: AbstractBaseUser, at: datetime
) -> Adjustment:
    """Let an adjustment that waited for a second person come to nothing.

    :raises AlreadyDecided: if somebody was faster
    :raises SecondPersonNeeded: if it is the person who asked for it
    """
    waiting = _lock_waiting(adjustment, user)
    waiting.status = Adjustment.Status.REJECTED
    waiting.decided_by_id = user.pk
    waiting.decided_at = at
    waiting.save(update_fields=["status", *DECIDED])
    return waiting


def _lock_waiting(adjustment: Adjustment, user: AbstractBaseUser) -> Adjustment:
    waiting = Adjustment.objects.select_for_update().get(pk=adjustment.pk)
    if waiting.status != Adjustment.Status.AWAITING:
        raise AlreadyDecided(f"this adjustment was {waiting.status} before")
    if waiting.requested_by and waiting.requested_by == user.get_username():
        raise SecondPersonNeeded("somebody else has to decide on your adjustment")
    return waiting
