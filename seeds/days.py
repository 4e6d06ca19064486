"""A shop's days, as facts that can be stated."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.periods import local_midnight

# A fact as a line of `POST /batches` states it: kind, id, and the body. Invented shops
# say in `told_at` when they tell it, and have kinds of their own: see `seeds.acts`.
Fact = dict[str, Any]


class Moment(NamedTuple):
    """Where the clock stands, and the facts that are told then."""

    at: datetime
    facts: list[Fact]


@dataclass(frozen=True)
class Day:
    """One day of a shop: its facts in the order in which they happened."""

    date: date
    facts: list[Fact]
    zone: ZoneInfo

    @property
    def starts_at(self) -> datetime:
        return local_midnight(self.date, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The first instant of the next day: no fact is later."""
        return local_midnight(self.date + timedelta(days=1), self.zone)

    @property
    def moments(self) -> list[Moment]:
        """The day's facts by when they are told: at its end, unless they say when."""
        told = groupby(self.facts, key=lambda fact: fact.get("told_at", self.ends_at))
        moments = [Moment(at, list(facts)) for at, facts in told]
        if not moments or moments[-1].at != self.ends_at:
            moments.append(Moment(self.ends_at, []))
        return moments

    @property
    def orders(self) -> list[Fact]:
        """The statements of orders; an order may be stated more than once."""
        return self.of("order")

    def of(self, kind: str) -> list[Fact]:
        return [fact for fact in self.facts if fact["kind"] == kind]


def days_of(facts: Iterable[Fact], zone: ZoneInfo) -> Iterator[Day]:
    """Yield the days of facts that say when they are told, in that order."""

    def day_of(fact: Fact) -> date:
        told_at: datetime = fact["told_at"]
        return told_at.astimezone(zone).date()

    told = sorted(facts, key=lambda fact: fact["told_at"])
    for day, together in groupby(told, key=day_of):
        yield Day(day, list(together), zone)
