"""Giving back what a redemption spent: all of it or a part, to the lots it came from."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from django.db.models import Q

from core.errors import invalid
from core.transactions import retrying
from loyalty.models import Allocation, Entry, Redemption
from loyalty.queries.balances import lot_rows, lot_state
from loyalty.rules.merging import adopted
from loyalty.rules.movements import restore
from loyalty.rules.redemption import last_spent, points_to_reverse
from loyalty.rules.wallets import Cause, Draft, NewIds, WalletState
from loyalty.services.adjustments import Requested
from loyalty.services.ledger import Book, Posting, draft_postings, write
from loyalty.services.redemptions.exchanging import taking_back
from loyalty.services.redemptions.settling import (
    Settlement,
    open_settlement,
    save,
    undo_reward,
)

UNDONE = (Redemption.Fulfilment.OPEN, Redemption.Fulfilment.IN_PROGRESS)


@retrying
def reverse_redemption(
    *,
    redemption: Redemption,
    points: int | None = None,
    reason: str = "",
    requested: Requested,
) -> Redemption:
    """Give back points that were spent, or all that are left of them.

    A repeated key has effect once. With the last point the redemption is undone: its
    voucher is void, its stock has one more, open work is cancelled.

    :raises NotCaptured: if its points are only held
    :raises AlreadyReversed: if all came back; AlreadyVoided and HoldExpired likewise
    :raises NothingSpent: if it was a gift
    :raises ExceedsCaptured: if fewer are left of what was spent
    """
    settlement = open_settlement(redemption, requested, gives_back=True)
    key = settlement.cause("restore").key
    if not Entry.objects.filter(program=redemption.program_id, key=key).exists():
        reverse_captured(settlement, points, reason=reason)
    return settlement.redemption


def reverse_captured(
    settlement: Settlement, points: int | None = None, *, reason: str = ""
) -> None:
    """Give back points that were spent, with their share of what they gave.

    :raises DomainError: by name, if nothing or less can come back
    """
    redemption, at = settlement.redemption, settlement.requested.at
    status, captured = redemption.status_at(at), redemption.captured_points
    asked = points_to_reverse(status, captured, redemption.reversed_points, points)
    if asked <= 0:
        raise invalid("/points", "out_of_range", "at least 1 point comes back")
    book, cause = settlement.book, replace(settlement.cause("restore"), reason=reason)
    clawback = replace(settlement.cause("clawback"), reason=reason)
    taken_back = taking_back(book.setup, redemption, asked, clawback)
    restore_points(book, redemption, points=asked, cause=cause)
    draft_postings(book, taken_back)
    write(book)
    if redemption.reversed_points == captured:
        redemption.status, redemption.settled_at = Redemption.Status.REVERSED, at
        undo_reward(settlement)
        if redemption.fulfilment in UNDONE:
            redemption.fulfilment = Redemption.Fulfilment.CANCELLED
    settlement.tell("redemption.reversed")
    save(settlement)


def restore_points(
    book: Book, redemption: Redemption, *, points: int, cause: Cause
) -> list[Draft]:
    """Draft what gives back `points` that a redemption spent; the caller writes the book.

    They go to the lots they came from, those that were spent last first. The
    redemption counts them in `reversed_points`; the caller saves it.
    """
    allocations = Allocation.objects.filter(entry=redemption.spent_by_id, spent__gt=0)
    spent = list(allocations.order_by("id").values_list("lot_id", "spent"))
    parts = list(last_spent(spent, points=points, skip=redemption.reversed_points))
    movement = partial(_restore, parts=parts, cause=cause)
    wallet = (redemption.member_id, redemption.point_type_id)
    (drafts,) = draft_postings(book, [Posting(wallet, movement)])
    redemption.reversed_points += points
    return drafts


def _restore(
    wallet: WalletState, new_id: NewIds, *, parts: Sequence[tuple[int, int]], cause: Cause
) -> list[Draft]:
    closed = [lot_id for lot_id, _ in parts if lot_id not in wallet.lots]
    rows = {row["id"]: row for row in lot_rows(Q(pk__in=closed))} if closed else {}
    lots = wallet.lots | {lot_id: lot_state(row) for lot_id, row in rows.items()}
    # What a member spent before being merged into this one comes back as lots of its own.
    merged = {lot_id for lot_id, row in rows.items() if row["wallet_id"] != wallet.id}
    return restore(
        wallet,
        new_id,
        kind="restore",
        parts=[(lots[lot_id], part) for lot_id, part in parts if lot_id not in merged],
        born=[
            adopted(lots[lot_id], part, new_id) for lot_id, part in parts if lot_id in merged
        ],
        cause=cause,
    )
