"""Writing drafted entries: numbers, hashes, rows. A few statements, however many."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from core import bulk, clock
from loyalty.models import Allocation, Entry, Hold, Lot, Wallet
from loyalty.rules import chain
from loyalty.rules.chain import HASHED_COLUMNS
from loyalty.rules.wallets import Draft, HoldState, LotMove, LotState, WalletState

Drafts = Sequence[tuple[WalletState, Draft]]

WALLET_COLUMNS = (
    "available",
    "pending",
    "held",
    "debt",
    "lifetime_earned",
    "lifetime_redeemed",
    "lifetime_expired",
    "last_seq",
    "head_hash",
    "due_at",
    "idle_at",
)
LOT_PARTS = LotMove.PARTS
LOT_TERMS = ("earned_at", "granted", "available_at", "lapses", "expires_at", "idle")
HOLD_PARTS = ("captured", "released", "expired")

OF_ENTRY = ("program_id", "wallet_id", "entry_id")
ENTRY_COLUMNS = (*HASHED_COLUMNS, "id", "decision_id", "prev_hash", "hash")
NEW_LOT_COLUMNS = (*OF_ENTRY, "id", "source_type", "source_id", *LOT_TERMS, *LOT_PARTS)
NEW_HOLD_COLUMNS = (*OF_ENTRY, "id", "points", "expires_at", *HOLD_PARTS)
ALLOCATION_COLUMNS = (*OF_ENTRY, "lot_id", "hold_id", *LOT_PARTS)


def write_drafts(program_id: int, drafts: Drafts, numbers: bulk.Numbers) -> None:
    """Write entries with their lots, holds and allocations."""
    if not drafts:
        return
    lots = [lot for _, draft in drafts for lot in draft.lots]
    new_lots = {id(lot) for lot in lots}
    moves = [move for _, draft in drafts for move in draft.moves]
    changed = {id(move.lot): move.lot for move in moves if id(move.lot) not in new_lots}
    holds = [draft.hold for _, draft in drafts if draft.hold]
    new_holds = {id(hold) for hold in holds}
    resolved = {
        id(move.hold): move.hold
        for move in moves
        if move.hold and id(move.hold) not in new_holds
    }
    _number(drafts, lots, holds, numbers)
    bulk.insert_together(
        (Entry, ENTRY_COLUMNS, _new_entries(program_id, drafts)),
        (Lot, NEW_LOT_COLUMNS, _new_lots(program_id, drafts)),
        (Hold, NEW_HOLD_COLUMNS, _new_holds(program_id, drafts)),
        (Allocation, ALLOCATION_COLUMNS, _new_allocations(program_id, drafts)),
    )
    bulk.update_rows(Lot, LOT_PARTS, [(lot.id, *_lot_parts(lot)) for lot in changed.values()])
    bulk.update_rows(
        Hold, HOLD_PARTS, [(hold.id, *_hold_parts(hold)) for hold in resolved.values()]
    )


def _number(
    drafts: Drafts,
    lots: Sequence[LotState],
    holds: Sequence[HoldState],
    numbers: bulk.Numbers,
) -> None:
    numbers.reserve({Entry: len(drafts), Lot: len(lots), Hold: len(holds)})
    for (_, draft), number in zip(drafts, numbers.take(Entry, len(drafts)), strict=True):
        draft.id = number
    for lot, number in zip(lots, numbers.take(Lot, len(lots)), strict=True):
        lot.id = number
    for hold, number in zip(holds, numbers.take(Hold, len(holds)), strict=True):
        hold.id = number


def _new_entries(program_id: int, drafts: Drafts) -> Iterator[bulk.Row]:
    posted_at = clock.real_now()
    for wallet, draft in drafts:
        hashed = _hashed_values(program_id, wallet, draft, posted_at)
        previous = wallet.head_hash
        wallet.head_hash = chain.link(previous, hashed)
        yield (*hashed, draft.id, draft.cause.decision_id, previous, wallet.head_hash)


def _hashed_values(
    program_id: int, wallet: WalletState, draft: Draft, posted_at: datetime
) -> tuple[chain.Field, ...]:
    cause = draft.cause
    return (
        program_id,
        wallet.id,
        draft.seq,
        draft.kind,
        draft.available,
        draft.pending,
        draft.held,
        draft.debt,
        *draft.after,
        draft.forgiven,
        cause.key,
        *cause.source,
        cause.reason,
        cause.reverses_id,
        cause.occurred_at,
        posted_at,
    )


def _new_lots(program_id: int, drafts: Drafts) -> Iterator[bulk.Row]:
    return (
        (program_id, wallet.id, draft.id, lot.id, *lot.source, *_lot_values(lot))
        for wallet, draft in drafts
        for lot in draft.lots
    )


def _lot_values(lot: LotState) -> tuple[object, ...]:
    return (
        lot.earned_at,
        lot.granted,
        lot.available_at,
        lot.lapses,
        lot.expires_at,
        lot.idle,
        *_lot_parts(lot),
    )


def _lot_parts(lot: LotState | LotMove) -> tuple[int, ...]:
    return (
        lot.pending,
        lot.remaining,
        lot.held,
        lot.spent,
        lot.expired,
        lot.reversed,
    )


def _new_holds(program_id: int, drafts: Drafts) -> Iterator[bulk.Row]:
    return (
        (
            program_id,
            wallet.id,
            draft.id,
            draft.hold.id,
            draft.hold.points,
            draft.hold.expires_at,
            *_hold_parts(draft.hold),
        )
        for wallet, draft in drafts
        if draft.hold
    )


def _hold_parts(hold: HoldState) -> tuple[int, int, int]:
    return hold.captured, hold.released, hold.expired


def _new_allocations(program_id: int, drafts: Drafts) -> Iterator[bulk.Row]:
    return (
        (
            program_id,
            wallet.id,
            draft.id,
            move.lot.id,
            move.hold.id if move.hold else None,
            *_lot_parts(move),
        )
        for wallet, draft in drafts
        for move in draft.moves
    )


def write_dates(lots: Sequence[LotState]) -> None:
    """Write the new dates of lots that were rescheduled."""
    columns = ("available_at", "lapses", "expires_at")
    rows = [(lot.id, lot.available_at, lot.lapses, lot.expires_at) for lot in lots]
    bulk.update_rows(Lot, columns, rows)


def write_wallets(wallets: Iterable[WalletState]) -> None:
    """Write wallets as they stand now."""
    rows = [
        (wallet.id, *(getattr(wallet, column) for column in WALLET_COLUMNS))
        for wallet in wallets
    ]
    bulk.update_rows(Wallet, WALLET_COLUMNS, rows)
