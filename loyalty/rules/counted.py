"""What facts come to, for those who add up members' days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.zones import reading


@dataclass(frozen=True, slots=True)
class Counted:
    """What an order or event came to: for whom, at its business time.

    `spend` is in minor units; an order that is worth nothing counts for nothing.
    `posted` is what its row remembers of its points.
    """

    member_id: int | None = None
    moment: datetime | None = None
    spend: int = 0
    orders: int = 0
    posted: Mapping[str, Any] = field(default_factory=dict)

    def ordered_on(self, zone: ZoneInfo) -> date | None:
        """Return the local day on which it counts as an order; None if it does not."""
        if self.member_id is None or self.moment is None or not (self.spend or self.orders):
            return None
        return reading(self.moment, zone).date()

    def points_by_day(self, zone: ZoneInfo) -> Iterator[tuple[str, date, int, int]]:
        """Yield by point type the days on which points were earned, or are released.

        What lapses if the order is not fulfilled in time is released on no day.
        """
        if self.member_id is None or self.moment is None:
            return
        own = reading(self.moment, zone).date()
        for code, posted in self.posted.items():
            yield code, own, posted["points"], 0
            for rule, points in posted["rules"].items():
                if rule in posted.get("lapses", ()):
                    continue
                at = posted["dates"].get(rule)
                released = max(datetime.fromisoformat(at), self.moment) if at else self.moment
                yield code, reading(released, zone).date(), 0, points


NOTHING = Counted()
