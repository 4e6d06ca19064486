"""A shop's days, as facts that can be stated."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.periods import local_midnight

# A fact as a line of `POST /batches` states it: kind, id, and the body.
Fact = dict[str, Any]


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
    def orders(self) -> list[Fact]:
        """The statements of orders; an order may be stated more than once."""
        return [fact for fact in self.facts if fact["kind"] == "order"]
