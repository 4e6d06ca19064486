"""The movements of the ledger: what each kind of entry does to a wallet.

Every function takes a locked wallet whose due work has been done (see `due`),
changes it, and returns the entries to be written in order.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from loyalty.rules.wallets import (
    Cause,
    Draft,
    HoldState,
    InsufficientPoints,
    LotState,
    NewIds,
    NewLot,
    Source,
    WalletState,
    apply,
    take,
)

Movement = Callable[[WalletState, NewIds], Sequence[Draft]]


def grant(
    wallet: WalletState,
    new_id: NewIds,
    *,
    kind: str,
    lots: Iterable[NewLot],
    cause: Cause,
) -> list[Draft]:
    """Give points (earn, opening, adjust, transfer_in), each lot with its dates."""
    draft = Draft(kind=kind, cause=cause)
    for new in lots:
        lot = LotState(
            id=new_id(),
            source=new.source or cause.source,
            earned_at=cause.occurred_at,
            granted=new.points,
            available_at=new.available_at,
            lapses=new.lapses,
            expires_at=new.expires_at,
            idle=new.idle,
            rule=new.rule,
        )
        if new.available_at is None:
            lot.remaining = new.points
            draft.available += new.points
            if lot.idle:
                wallet.wake(cause.occurred_at)
        else:
            lot.pending = new.points
            draft.pending += new.points
        _add_lot(wallet, draft, lot)
    return [apply(wallet, draft), *repay_debt(wallet, cause)]


def repay_debt(wallet: WalletState, cause: Cause) -> list[Draft]:
    """Let what is available repay what is owed, as an entry of its own."""
    points = min(wallet.available, wallet.debt)
    if not points:
        return []
    repaid = replace(cause, key=f"repay:{cause.key}", reason="", reverses_id=None)
    draft = Draft(kind="repay_debt", cause=repaid, available=-points, debt=-points)
    for lot, taken in take(wallet.spending_order(), points):
        draft.move(lot, remaining=-taken, spent=taken)
    return [apply(wallet, draft)]


def spend(
    wallet: WalletState,
    new_id: NewIds,
    *,
    kind: str,
    points: int,
    cause: Cause,
) -> list[Draft]:
    """Spend points (redeem, adjust, transfer_out), soonest to expire first.

    :raises InsufficientPoints: if fewer are available
    """
    if points > wallet.available:
        raise InsufficientPoints(points - wallet.available, available=wallet.available)
    draft = Draft(kind=kind, cause=cause, available=-points)
    for lot, taken in take(wallet.spending_order(), points):
        draft.move(lot, remaining=-taken, spent=taken)
    return [apply(wallet, draft)]


def deduct(wallet: WalletState, new_id: NewIds, *, points: int, cause: Cause) -> list[Draft]:
    """Take points by hand; what is not available becomes debt or is forgiven."""
    taken = min(points, wallet.available)
    draft = Draft(kind="adjust", cause=cause, available=-taken)
    for lot, part in take(wallet.spending_order(), taken):
        draft.move(lot, remaining=-part, spent=part)
    draft.debt = _new_debt(wallet, points - taken)
    draft.forgiven = points - taken - draft.debt
    if not draft.points:
        raise InsufficientPoints(points, available=wallet.available)
    return [apply(wallet, draft)]


def take_back(
    wallet: WalletState, new_id: NewIds, *, kind: str, points: int, cause: Cause, given: Source
) -> list[Draft]:
    """Take back points that were given under `given`: pending ones, then available ones.

    :raises InsufficientPoints: if they are no longer there
    """
    own = [lot for lot in wallet.lots.values() if lot.source == given and lot.pending]
    short_by = points - wallet.available - sum(lot.pending for lot in own)
    if short_by > 0:
        raise InsufficientPoints(short_by, available=wallet.available)
    draft = Draft(kind=kind, cause=cause)
    left = _reverse(draft, own, points, "pending")
    for lot, taken in take(wallet.spending_order(given), left):
        draft.move(lot, remaining=-taken, spent=taken)
    draft.available -= left
    return [apply(wallet, draft)]


def claw_back(wallet: WalletState, new_id: NewIds, *, points: int, cause: Cause) -> list[Draft]:
    """Take back points that `cause.source` should not have given.

    From its own lots first (what has expired of them counts as taken, then
    pending, then unspent), then from the member's others, then as debt or
    forgiven, as the point type's terms say.
    """
    draft = Draft(kind="clawback", cause=cause)
    own = [lot for lot in wallet.lots.values() if lot.source == cause.source]
    own.sort(key=lambda lot: (lot.earned_at, -lot.rank))
    others = [lot for lot in wallet.lots.values() if lot.source != cause.source]
    left = _reverse(draft, own, points, "expired")
    left = _reverse(draft, own, left, "pending")
    if wallet.terms.debt != "pending_only":
        left = _reverse(draft, wallet.spending_order(cause.source), left, "remaining")
        others.sort(key=lambda lot: (lot.available_at or lot.earned_at, -lot.rank))
        left = _reverse(draft, others, left, "pending")
    draft.debt = _new_debt(wallet, left)
    draft.forgiven = left - draft.debt
    return [apply(wallet, draft)]


def _reverse(draft: Draft, lots: Iterable[LotState], points: int, part: str) -> int:
    """Take up to `points` out of one part of `lots`; return what is still to take."""
    for lot in lots:
        taken = min(points, getattr(lot, part))
        if not taken:
            continue
        draft.move(lot, **{part: -taken, "reversed": taken})
        points -= taken
        if part == "remaining":
            draft.available -= taken
        elif part == "pending":
            draft.pending -= taken
    return points


def _new_debt(wallet: WalletState, points: int) -> int:
    """Return how much of `points` may become debt."""
    if wallet.terms.debt != "allow":
        return 0
    if wallet.terms.max_debt is None:
        return points
    return max(0, min(points, wallet.terms.max_debt - wallet.debt))


def hold(
    wallet: WalletState,
    new_id: NewIds,
    *,
    points: int,
    expires_at: datetime,
    cause: Cause,
) -> list[Draft]:
    """Reserve points: they can no longer be spent, and no longer expire.

    :raises InsufficientPoints: if fewer are available
    """
    if points > wallet.available:
        raise InsufficientPoints(points - wallet.available, available=wallet.available)
    held = HoldState(id=new_id(), points=points, expires_at=expires_at)
    draft = Draft(kind="hold", cause=cause, available=-points, held=points, hold=held)
    for lot, taken in take(wallet.spending_order(), points):
        draft.move(lot, held, remaining=-taken, held=taken)
        held.parts[lot.id] = taken
    wallet.holds[held.id] = held
    return [apply(wallet, draft)]


def capture(
    wallet: WalletState, new_id: NewIds, *, hold: HoldState, points: int, cause: Cause
) -> list[Draft]:
    """Spend points that are held."""
    draft = Draft(kind="capture", cause=cause, held=-points)
    for lot, taken in _parts_of(wallet, hold, points):
        draft.move(lot, hold, held=-taken, spent=taken)
    hold.captured += points
    return [apply(wallet, draft)]


def void(
    wallet: WalletState, new_id: NewIds, *, hold: HoldState, points: int, cause: Cause
) -> list[Draft]:
    """Return held points to their lots because the checkout was given up."""
    hold.released += points
    return _give_back(wallet, new_id, hold, points, cause)


def end_hold(
    wallet: WalletState, new_id: NewIds, *, hold: HoldState, cause: Cause
) -> list[Draft]:
    """Return what a hold still holds because its time has come."""
    points = hold.open_points
    hold.expired += points
    return _give_back(wallet, new_id, hold, points, cause)


def _give_back(
    wallet: WalletState,
    new_id: NewIds,
    hold: HoldState,
    points: int,
    cause: Cause,
) -> list[Draft]:
    draft = Draft(kind="void", cause=cause, available=points, held=-points)
    lost = []
    for lot, part in list(_parts_of(wallet, hold, points)):
        lost += _revive(wallet, draft, lot, part, new_id, hold)
    return [apply(wallet, draft), *_finish_return(wallet, lost, cause)]


def _parts_of(
    wallet: WalletState, hold: HoldState, points: int
) -> Iterable[tuple[LotState, int]]:
    """Yield what of which lot the next `points` of a hold are."""
    for lot_id, held in list(hold.parts.items()):
        part = min(points, held)
        if part:
            hold.parts[lot_id] -= part
            points -= part
            yield wallet.lots[lot_id], part
    if points:
        raise AssertionError(f"Hold {hold.id} holds {points} points of no lot")


def restore(
    wallet: WalletState,
    new_id: NewIds,
    *,
    kind: str,
    parts: Sequence[tuple[LotState, int]],
    cause: Cause,
    born: Sequence[LotState] = (),
) -> list[Draft]:
    """Give spent points back to the lots that they came from, with their old expiry.

    `born` are new lots of points that come back without one here: they had become
    debt, or were spent by a member who has been merged into this one.
    """
    given_back = sum(points for _, points in parts) + sum(lot.granted for lot in born)
    draft = Draft(kind=kind, cause=cause, available=given_back)
    lost = []
    for lot in born:
        _add_lot(wallet, draft, lot)
        if lot.is_over(cause.occurred_at, wallet.idle_at):
            lot.expires_at, lot.idle = wallet.terms.revived_until(cause.occurred_at), False
            lost += [] if lot.expires_at else [(lot, lot.remaining)]
    for lot, points in parts:
        wallet.lots.setdefault(lot.id, lot)
        lost += _revive(wallet, draft, lot, points, new_id)
    return [apply(wallet, draft), *_finish_return(wallet, lost, cause)]


def _revive(
    wallet: WalletState,
    draft: Draft,
    lot: LotState,
    points: int,
    new_id: NewIds,
    hold: HoldState | None = None,
) -> list[tuple[LotState, int]]:
    """Move held or spent points back to what remains; return those that are lost.

    A lot whose time has run out meanwhile hands them to a new one that lives for
    the point type's `min_validity_after_return`.
    """
    part = "held" if hold else "spent"
    at = draft.cause.occurred_at
    if not lot.is_over(at, wallet.idle_at):
        draft.move(lot, hold, **{part: -points, "remaining": points})
        return []
    until = wallet.terms.revived_until(at)
    if until is None:
        draft.move(lot, hold, **{part: -points, "remaining": points})
        return [(lot, points)]
    draft.move(lot, hold, **{part: -points, "reversed": points})
    revived = LotState(
        id=new_id(),
        source=lot.source,
        earned_at=lot.earned_at,
        granted=points,
        remaining=points,
        expires_at=until,
    )
    _add_lot(wallet, draft, revived)
    return []


def _finish_return(
    wallet: WalletState, lost: list[tuple[LotState, int]], cause: Cause
) -> list[Draft]:
    """Let returned points expire that have no time left, then repay debt."""
    drafts = []
    if lost:
        drafts.append(expire(wallet, lost, replace(cause, key=f"expire:{cause.key}")))
    return [*drafts, *repay_debt(wallet, cause)]


def expire(wallet: WalletState, parts: Iterable[tuple[LotState, int]], cause: Cause) -> Draft:
    """Let points of lots expire."""
    draft = Draft(kind="expire", cause=replace(cause, reverses_id=None))
    for lot, points in parts:
        draft.move(lot, remaining=-points, expired=points)
        draft.available -= points
    return apply(wallet, draft)


def release(wallet: WalletState, lots: Iterable[LotState], cause: Cause) -> list[Draft]:
    """Let pending lots become available, or lapse if that is their fate.

    What lapses counts as expired in its lot: a refund of what earned it finds it taken.
    """
    released = Draft(kind="release", cause=cause)
    lapsed = Draft(kind="cancel_pending", cause=replace(cause, key=f"lapse:{cause.key}"))
    for lot in lots:
        points = lot.pending
        if lot.lapses:
            lapsed.move(lot, pending=-points, expired=points)
            lapsed.pending -= points
        else:
            released.move(lot, pending=-points, remaining=points)
            released.pending -= points
            released.available += points
            if lot.idle:
                wallet.wake(cause.occurred_at)
    drafts = [apply(wallet, draft) for draft in (released, lapsed) if draft.moves]
    return [*drafts, *repay_debt(wallet, cause)]


def _add_lot(wallet: WalletState, draft: Draft, lot: LotState) -> None:
    wallet.lots[lot.id] = lot
    draft.lots.append(lot)
