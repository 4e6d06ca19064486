"""Holds: points reserved for a checkout, and what becomes of them."""

from datetime import datetime, timedelta
from functools import partial

from core.errors import DomainError
from core.transactions import retrying
from loyalty.models import Entry, Hold, Member, PointType
from loyalty.queries.setup import setup_of
from loyalty.rules import movements
from loyalty.rules.expiry import active_until
from loyalty.rules.wallets import Cause, Draft, NewIds, WalletState
from loyalty.services.adjustments import Requested
from loyalty.services.ledger import Posting, open_book, post

LONGEST = timedelta(hours=24)


class HoldSettled(DomainError):
    """The hold was captured, voided or ran out before."""

    code = "hold_settled"


class ExceedsHold(DomainError):
    """More was to be captured than is held."""

    code = "exceeds_hold"


@retrying
def hold_points(
    *,
    member: Member,
    point_type: PointType,
    points: int,
    expires_at: datetime,
    requested: Requested,
) -> Hold:
    """Reserve points until `expires_at`, at most 24 hours ahead.

    A repeated key returns the first hold.

    :raises InsufficientPoints: if fewer are available
    """
    setup = setup_of(member.program)
    at = requested.at
    book = open_book(setup, members=[member.pk], point_types=[point_type.pk], at=at)
    key = f"hold:{requested.key}"
    earlier = Hold.objects.filter(entry__program=member.program, entry__key=key)
    if (hold := earlier.first()) is not None:
        return hold
    cause = Cause(key, ("hold", requested.key), at)
    until = min(expires_at, at + LONGEST)
    movement = partial(movements.hold, points=points, expires_at=until, cause=cause)
    drafts = post(book, [Posting((member.pk, point_type.pk), movement)])[0]
    return Hold.objects.get(entry_id=drafts[0].id)


def capture_hold(*, hold: Hold, points: int, requested: Requested) -> Entry:
    """Spend what a hold reserves, or part of it; what is left stays held.

    :raises HoldSettled: if nothing is held any more
    :raises ExceedsHold: if less is held
    """
    return _resolve(hold=hold, how="capture", points=points, requested=requested)


def void_hold(*, hold: Hold, requested: Requested) -> Entry:
    """Give back all that a hold still reserves.

    :raises HoldSettled: if nothing is held any more
    """
    return _resolve(hold=hold, how="void", points=None, requested=requested)


@retrying
def _resolve(*, hold: Hold, how: str, points: int | None, requested: Requested) -> Entry:
    wallet = hold.wallet
    setup = setup_of(wallet.program)
    book = open_book(
        setup,
        members=[wallet.member_id],
        point_types=[wallet.point_type_id],
        at=requested.at,
    )
    key = f"{how}:{requested.key}"
    if earlier := Entry.objects.filter(program=wallet.program, key=key).first():
        return earlier
    cause = Cause(key, ("hold", str(hold.pk)), requested.at)
    movement = partial(_resolving, hold_id=hold.pk, how=how, points=points, cause=cause)
    expiry = setup.point_type(wallet.point_type_id).expiry
    is_spent = how == "capture"
    posting = Posting(
        (wallet.member_id, wallet.point_type_id),
        movement,
        active_until=active_until(expiry, "redeem", requested.at, setup.zone)
        if is_spent
        else None,
    )
    drafts = post(book, [posting])[0]
    return Entry.objects.get(pk=drafts[0].id)


def _resolving(
    wallet: WalletState,
    new_id: NewIds,
    *,
    hold_id: int,
    how: str,
    points: int | None,
    cause: Cause,
) -> list[Draft]:
    hold = wallet.holds.get(hold_id)
    if hold is None or not hold.open_points:
        raise HoldSettled("nothing is held any more")
    if points is not None and points > hold.open_points:
        raise ExceedsHold(f"only {hold.open_points} points are held")
    move = movements.capture if how == "capture" else movements.void
    asked = hold.open_points if points is None else points
    return list(move(wallet, new_id, hold=hold, points=asked, cause=cause))
