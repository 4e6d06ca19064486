"""Writing down what the passing of time has done: releases, expiries, ends of holds."""

from collections import Counter
from datetime import datetime

from core.transactions import retrying
from loyalty.models import Program
from loyalty.queries.setup import setup_of
from loyalty.services.ledger import settle_wallets

# Wallets per transaction: bounded locks, little to repeat after a crash.
CHUNK = 100


def settle_due_wallets(*, program: Program, at: datetime) -> Counter[str]:
    """Write what is due in the program by `at`, chunk by chunk.

    Balances are true without it; it only turns what readers work out into
    entries. Returns how many entries of which kind were written. A run that is
    killed is continued by the next one.
    """
    written: Counter[str] = Counter()
    while (kinds := _settle_chunk(program, at)) is not None:
        written += kinds
    return written


@retrying
def _settle_chunk(program: Program, at: datetime) -> Counter[str] | None:
    return settle_wallets(setup_of(program), at=at, most=CHUNK)
