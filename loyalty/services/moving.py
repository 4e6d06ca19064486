"""Moving points from one member's wallets to another's, for a merge and back again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q

from loyalty.models import Entry, Lot
from loyalty.queries.balances import LIFETIMES, lot_rows, lot_state
from loyalty.queries.setup import PointTypeSetup
from loyalty.rules.keys import key_of_return
from loyalty.rules.merging import Parcel, pack, receive, send
from loyalty.rules.wallets import (
    Cause,
    Draft,
    Source,
    WalletState,
    lifetime_changes,
)
from loyalty.services.ledger import Book, Posting, draft_postings, load_lots, write

# Whose expired points a refund counts as taken.
FACTS = ("order", "event")


@dataclass(frozen=True, slots=True)
class Move:
    """From whom to whom points go, and what their entries say."""

    sender: int
    recipient: int
    stem: str
    source: Source
    at: datetime

    def cause(self, way: str, code: str) -> Cause:
        return Cause(f"{self.stem}:{way}:{code}", self.source, self.at)


def move_points(book: Book, move: Move) -> dict[str, Any]:
    """Move every lot and all debt; return what was moved, for an undo.

    By point type: the number that each lot has now, with the one it had; the debt;
    the lifetimes; and how many entries the recipient had before.
    """
    moved: dict[str, Any] = {"lots": {}, "debt": {}, "lifetimes": {}, "since": {}}
    parcels: dict[str, list[Parcel]] = {}
    for code, sender, recipient in _pairs(book, move):
        load_lots([sender])
        _load(sender, Q(expired__gt=0, source_type__in=FACTS))
        parcels[code] = pack(sender.lots.values(), {})
        moved["debt"][code] = sender.debt
        moved["since"][code] = recipient.last_seq
        _draft(book, move, code, parcels[code], sender.debt)
        lifetimes = [getattr(sender, name) for name in LIFETIMES]
        moved["lifetimes"][str(sender.point_type_id)] = lifetimes
        _move_lifetimes(book, sender, recipient, lifetimes)
        _stay_awake(book, sender, recipient)
    write(book)
    for code, sent in parcels.items():
        moved["lots"][code] = {parcel.new.id: parcel.lot.id for parcel in sent if parcel.new}
    return moved


def return_points(
    book: Book,
    move: Move,
    moved: dict[str, Any],
    facts: Collection[Source],
    gifts: Collection[str] = (),
) -> dict[str, list[int]]:
    """Move back what is left of moved lots, and what `facts` have earned since.

    `gifts` are the keys of those that the member had been given: one that was taken back
    since is no longer in its lifetime.

    Returns the lifetimes that stay behind, by number of the point type.
    """
    kept: dict[str, list[int]] = {}
    for code, sender, recipient in _pairs(book, move):
        homes = {int(new): old for new, old in moved["lots"].get(code, {}).items()}
        _load_homes(recipient, homes.values())
        load_lots([sender])
        _load(sender, Q(pk__in=homes))
        restored = _restored(sender, facts)
        theirs = [
            lot
            for lot in sender.lots.values()
            if lot.id in homes or lot.id in restored or lot.source in facts
        ]
        found = {new: recipient.lots[old] for new, old in homes.items()}
        debt = min(moved["debt"].get(code, 0), sender.debt)
        _draft(book, move, code, pack(theirs, found), debt)
        book.rescheduled += [found[lot.id] for lot in theirs if lot.id in found]
        before = moved["lifetimes"][str(sender.point_type_id)]
        since = _lifetimes_since(sender, moved["since"][code], facts, gifts)
        back = _at_most(sender, before, since)
        _move_lifetimes(book, sender, recipient, back)
        kept[str(sender.point_type_id)] = [a - b for a, b in zip(before, back, strict=True)]
        _stay_awake(book, sender, recipient)
    write(book)
    return kept


def _pairs(book: Book, move: Move) -> Iterable[tuple[str, WalletState, WalletState]]:
    """Yield each point type's code with the wallets of both members."""
    types: Sequence[PointTypeSetup] = list(book.setup.point_types.values())
    for point_type in types:
        sender = book.wallets[move.sender, point_type.id]
        yield point_type.code, sender, book.wallets[move.recipient, point_type.id]


def _load(wallet: WalletState, wanted: Q) -> None:
    """Load closed lots of a wallet as well."""
    for row in lot_rows(Q(wallet=wallet.id) & wanted):
        wallet.lots.setdefault(row["id"], lot_state(row))


def _restored(wallet: WalletState, facts: Collection[Source]) -> set[int]:
    """Return the lots in which points that moved redemptions had spent came back since."""
    redeemed = {source_id for kind, source_id in facts if kind == "redemption"}
    if not redeemed:
        return set()
    lots = Lot.objects.filter(wallet=wallet.id, entry__kind="restore")
    born = lots.values_list("pk", "entry__source_id")
    return {pk for pk, redemption in born if redemption in redeemed}


def _load_homes(wallet: WalletState, numbers: Collection[int]) -> None:
    load_lots([wallet])
    _load(wallet, Q(pk__in=numbers))


def _draft(book: Book, move: Move, code: str, parcels: Sequence[Parcel], debt: int) -> None:
    type_id = book.setup.point_types[code].id
    out = partial(send, parcels=parcels, debt=debt, cause=move.cause("out", code))
    back = partial(receive, parcels=parcels, debt=debt, cause=move.cause("in", code))
    draft_postings(
        book,
        [Posting((move.sender, type_id), out), Posting((move.recipient, type_id), back)],
    )


def _move_lifetimes(
    book: Book, sender: WalletState, recipient: WalletState, lifetimes: Sequence[int]
) -> None:
    """Let lifetimes go along: a refund takes back from what was earned by whoever has it."""
    for name, points in zip(LIFETIMES, lifetimes, strict=True):
        setattr(sender, name, getattr(sender, name) - points)
        setattr(recipient, name, getattr(recipient, name) + points)
    for wallet in (sender, recipient):
        book.touched[wallet.id] = wallet


def _stay_awake(book: Book, sender: WalletState, recipient: WalletState) -> None:
    """Let the later activity of the two keep idle lots alive."""
    known = [wallet.idle_at for wallet in (sender, recipient) if wallet.idle_at]
    recipient.idle_at = max(known, default=None)
    recipient.due_at = recipient.next_due_at()


def _lifetimes_since(
    wallet: WalletState, seq: int, facts: Collection[Source], gifts: Collection[str]
) -> tuple[int, int, int]:
    """Return how `facts` have changed the lifetimes of a wallet after an entry.

    So has taking back a gift.
    """
    totals = (0, 0, 0)
    taken_back = {key_of_return(key) for key in gifts}
    columns = ("available", "pending", "held", "debt")
    rows = Entry.objects.filter(wallet=wallet.id, seq__gt=seq).values_list(
        "kind", "source_type", "source_id", "key", "occurred_at", "reverses_id", *columns
    )
    for kind, source_type, source_id, key, at, reverses, *movement in rows.iterator():
        source = (source_type, source_id)
        if source in facts or key in taken_back:
            cause = replace(Cause(key, source, at), reverses_id=reverses)
            changes = lifetime_changes(Draft(kind, cause, *movement))
            totals = tuple(map(sum, zip(totals, changes, strict=True)))  # type: ignore[assignment]
    return totals


def _at_most(wallet: WalletState, before: Sequence[int], since: Sequence[int]) -> list[int]:
    """Return the lifetimes that go back: no wallet has earned less than nothing."""
    return [
        max(0, min(was + change, getattr(wallet, name)))
        for name, was, change in zip(LIFETIMES, before, since, strict=True)
    ]


def renumbered(posted: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    """Return what an order remembers of its points, with the numbers its lots have now."""
    return {
        code: one
        | {
            "lots": {
                rule: [numbers.get(lot, lot) for lot in lots]
                for rule, lots in one["lots"].items()
            }
        }
        if "lots" in one
        else one
        for code, one in posted.items()
    }
