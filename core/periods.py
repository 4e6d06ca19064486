"""Periods, calendar boundaries and windows in a time zone.

Instants are aware datetimes and come back in UTC. Days and longer are counted on
the wall clock of the zone (see `core.zones` for times that come twice or never).
Days, windows and all other stretches of time include their start and not their end.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial, wraps
from typing import NamedTuple, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from core.errors import DomainError
from core.zones import first_reading, in_utc, reading

# Everybody asks for the same few boundaries.
_boundary = lru_cache(maxsize=4096)(first_reading)

P = ParamSpec("P")
R = TypeVar("R")

CALENDAR_UNITS = ("hour", "day", "week", "month", "quarter", "half_year", "year")
LEAP_DAYS = ("feb_28", "mar_1")

_TICK = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_MINUTES_IN = {
    "minute": 1,
    "hour": 60,
    "day": 60 * 24,
    "week": 60 * 24 * 7,
    "month": 60 * 24 * 366 // 12,
    "year": 60 * 24 * 366,
}
_LONGEST = 100 * _MINUTES_IN["year"]
_DAYS_IN = {"day": 1, "week": 7}
_MONTHS_IN = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}

_PERIOD = re.compile(r"(0|[1-9][0-9]{0,8}) (minute|hour|day|week|month|year)s?")
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# RFC 3339 (section 5.6), to the microsecond.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class DateOutOfRange(DomainError):
    """The calendar has no such date: it counts the years 1 to 9999."""

    code = "out_of_range"


class InvalidPeriod(DomainError):
    """This is not a period such as "14 days", or it is absurdly long."""

    code = "invalid_period"


class InvalidTime(DomainError):
    """This is not a date, or not an instant with its offset."""

    code = "invalid_time"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in words: 30 minutes, 14 days, 12 months."""

    count: int
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in _MINUTES_IN:
            raise InvalidPeriod(f"{self.unit!r:.40} is not a unit of time.")
        if not 0 <= self.count * _MINUTES_IN[self.unit] <= _LONGEST:
            raise InvalidPeriod("A period is between nothing and 100 years long.")

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


class Window(NamedTuple):
    """A stretch of time: `start` belongs to it, `end` does not."""

    start: datetime
    end: datetime

    def __contains__(self, instant: object) -> bool:
        return isinstance(instant, datetime) and self.start <= instant < self.end


# The window of a lifetime.
ALWAYS = Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class MonthDay(NamedTuple):
    """A day of every year, such as a birthday or the start of a fiscal year."""

    month: int
    day: int


def within_the_calendar(function: Callable[P, R]) -> Callable[P, R]:
    """Make `function` raise `DateOutOfRange` where Python's dates overflow."""

    @wraps(function)
    def bounded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except OverflowError as error:
            raise DateOutOfRange("This leads beyond the years 1 to 9999.") from error

    return bounded


def parse_period(text: object) -> Period:
    """Return the period that `text` says: "30 minutes", "1 day", "12 months".

    :raises InvalidPeriod: if it says none, or more than 100 years
    """
    if not isinstance(text, str) or not (match := _PERIOD.fullmatch(text)):
        raise InvalidPeriod(f'{text!r:.40} is not a period such as "14 days".')
    return Period(int(match[1]), match[2])


def parse_month_day(text: object) -> MonthDay:
    """Return the day of every year that `text` says: "12-31", "02-29".

    :raises InvalidTime: if no year has that day
    """
    if isinstance(text, str) and _MONTH_DAY.fullmatch(text):
        try:
            day = date.fromisoformat(f"2000-{text}")  # a leap year
        except ValueError:
            pass  # well formed, but 31 June
        else:
            return MonthDay(day.month, day.day)
    raise InvalidTime(f'{text!r:.40} is not a day of the year such as "12-31".')


@within_the_calendar
def parse_moment(text: object, zone: ZoneInfo) -> datetime:
    """Return the instant that a date or an RFC 3339 time means.

    A date means the local midnight that begins it.

    :raises InvalidTime: if it is neither
    :raises DateOutOfRange: if the instant lies outside the years 1 to 9999 in UTC
    """
    if isinstance(text, str):
        try:
            if _DATE.fullmatch(text):
                return local_midnight(date.fromisoformat(text), zone)
            if _INSTANT.fullmatch(text):
                return in_utc(datetime.fromisoformat(text.upper()))
        except ValueError:
            pass  # well formed, but 31 June or 25 o'clock
    raise InvalidTime(
        f'{text!r:.40} is neither a date such as "2026-05-01" '
        'nor a time such as "2026-05-01T09:00:00Z".'
    )


@within_the_calendar
def add_period(instant: datetime, period: Period, zone: ZoneInfo) -> datetime:
    """Return the instant `period` after `instant`.

    Minutes and hours are elapsed time. Days and longer keep the local wall time;
    months and years clamp to the end of a shorter month, so always add to the
    original date: two months from 31 January are not one month, twice.

    :raises DateOutOfRange: if that is beyond the year 9999
    """
    return _shift(instant, period.count, period.unit, zone)


@within_the_calendar
def subtract_period(instant: datetime, period: Period, zone: ZoneInfo) -> datetime:
    """Return the instant `period` before `instant`, counted as in `add_period`.

    :raises DateOutOfRange: if that is before the year 1
    """
    return _shift(instant, -period.count, period.unit, zone)


@within_the_calendar
def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of `day`.

    A day that the clock jumps over as a whole begins and ends with the jump.

    :raises DateOutOfRange: if that is outside the years 1 to 9999 in UTC
    """
    return first_reading(datetime.combine(day, time.min), zone)


def start_of(unit: str, instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant of the local hour, day ... year around `instant`.

    :raises DateOutOfRange: if the unit does not end within the calendar
    """
    return calendar_window(unit, instant, zone).start


def end_of(unit: str, instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of the unit around `instant`: the first instant of the next.

    :raises DateOutOfRange: if the unit does not end within the calendar
    """
    return calendar_window(unit, instant, zone).end


def window_of(per: str, kind: str, instant: datetime, zone: ZoneInfo) -> Window:
    """Return the window that something at `instant` counts in.

    `per` is a calendar unit or "lifetime", `kind` is "calendar" or "rolling".

    :raises DateOutOfRange: if the window reaches beyond the calendar
    """
    if per not in (*CALENDAR_UNITS, "lifetime"):
        raise ValueError(f"there is no window of a {per}")
    if kind not in ("calendar", "rolling"):
        raise ValueError(f"windows are calendar or rolling, not {kind}")
    if per == "lifetime":
        return ALWAYS
    if kind == "calendar":
        return calendar_window(per, instant, zone)
    if months := _MONTHS_IN.get(per):
        return rolling_window(Period(months, "month"), instant, zone)
    return rolling_window(Period(1, per), instant, zone)


@within_the_calendar
def calendar_window(unit: str, instant: datetime, zone: ZoneInfo) -> Window:
    """Return the local hour, day, week (from Monday) ... year around `instant`.

    :raises DateOutOfRange: if it does not end within the calendar
    """
    wall = reading(instant, zone)
    if unit == "hour":
        return _hour_around(instant, wall, zone)

    today = datetime.combine(wall.date(), time.min)
    if days := _DAYS_IN.get(unit):
        first = today - timedelta(days=today.weekday() % days)
        step = timedelta(days=days)
        return _window_around(instant, first, lambda start: start + step, zone)
    if months := _MONTHS_IN.get(unit):
        month = (today.month - 1) // months * months + 1
        first = datetime.combine(date(today.year, month, 1), time.min)
        following = partial(_add_months, count=months)
        return _window_around(instant, first, following, zone)
    raise ValueError(f"the calendar has no {unit}")


@within_the_calendar
def rolling_window(period: Period, instant: datetime, zone: ZoneInfo) -> Window:
    """Return the last `period`, `instant` included.

    What happened exactly one period before is out, or "once per day" would refuse
    who comes at the same time every day. As the finest step of time is the
    microsecond, the window begins one after that and ends one after `instant`.

    :raises DateOutOfRange: if it reaches beyond the calendar
    """
    instant = in_utc(instant)
    before = _shift(instant, -period.count, period.unit, zone)
    # A day that the clock left out is no time at all; `instant` is in even then.
    return Window(min(before + _TICK, instant), instant + _TICK)


@within_the_calendar
def yearly_window(
    starts: MonthDay, instant: datetime, zone: ZoneInfo, leap_day: str = "feb_28"
) -> Window:
    """Return the year around `instant` that begins on the day `starts`.

    It is a fiscal year, or a year of membership from one anniversary to the next.

    :raises DateOutOfRange: if it reaches beyond the calendar
    """

    def start_in(year: int) -> datetime:
        day = yearly_date(starts.month, starts.day, year, leap_day)
        return datetime.combine(day, time.min)

    wall = reading(instant, zone)
    first = start_in(wall.year)
    if wall < first:
        first = start_in(wall.year - 1)
    return _window_around(instant, first, lambda day: start_in(day.year + 1), zone)


def yearly_date(month: int, day: int, year: int, leap_day: str) -> date:
    """Return the date of a birthday or anniversary in `year`.

    29 February falls on 28 February or 1 March of a common year, as `leap_day`
    says ("feb_28", "mar_1").

    :raises DateOutOfRange: if the calendar has no such year
    """
    if leap_day not in LEAP_DAYS:
        raise ValueError(f"a leap day is one of {LEAP_DAYS}, not {leap_day}")
    if not date.min.year <= year <= date.max.year:
        raise DateOutOfRange(f"The calendar has no year {year}.")
    if (month, day) == (2, 29) and monthrange(year, 2)[1] == 28:
        return date(year, 2, 28) if leap_day == "feb_28" else date(year, 3, 1)
    return date(year, month, day)


def _shift(instant: datetime, count: int, unit: str, zone: ZoneInfo) -> datetime:
    if unit in ("minute", "hour"):
        return in_utc(instant) + timedelta(minutes=count * _MINUTES_IN[unit])
    if not count:
        return in_utc(instant)  # the wall clock may show this time a second time
    wall = reading(instant, zone)
    if days := _DAYS_IN.get(unit):
        return first_reading(wall + timedelta(days=count * days), zone)
    return first_reading(_add_months(wall, count * _MONTHS_IN[unit]), zone)


def _add_months(wall: datetime, count: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + count, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"there is no year {year}")
    day = wall.day if wall.day <= 28 else min(wall.day, monthrange(year, month + 1)[1])
    return datetime.combine(date(year, month + 1, day), wall.time())


def _window_around(
    instant: datetime,
    first: datetime,
    following: Callable[[datetime], datetime],
    zone: ZoneInfo,
) -> Window:
    """Return the window of `instant` among those that begin on the wall at `first`.

    Where the clock goes back over a midnight, a date comes, goes and comes again.
    The next day begins when it comes first, or days would overlap; so an instant
    may lie beyond the window that the wall suggests.
    """
    start = _boundary(first, zone)
    while instant >= (end := _boundary(first := following(first), zone)):
        start = end
    return Window(start, end)


def _hour_around(instant: datetime, wall: datetime, zone: ZoneInfo) -> Window:
    """Return an hour of elapsed time: the hour that comes twice is two hours."""
    full = wall.replace(minute=0, second=0, microsecond=0)
    start = in_utc(instant) - (wall - full)
    end = start + _HOUR
    if _is_full_hour(start - _HOUR, zone) and _is_full_hour(end, zone):
        return Window(start, end)
    # The clock moves by a part of an hour (as on Lord Howe Island) close by.
    return _window_around(instant, full, lambda hour: hour + _HOUR, zone)


def _is_full_hour(instant: datetime, zone: ZoneInfo) -> bool:
    wall = reading(instant, zone)
    return wall.minute == 0 and wall.second == 0
