"""What a replay will bring, found out before anything is stated.

The file is read once for this alone. A broken row is then named before the first
fact is in, and there is something to measure progress by.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from loyalty.models import Program
from seeds.days import Day, Fact
from seeds.replay import is_over

# A second opinion on the points of orders, by their statements.
Expect = Callable[[Iterable[Fact]], dict[str, int]]


class Expected(NamedTuple):
    """The last statement of an order in the file, and what it should have earned."""

    version: int
    points: int


@dataclass
class Amount:
    """Some days, and what is in them."""

    days: int = 0
    facts: int = 0
    orders: int = 0  # each once, however often it is stated

    def add(self, day: Day) -> None:
        self.days += 1
        self.facts += len(day.facts)
        self.orders += sum(order["version"] == 1 for order in day.orders)

    @property
    def noun(self) -> str:
        """What there is to be counted: orders, or facts where nobody buys."""
        return "orders" if self.orders else "facts"

    def count(self, noun: str) -> int:
        return self.orders if noun == "orders" else self.facts

    def told(self, noun: str) -> str:
        return f"{self.count(noun):,} {noun}"


@dataclass
class Contents:
    """What there is, and what of it is not in the program yet."""

    all: Amount = field(default_factory=Amount)
    left: Amount = field(default_factory=Amount)
    begins_at: datetime | None = None
    expected: dict[str, Expected] = field(default_factory=dict)


def look_through(
    days: Iterator[Day], program: Program | None, *, expect: Expect | None
) -> Contents:
    """Read all days, and compare them with what the program has (None: nothing).

    With `expect`, the points of every order are worked out on the way.
    """
    contents = Contents()
    for day in days:
        contents.begins_at = contents.begins_at or day.starts_at
        contents.all.add(day)
        if program is None or not is_over(program, day):
            contents.left.add(day)
        if expect:
            points = expect(day.facts)
            contents.expected |= {
                order["id"]: Expected(order["version"], points[order["id"]])
                for order in day.orders
            }
    return contents
