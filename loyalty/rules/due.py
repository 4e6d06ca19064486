"""What time alone does to a wallet: releases, the ends of holds, expiries.

The same function serves a nightly job, a moved clock, and the moment before any
other movement. That is why a year of nightly jobs, a year with none, and a year
in a sandbox write the same entries.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from loyalty.rules.movements import end_hold, expire, release
from loyalty.rules.wallets import (
    Cause,
    Draft,
    HoldState,
    LotState,
    NewIds,
    WalletState,
)

# At one and the same moment: what is over is over before anything is given back.
EXPIRE, END_HOLD, RELEASE = range(3)


def is_due(wallet: WalletState, at: datetime) -> bool:
    """Say whether time may have changed the wallet by `at`."""
    return wallet.due_at is not None and wallet.due_at <= at


def settle(wallet: WalletState, new_id: NewIds, *, at: datetime) -> Iterator[Draft]:
    """Do everything that is due in a loaded wallet by `at`, in the order of time.

    Entries carry the moment at which they were due, not the moment at which
    somebody noticed.
    """
    reached = None
    while (step := _next_step(wallet, at)) is not None:
        due_at, what = step
        # Late facts bring lots whose time came before the last entry's.
        reached = max(reached, due_at) if reached else due_at
        yield from _take_step(wallet, new_id, what, due_at=due_at, at=reached)


def _next_step(wallet: WalletState, at: datetime) -> tuple[datetime, int] | None:
    steps = [step for step in _steps(wallet) if step[0] <= at]
    return min(steps, default=None)


def _steps(wallet: WalletState) -> Iterator[tuple[datetime, int]]:
    for lot in wallet.lots.values():
        if lot.remaining:
            ends_at = lot.ends_at(wallet.idle_at)
            if ends_at:
                yield ends_at, EXPIRE
        if lot.pending and lot.available_at:
            yield lot.available_at, RELEASE
    for hold in wallet.holds.values():
        if hold.open_points:
            yield hold.expires_at, END_HOLD


def _take_step(
    wallet: WalletState,
    new_id: NewIds,
    what: int,
    *,
    due_at: datetime,
    at: datetime,
) -> Iterable[Draft]:
    if what == EXPIRE:
        over = [
            (lot, lot.remaining)
            for lot in wallet.lots.values()
            if lot.remaining and lot.ends_at(wallet.idle_at) == due_at
        ]
        return [expire(wallet, over, _cause(wallet, "expire", at))]
    if what == RELEASE:
        return release(wallet, _releasing(wallet, due_at), _cause(wallet, "release", at))
    hold = _ending(wallet, due_at)
    return end_hold(wallet, new_id, hold=hold, cause=_cause(wallet, "hold_end", at))


def _releasing(wallet: WalletState, due_at: datetime) -> list[LotState]:
    return [lot for lot in wallet.lots.values() if lot.pending and lot.available_at == due_at]


def _ending(wallet: WalletState, due_at: datetime) -> HoldState:
    return next(
        hold for hold in wallet.holds.values() if hold.open_points and hold.expires_at == due_at
    )


def _cause(wallet: WalletState, word: str, at: datetime) -> Cause:
    # The wallet's next number makes the key unique, since due work is done once.
    key = f"due:{word}:{wallet.id}:{wallet.last_seq + 1}"
    return Cause(key=key, source=("time", word), occurred_at=at)
