"""Birthdays and anniversaries: at which moments they fall. No database, no clock."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.periods import local_midnight, yearly_date

KINDS = ("birthday", "anniversary")
# Somebody born on it celebrates on another day in most years.
LEAP_DAY = 229


class Celebration(NamedTuple):
    """What there is to celebrate in a year, and the local midnight at which it begins."""

    kind: str
    year: int
    at: datetime


def day_code(day: date) -> int:
    """Return a day of the year as a number to find it by."""
    return day.month * 100 + day.day


def codes_kept_on(day: date, leap_day: str) -> set[int]:
    """Return the codes of those who celebrate on this date."""
    is_leap_day_kept = yearly_date(2, 29, day.year, leap_day) == day
    return {day_code(day)} | ({LEAP_DAY} if is_leap_day_kept else set())


def celebrations(
    kind: str,
    day: date,
    *,
    zone: ZoneInfo,
    leap_day: str,
    after: datetime,
    until: datetime,
) -> Iterator[Celebration]:
    """Yield when `day` comes round, later than `after` and by `until`, oldest first.

    The year of the day itself has nothing to celebrate yet.
    """
    first = max(after.astimezone(zone).year, day.year + 1)
    for year in range(first, until.astimezone(zone).year + 1):
        begins_at = local_midnight(yearly_date(day.month, day.day, year, leap_day), zone)
        if after < begins_at <= until:
            yield Celebration(kind, year, begins_at)
