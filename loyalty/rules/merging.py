"""What a merge of two members does to a wallet of each: lots and debt move over.

A lot that moves leaves its points as spent in the wallet that it leaves, and is
born again in the other with its source and its dates. On the way back it returns
to the lot that it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loyalty.rules.movements import repay_debt
from loyalty.rules.wallets import Cause, Draft, LotState, NewIds, WalletState, apply


@dataclass(slots=True)
class Parcel:
    """What one lot sends over.

    `home` is the lot that it goes back to, if it came from there; else `new` is
    the one that it becomes.
    """

    lot: LotState
    remaining: int
    pending: int
    expired: int
    home: LotState | None = None
    new: LotState | None = None


def pack(lots: Iterable[LotState], homes: dict[int, LotState]) -> list[Parcel]:
    """Return what goes over of lots, without what is held; `homes` are by lot number."""
    parcels = [
        Parcel(lot, lot.remaining, lot.pending, lot.expired, homes.get(lot.id)) for lot in lots
    ]
    return [parcel for parcel in parcels if _has_something(parcel)]


def _has_something(parcel: Parcel) -> bool:
    return bool(parcel.remaining or parcel.pending or parcel.expired)


def adopted(lot: LotState, points: int, new_id: NewIds) -> LotState:
    """Return the new lot of points that were spent from one in a wallet merged since."""
    return LotState(
        id=new_id(),
        source=lot.source,
        earned_at=lot.earned_at,
        granted=points,
        remaining=points,
        expires_at=lot.expires_at,
        idle=lot.idle,
    )


def send(
    wallet: WalletState,
    new_id: NewIds,
    *,
    parcels: Sequence[Parcel],
    debt: int,
    cause: Cause,
) -> list[Draft]:
    """Take parcels and debt out of a wallet, as one entry; none if that is nothing."""
    draft = Draft(kind="merge_out", cause=cause, debt=-debt)
    for parcel in parcels:
        sent = parcel.remaining + parcel.pending
        if not sent:
            continue
        draft.move(parcel.lot, remaining=-parcel.remaining, pending=-parcel.pending, spent=sent)
        draft.available -= parcel.remaining
        draft.pending -= parcel.pending
    return [apply(wallet, draft)] if draft.moves or debt else []


def receive(
    wallet: WalletState,
    new_id: NewIds,
    *,
    parcels: Sequence[Parcel],
    debt: int,
    cause: Cause,
) -> list[Draft]:
    """Take parcels and debt in; what is then available repays what is owed.

    Points that had expired come along as expired, since a refund of what earned
    them counts them as taken. Where nothing else comes, they stay behind.
    """
    if not debt and not any(parcel.remaining or parcel.pending for parcel in parcels):
        return []
    draft = Draft(kind="merge_in", cause=cause, debt=debt)
    for parcel in parcels:
        draft.available += parcel.remaining
        draft.pending += parcel.pending
        if parcel.home is not None:
            _take_home(wallet, draft, parcel, parcel.home)
        else:
            _take_in(wallet, draft, parcel, new_id)
    return [apply(wallet, draft), *repay_debt(wallet, cause)]


def _take_in(wallet: WalletState, draft: Draft, parcel: Parcel, new_id: NewIds) -> None:
    old = parcel.lot
    waits = bool(parcel.pending)
    lot = LotState(
        id=new_id(),
        source=old.source,
        earned_at=old.earned_at,
        granted=parcel.remaining + parcel.pending + parcel.expired,
        pending=parcel.pending,
        remaining=0 if waits else parcel.remaining + parcel.expired,
        available_at=old.available_at if waits else None,
        lapses=old.lapses,
        expires_at=old.expires_at,
        idle=old.idle,
    )
    wallet.lots[lot.id] = parcel.new = lot
    draft.lots.append(lot)
    if parcel.expired:
        draft.move(lot, remaining=-parcel.expired, expired=parcel.expired)


def _take_home(wallet: WalletState, draft: Draft, parcel: Parcel, home: LotState) -> None:
    # Its dates may have been moved while it was away.
    home.available_at = parcel.lot.available_at or home.available_at
    home.expires_at = parcel.lot.expires_at
    wallet.lots.setdefault(home.id, home)
    lost = max(0, parcel.expired - home.expired)
    back = parcel.remaining + parcel.pending + lost
    if back:
        draft.move(
            home,
            remaining=parcel.remaining,
            pending=parcel.pending,
            expired=lost,
            spent=-back,
        )
