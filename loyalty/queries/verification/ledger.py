"""The whole ledger of a program, proved a few thousand entries at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from loyalty.models import Program, Wallet
from loyalty.queries.balances import BUCKETS, LIFETIMES
from loyalty.queries.verification.chains import Walk, WalletRow
from loyalty.queries.verification.facts import fact_findings
from loyalty.queries.verification.findings import Finding
from loyalty.queries.verification.lots import lot_findings
from loyalty.queries.verification.redemptions import redemption_findings, stock_findings

# A chunk ends after so many wallets, or with the one that brings it to so many
# entries: its rows are read at one and the same moment, and nothing waits for long.
WALLETS = 2_000
ENTRIES = 20_000

# Head hashes and balances of every wallet of a chunk, when it has been looked at.
OnChunk = Callable[["Chunk"], None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Wallets that have been looked at, as they were at that moment."""

    wallets: list[WalletRow]

    @property
    def entries(self) -> int:
        return sum(wallet.last_seq for wallet in self.wallets)


def ledger_findings(
    program: Program, *, on_chunk: OnChunk = lambda _chunk: None
) -> Iterator[Finding]:
    """Yield every row of the program's ledger that disagrees with the others.

    Reads only, in memory that does not grow with the ledger. Each chunk is read at
    one moment, so that work that goes on meanwhile is no finding.
    """
    yield from stock_findings(program.pk, program.slug)
    after = 0
    while True:
        with at_one_moment():
            chunk = _chunk_after(program, after)
            if not chunk.wallets:
                return
            after = chunk.wallets[-1].id
            walk = Walk(program.pk, program.slug)
            yield from walk.findings(chunk.wallets)
            first = chunk.wallets[0].id
            yield from lot_findings(program.pk, program.slug, first, after)
            yield from redemption_findings(program.pk, program.slug, first, after)
            yield from fact_findings(program.pk, program.slug, first, after)
        on_chunk(chunk)


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Let the statements inside see the same rows, whatever is written meanwhile."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _chunk_after(program: Program, wallet_id: int) -> Chunk:
    rows = (
        Wallet.objects.filter(program=program, pk__gt=wallet_id)
        .order_by("pk")
        .values_list("id", *BUCKETS, *LIFETIMES, "last_seq", "head_hash")[:WALLETS]
    )
    chunk = Chunk([])
    entries = 0
    for row in rows:
        wallet = _wallet(row)
        chunk.wallets.append(wallet)
        entries += wallet.last_seq
        if entries >= ENTRIES:
            break
    return chunk


def _wallet(row: tuple[Any, ...]) -> WalletRow:
    wallet_id, *numbers, last_seq, head = row
    return WalletRow(
        id=wallet_id,
        balances=tuple(numbers[: len(BUCKETS)]),
        lifetimes=tuple(numbers[len(BUCKETS) :]),
        last_seq=last_seq,
        head_hash=bytes(head),
    )
