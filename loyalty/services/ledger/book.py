"""Opening a book on wallets: lock them, look at them, post to them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from django.db.models import Q

from core import bulk
from core.errors import DomainError
from core.reading import Condition, one_of, read_rows
from loyalty.models import Wallet
from loyalty.queries.balances import (
    load_open_lots,
    load_spendable_lots,
    lot_rows,
    lot_state,
)
from loyalty.queries.setup import Setup
from loyalty.rules.due import is_due, settle
from loyalty.rules.movements import Movement
from loyalty.rules.wallets import (
    Draft,
    LotState,
    NewIds,
    NewLot,
    Source,
    WalletState,
)
from loyalty.services.ledger.writing import (
    WALLET_COLUMNS,
    write_dates,
    write_drafts,
    write_wallets,
)

WalletKey = tuple[int, int]

BLANK_WALLET = dict.fromkeys(WALLET_COLUMNS[:8], 0) | {"head_hash": b""}


class WalletClosed(DomainError):
    """The wallet's member was merged into another or erased."""

    code = "member_closed"


@dataclass(frozen=True, slots=True)
class Posting:
    """One thing to do to one wallet.

    `reads` tells what the movement has to see: nothing but the wallet ("wallet"),
    its open lots ("lots"), or those of them that the next points are spent from
    ("spending", so many as `spends`). Closed lots of `source` are loaded as well.
    `active_until` postpones the moment at which idle lots expire.
    """

    wallet: WalletKey
    movement: Movement
    reads: str = "lots"
    source: Source | None = None
    active_until: datetime | None = None
    spends: int = 0


@dataclass(slots=True)
class Book:
    """The locked wallets of one transaction, and what has been drafted for them."""

    setup: Setup
    at: datetime
    wallets: dict[WalletKey, WalletState] = field(default_factory=dict)
    drafts: list[tuple[WalletState, Draft]] = field(default_factory=list)
    touched: dict[int, WalletState] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    rescheduled: list[LotState] = field(default_factory=list)
    new_id: NewIds = field(default_factory=NewIds)
    numbers: bulk.Numbers = field(default_factory=bulk.Numbers)

    def draft(self, wallet: WalletState, drafts: Iterable[Draft]) -> list[Draft]:
        """Take drafts of a wallet into the book, in order."""
        taken = list(drafts)
        self.drafts.extend((wallet, draft) for draft in taken)
        return taken


def open_book(
    setup: Setup,
    *,
    members: Iterable[int],
    at: datetime,
    point_types: Iterable[int] | None = None,
    even_closed: bool = False,
) -> Book:
    """Lock the members' wallets in id order, making those that are missing.

    What time has done to them by `at` is done first, so that balances seen in
    the book are true.

    :raises WalletClosed: if a member was merged into another or erased, unless
        the caller takes closed wallets as well; their members are `book.closed`
    """
    book = Book(setup=setup, at=at)
    member_ids = sorted(set(members))
    if point_types is None:
        point_types = [point_type.id for point_type in setup.point_types.values()]
    keys = list(product(member_ids, point_types))
    if not keys:
        return book
    theirs = one_of("member_id", member_ids)
    _lock(book, theirs)
    missing = [key for key in keys if key not in book.wallets]
    if missing:
        bulk.insert_rows(
            Wallet,
            ("program_id", "member_id", "point_type_id", *BLANK_WALLET),
            [(setup.program_id, *key, *BLANK_WALLET.values()) for key in missing],
            unless_exists=True,
        )
        _lock(book, theirs)
    if book.closed and not even_closed:
        raise WalletClosed("the member was merged into another, or erased")
    settle_due(book)
    return book


def close_wallets(members: Iterable[int], *, is_closed: bool = True) -> None:
    """Let nothing come into the (locked) wallets of these members, or let it again."""
    Wallet.objects.filter(member__in=members).update(is_closed=is_closed)


def settle_wallets(setup: Setup, *, at: datetime, most: int) -> Counter[str] | None:
    """Write down what time has done, for up to `most` wallets; None if nothing was due.

    Returns how many entries of which kind were written. Safe to run twice, at
    once, or late: what is due is looked at again under the lock.
    """
    due = Wallet.objects.filter(program_id=setup.program_id, due_at__lte=at)
    ids = list(due.order_by("due_at").values_list("id", flat=True)[:most])
    if not ids:
        return None
    book = Book(setup=setup, at=at)
    _lock(book, one_of("id", ids))
    settle_due(book)
    kinds = Counter(draft.kind for _, draft in book.drafts)
    write(book)
    return kinds


def _lock(book: Book, condition: Condition) -> None:
    terms = {p.id: p.terms for p in book.setup.point_types.values()}
    for row in read_rows(Wallet, book.setup.program_id, condition, lock=True):
        values = [getattr(row, column) for column in WALLET_COLUMNS]
        wallet = WalletState(
            row.id, row.member_id, row.point_type_id, terms[row.point_type_id], *values
        )
        wallet.head_hash = bytes(wallet.head_hash)
        if row.is_closed:
            book.closed.add(row.member_id)
        book.wallets[wallet.member_id, wallet.point_type_id] = wallet


def settle_due(book: Book) -> None:
    """Do what time has done to the book's wallets by now (drafted, not yet written)."""
    due = [wallet for wallet in book.wallets.values() if is_due(wallet, book.at)]
    load_lots(due)
    for wallet in due:
        book.draft(wallet, settle(wallet, book.new_id, at=book.at))
        _note_due(wallet)
        book.touched[wallet.id] = wallet


def load_lots(wallets: Sequence[WalletState], sources: Iterable[Source] = ()) -> None:
    """Load open lots and holds of locked wallets, and closed lots of `sources`."""
    load_open_lots(wallets)
    by_id = {wallet.id: wallet for wallet in wallets}
    by_type: dict[str, list[str]] = defaultdict(list)
    for source_type, source_id in set(sources):
        by_type[source_type].append(source_id)
    for source_type, ids in by_type.items():
        own = Q(wallet__in=by_id, source_type=source_type, source_id__in=ids)
        for row in lot_rows(own):
            by_id[row["wallet_id"]].lots.setdefault(row["id"], lot_state(row))


def post(book: Book, postings: Sequence[Posting]) -> list[list[Draft]]:
    """Apply postings in order and write what they did. The drafts carry entry ids.

    :raises InsufficientPoints: if a posting spends more than is available
    :raises InvalidInput: `out_of_range` if a balance would leave 64 bits
    """
    results = draft_postings(book, postings)
    write(book)
    return results


def draft_postings(book: Book, postings: Sequence[Posting]) -> list[list[Draft]]:
    """Apply postings in order; what they did is in the book, to be written by `write`.

    For callers whose entries refer to rows that have to be written before.

    :raises InsufficientPoints: if a posting spends more than is available
    :raises InvalidInput: `out_of_range` if a balance would leave 64 bits
    """
    reading = [posting for posting in postings if posting.reads == "lots"]
    if reading:
        wallets = {posting.wallet: book.wallets[posting.wallet] for posting in reading}
        sources = [posting.source for posting in reading if posting.source]
        load_lots(list(wallets.values()), sources)
    results = []
    for posting in postings:
        wallet = book.wallets[posting.wallet]
        if is_due(wallet, book.at):
            load_lots([wallet])
            book.draft(wallet, settle(wallet, book.new_id, at=book.at))
        if posting.active_until:
            keep_active(book, wallet, until=posting.active_until)
        if posting.reads == "spending":
            load_spendable_lots(wallet, posting.spends)
        results.append(book.draft(wallet, posting.movement(wallet, book.new_id)))
        _note_due(wallet)
    return results


def keep_active(book: Book, wallet: WalletState, *, until: datetime) -> None:
    """Note an activity: lots that expire by inactivity live at least until then."""
    wallet.idle_at = max(wallet.idle_at or until, until)
    book.touched[wallet.id] = wallet


def reschedule(book: Book, wallet: WalletState, dates: Mapping[int, NewLot]) -> None:
    """Give lots that are still pending new dates, by lot number."""
    load_lots([wallet])
    for lot in wallet.lots.values():
        new = dates.get(lot.id)
        if new and lot.pending:
            lot.available_at = new.available_at
            lot.lapses = new.lapses
            lot.expires_at = new.expires_at
            book.rescheduled.append(lot)
    _note_due(wallet)
    book.touched[wallet.id] = wallet


def _note_due(wallet: WalletState) -> None:
    """Remember when time will next change the wallet, too early rather than too late."""
    due_at = wallet.next_due_at()
    if wallet.is_loaded or wallet.due_at is None:
        wallet.due_at = due_at
    elif due_at is not None:
        wallet.due_at = min(due_at, wallet.due_at)


def write(book: Book) -> None:
    """Write everything that was drafted, and forget what was loaded.

    What came late may be due already: it is settled as well, so that balances in
    the book are true afterwards.
    """
    settle_due(book)
    for wallet, _ in book.drafts:
        book.touched[wallet.id] = wallet
    write_drafts(book.setup.program_id, book.drafts, book.numbers)
    write_dates(book.rescheduled)
    write_wallets(book.touched.values())
    for wallet in book.touched.values():
        wallet.lots.clear()
        wallet.holds.clear()
        wallet.is_loaded = False
    book.drafts.clear()
    book.rescheduled.clear()
    book.touched.clear()
