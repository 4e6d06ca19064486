"""The program's time: real, or a sandbox's movable clock.

Only interfaces read a clock; everything below them is told the time as `at`.
"""

from datetime import UTC, datetime
from typing import Protocol


class HasClock(Protocol):
    """Whatever carries a sandbox clock; None means that real time applies."""

    @property
    def clock_at(self) -> datetime | None: ...


def real_now() -> datetime:
    """Return the server's time (UTC), for keys, tokens and `posted_at`."""
    return datetime.now(UTC)


def now(program: HasClock) -> datetime:
    """Return the program's time: its sandbox clock if it has one, else real time."""
    return program.clock_at or real_now()
