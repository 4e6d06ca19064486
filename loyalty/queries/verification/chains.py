"""Each wallet's entries, walked from the first to the last.

Every entry follows from the one before: its number, its balances, its hash. Where
one does not, the walk goes on from what is written there, so that a single changed
row is told once and not with everything after it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from loyalty.models import Entry
from loyalty.queries.balances import BUCKETS, LIFETIMES
from loyalty.queries.verification.findings import Finding, entry_place, wallet_place
from loyalty.queries.verification.merges import moved_lifetimes
from loyalty.rules.chain import HASHED_COLUMNS, link
from loyalty.rules.wallets import Cause, Draft, lifetime_changes

# Rows that are fetched from the database at a time.
FETCH = 5_000

COLUMNS = (*HASHED_COLUMNS, "id", "prev_hash", "hash")
HASHED = len(HASHED_COLUMNS)
PROGRAM, WALLET, SEQ, KIND = map(COLUMNS.index, ("program_id", "wallet_id", "seq", "kind"))
MOVEMENT = slice(COLUMNS.index("available"), COLUMNS.index("debt") + 1)
AFTER = slice(COLUMNS.index("available_after"), COLUMNS.index("debt_after") + 1)
REVERSES = COLUMNS.index("reverses_id")

Row = Sequence[Any]

# Of entries with the same kind, sign and undoing-or-not, lifetimes count the sum.
Sort = tuple[str, bool, bool]


@dataclass(frozen=True, slots=True)
class WalletRow:
    """What a wallet says that its entries come to."""

    id: int
    balances: tuple[int, ...]
    lifetimes: tuple[int, ...]
    last_seq: int
    head_hash: bytes


@dataclass(slots=True)
class Walked:
    """How far the walk along one wallet's entries has come."""

    seq: int = 0
    balances: tuple[int, ...] = (0, 0, 0, 0)
    head: bytes = b""
    moved: dict[Sort, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk along the entries of some wallets of one program."""

    program_id: int
    program: str

    def findings(self, wallets: Sequence[WalletRow]) -> Iterator[Finding]:
        """Yield what disagrees in the entries of `wallets`, which stand in id order."""
        entries = groupby(self._entries(wallets), key=itemgetter(WALLET))
        group = next(entries, None)
        merged = moved_lifetimes(self.program_id, wallets[0].id, wallets[-1].id)
        for wallet in wallets:
            walked = Walked()
            if group is not None and group[0] == wallet.id:
                for row in group[1]:
                    yield from self._step(walked, row)
                group = next(entries, None)
            yield from self._end(wallet, walked, merged.get(wallet.id, (0, 0, 0)))

    def _entries(self, wallets: Sequence[WalletRow]) -> Iterator[Row]:
        rows: Iterator[Row] = (
            Entry.objects.filter(
                wallet__program_id=self.program_id,
                wallet__gte=wallets[0].id,
                wallet__lte=wallets[-1].id,
            )
            .order_by("wallet_id", "seq")
            .values_list(*COLUMNS)
            .iterator(chunk_size=FETCH)
        )
        return rows

    def _step(self, walked: Walked, row: Row) -> Iterator[Finding]:
        """Take one entry, and yield what does not follow from the one before."""
        seq = row[SEQ]
        movement = row[MOVEMENT]
        after = tuple(row[AFTER])
        available, pending, held, debt = movement
        walked.seq += 1
        balances = tuple(map(sum, zip(walked.balances, movement, strict=True)))
        *_, entry_id, previous, stored = row
        previous, stored = bytes(previous), bytes(stored)
        followed = link(walked.head, row[:HASHED])
        if (seq, after, previous, stored, row[PROGRAM]) != (
            walked.seq,
            balances,
            walked.head,
            followed,
            self.program_id,
        ):
            place = entry_place(self.program, row[WALLET], seq, entry_id)
            names = (f"{bucket}_after" for bucket in BUCKETS)
            yield from _unequal(
                place,
                ("seq", walked.seq, seq),
                *zip(names, balances, after, strict=True),
                ("prev_hash", walked.head.hex(), previous.hex()),
                # What the row itself comes to, so that a cut chain is told once.
                ("hash", link(previous, row[:HASHED]).hex(), stored.hex()),
                ("program", self.program_id, row[PROGRAM]),
            )
        walked.seq, walked.balances, walked.head = seq, after, stored
        points = available + pending + held - debt
        walked.moved[row[KIND], points > 0, row[REVERSES] is None] += points

    def _end(
        self, wallet: WalletRow, walked: Walked, merged: Sequence[int]
    ) -> Iterator[Finding]:
        """Yield where the wallet's cache is not what its entries and merges came to."""
        names = (*BUCKETS, *LIFETIMES)
        lived = map(sum, zip(lifetimes(walked.moved), merged, strict=True))
        expected = (*walked.balances, *lived)
        found = (*wallet.balances, *wallet.lifetimes)
        yield from _unequal(
            wallet_place(self.program, wallet.id),
            ("last_seq", walked.seq, wallet.last_seq),
            *zip(names, expected, found, strict=True),
            ("head_hash", walked.head.hex(), wallet.head_hash.hex()),
        )


def lifetimes(moved: dict[Sort, int]) -> tuple[int, ...]:
    """Return what was earned, redeemed and expired in the lifetime of a wallet."""
    totals = [0, 0, 0]
    never = datetime.min.replace(tzinfo=UTC)
    for (kind, _, is_first), points in moved.items():
        cause = Cause("", ("", ""), never, reverses_id=None if is_first else 0)
        draft = Draft(kind, cause, available=points)
        for place, change in enumerate(lifetime_changes(draft)):
            totals[place] += change
    return tuple(totals)


def _unequal(place: str, *pairs: tuple[str, object, object]) -> Iterable[Finding]:
    return [
        Finding(place, what, expected, found)
        for what, expected, found in pairs
        if expected != found
    ]
