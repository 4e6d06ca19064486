"""What a member's days come to in a ladder's window."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import accumulate

from tiers.rules.ladders import CompiledLadder
from tiers.rules.windows import Span, shifted

Daily = Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """A member's sums by local day, net of refunds, and balances as they are now.

    Points are by point type: by the day they were earned, and by the one they were
    released on.
    """

    spend: Daily = field(default_factory=dict)
    orders: Daily = field(default_factory=dict)
    earned: Mapping[str, Daily] = field(default_factory=dict)
    released: Mapping[str, Daily] = field(default_factory=dict)
    balances: Mapping[str, int] = field(default_factory=dict)

    def counted_by(self, ladder: CompiledLadder) -> Daily:
        """Return what a ladder counts, by day."""
        if ladder.metric == "spend":
            return self.spend
        if ladder.metric == "points":
            by_type = self.released if ladder.released else self.earned
            return by_type.get(ladder.point_type, {})
        return self.orders


class Measure:
    """The values of one member in one ladder. Days are whole: a day's facts count on it."""

    def __init__(self, ladder: CompiledLadder, totals: Totals, joined: date) -> None:
        self.ladder = ladder
        self.joined = joined
        counted = totals.counted_by(ladder)
        self.days = sorted(day for day, amount in counted.items() if amount)
        self.amounts = [counted[day] for day in self.days]
        self._carried: dict[date, int] = {}
        # Days are asked about in order, many of one period after the other.
        self._period = Span(date.min, date.min)

    @cached_property
    def _sums(self) -> list[int]:
        return [0, *accumulate(self.amounts)]

    def period(self, day: date) -> Span:
        if not self._period.start <= day < self._period.end:
            self._period = self.ladder.window.period_of(day, self.joined)
        return self._period

    def period_or_none(self, day: date) -> Span | None:
        return self.period(day) if self.ladder.window.has_periods else None

    def running(self, last: date) -> int:
        """Return the value at the end of the day `last`, in its window or period."""
        if self.ladder.window.has_periods:
            span = Span(self.period(last).start, shifted(last, 1, "day"))
        else:
            span = self.ladder.window.days_until(last)
        carried = self._carried_into(span.start) if self.ladder.carry_over else 0
        return carried + self._between(span)

    def judged_by(self, until: date, before: date) -> int:
        """Return the value by which a tier is judged that ends at `until`.

        Within a period that goes on, the days before `before` count.
        """
        if not self.ladder.window.has_periods:
            return self.running(shifted(until, -1, "day"))
        if self.ladder.is_used_up_by_period:
            before = until
        return self.of_period(self.judged_over(until), before)

    def judged_over(self, until: date) -> Span:
        """Return the days by which a tier is judged that ends at `until`."""
        last = shifted(until, -1, "day")
        if not self.ladder.window.has_periods:
            return self.ladder.window.days_until(last)
        return self.period(until if self.ladder.is_used_up_by_period else last)

    def of_period(self, period: Span, before: date) -> int:
        """Return what a period comes to by the days before `before`."""
        carried = self._carried_into(period.start) if self.ladder.carry_over else 0
        return carried + self._between(Span(period.start, min(period.end, before)))

    def days_of_change(self, today: date) -> Iterable[date]:
        """Give the days on which a value can grow: more than those may be among them."""
        yield from self.days_to_come()
        if self.ladder.window.has_periods:
            yield from self._beginnings(today)

    def days_to_come(self) -> Iterable[date]:
        """Give the days on which something counts, or what was taken off no longer does."""
        yield from self.days
        length = self.ladder.window.length
        if length is not None and min(self.amounts, default=0) < 0:
            # It leaves the window on the day or, after a short month, on the next.
            for day in self.days:
                leaving = shifted(day, length.count, length.unit)
                yield from (leaving, shifted(leaving, 1, "day"))

    def _beginnings(self, today: date) -> Iterable[date]:
        """Give the first day of each period after one that came to something."""
        seen: set[date] = set()
        for day in self.days:
            start = self.period(day).end
            while start not in seen:
                seen.add(start)
                yield start
                if start > today or not self._carries_into(start):
                    break
                start = self.period(start).end

    def _carries_into(self, start: date) -> bool:
        return self.ladder.carry_over and self._carried_into(start) > 0

    def _carried_into(self, start: date) -> int:
        """Return what the periods before the one from `start` on leave over for it."""
        if not self.days or start <= self.days[0]:
            return 0
        if start not in self._carried:
            # From the first day on: each period's share depends on those before it.
            period, carried = self.period(self.days[0]), 0
            while period.start < start:
                self._carried[period.start] = carried
                carried = self.ladder.carried_from(carried + self._between(period))
                period = self.period(period.end)
            self._carried[start] = carried
        return self._carried[start]

    def _between(self, span: Span) -> int:
        if span.end <= span.start:
            return 0
        first, last = bisect_left(self.days, span.start), bisect_left(self.days, span.end)
        if self.ladder.metric == "active_months":
            return len({(day.year, day.month) for day in self.days[first:last]})
        return self._sums[last] - self._sums[first]
