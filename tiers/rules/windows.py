"""The stretches of local days in which a ladder counts.

Members' sums are kept by local day, so windows are stretches of days; what lies
between two dates includes the first and not the second. A date beyond the calendar
is the calendar's end, so that nothing a storefront dates absurdly stops a review.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from core.periods import MonthDay, Period, yearly_date

DAY = timedelta(days=1)

NEW_YEAR = MonthDay(1, 1)

DAYS_IN = {"day": 1, "week": 7}
MONTHS_IN = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}

# The periods of a calendar window.
CALENDAR = ("month", "quarter", "half_year", "year")


class Span(NamedTuple):
    """Days from `start` on, up to `end` but without it."""

    start: date
    end: date


LIFETIME = Span(date.min, date.max)


@dataclass(frozen=True, slots=True)
class WindowTerms:
    """Over what a ladder counts.

    `kind` is lifetime, rolling (over `length`), calendar (`unit`; a year begins on
    `starts`) or anniversary (of joining, where 29 February is kept on `leap_day`).
    """

    kind: str
    length: Period | None = None
    unit: str = "year"
    starts: MonthDay = NEW_YEAR
    leap_day: str = "feb_28"

    @property
    def has_periods(self) -> bool:
        """Say whether it counts anew from time to time."""
        return self.kind in ("calendar", "anniversary")

    def period_of(self, day: date, joined: date) -> Span:
        """Return the period around `day`, of a window that has periods."""
        if self.kind == "anniversary":
            return self._year_from(MonthDay(joined.month, joined.day), day)
        if self.unit == "year":
            return self._year_from(self.starts, day)
        months = MONTHS_IN[self.unit]
        start = date(day.year, (day.month - 1) // months * months + 1, 1)
        return Span(start, shifted(start, months, "month"))

    def days_until(self, last: date) -> Span:
        """Return the days that count at the end of the day `last`, without periods."""
        if self.length is None:
            return Span(date.min, _after(last))
        return _days_until(last, self.length.count, self.length.unit)

    def _year_from(self, starts: MonthDay, day: date) -> Span:
        def start_in(year: int) -> date:
            year = max(date.min.year, min(year, date.max.year))
            return yearly_date(starts.month, starts.day, year, self.leap_day)

        start = start_in(day.year)
        if day < start:
            start, end = start_in(day.year - 1), start
        else:
            end = start_in(day.year + 1)
        # The first and the last year of the calendar are short.
        return Span(min(start, day), end if end > day else date.max)


def shifted(day: date, count: int, unit: str) -> date:
    """Return the date so many days, weeks, months or years later (or earlier).

    Months and years clamp to the end of a shorter month.
    """
    if unit in DAYS_IN:
        return _within(lambda: day + timedelta(days=count * DAYS_IN[unit]), count)
    return _within(lambda: _months_later(day, count * MONTHS_IN[unit]), count)


# Members live on the same few thousand days.
@lru_cache(maxsize=8_192)
def _days_until(last: date, count: int, unit: str) -> Span:
    return Span(_after(shifted(last, -count, unit)), _after(last))


@lru_cache(maxsize=8_192)
def _months_later(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"there is no year {year}")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _within(shift: Callable[[], date], count: int) -> date:
    try:
        return shift()
    except OverflowError:
        return date.max if count > 0 else date.min


def _after(day: date) -> date:
    return day if day == date.max else day + DAY
