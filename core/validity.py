"""When something applies: from, until, on which weekdays, at which hours."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.errors import DomainError, InvalidInput, Problem, invalid
from core.periods import parse_moment
from core.zones import reading

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_A_DAY = 24 * 60
_HOURS = re.compile(r"([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])")


class InvalidWeekdays(DomainError):
    """This is not a list of weekdays."""

    code = "invalid_weekdays"


class InvalidHours(DomainError):
    """This is not a part of the day."""

    code = "invalid_hours"


class Hours(NamedTuple):
    """A part of the day, in minutes from local midnight; `end` may be tomorrow."""

    start: int
    end: int

    def has_begun_yesterday(self, minute: int) -> bool:
        """Tell whether `minute` of a day lies in the hours of the day before."""
        return minute + _A_DAY < self.end

    def includes(self, minute: int) -> bool:
        """Tell whether `minute` of a day lies in the hours of any day."""
        return self.start <= minute < self.end or self.has_begun_yesterday(minute)


ALL_DAY = Hours(0, _A_DAY)


@dataclass(frozen=True, slots=True)
class Validity:
    """The times at which something applies; left out, they mean always.

    `ends_at` is exclusive. Monday is weekday 0.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    weekdays: frozenset[int] = frozenset(range(7))
    hours: Hours = ALL_DAY

    def why_not(self, instant: datetime, zone: ZoneInfo) -> str | None:
        """Return a stable word for why this does not apply, or None if it does.

        Hours that cross midnight belong to the weekday on which they begin.
        """
        if self.starts_at and instant < self.starts_at:
            return "not_yet_valid"
        if self.ends_at and instant >= self.ends_at:
            return "no_longer_valid"
        if self.hours == ALL_DAY and len(self.weekdays) == 7:
            return None

        wall = reading(instant, zone)
        minute = wall.hour * 60 + wall.minute
        weekday = wall.weekday()
        if self.hours.has_begun_yesterday(minute):
            weekday = (weekday - 1) % 7
        if weekday not in self.weekdays:
            return "wrong_weekday"
        return None if self.hours.includes(minute) else "wrong_hour"


ALWAYS_VALID = Validity()


def parse_validity(form: object, *, zone: ZoneInfo, pointer: str = "") -> Validity:
    """Return the validity that a program file states; null means always.

    The form has `from` and `until` (a date, which means the local midnight that
    begins it, or an RFC 3339 time), `weekdays` (a list of mon ... sun) and `hours`
    ("08:00-11:00", "22:00-02:00"), each of which may be left out or null.

    :raises InvalidInput: naming every problem and its place at or below `pointer`
    """
    if form is None:
        return ALWAYS_VALID
    if not isinstance(form, Mapping):
        raise invalid(pointer, "wrong_type", "expected from, until, weekdays or hours")
    validity = _parse_fields(form, zone, pointer)
    starts_at, ends_at = validity.starts_at, validity.ends_at
    if starts_at and ends_at and ends_at <= starts_at:
        raise invalid(f"{pointer}/until", "out_of_order", "ends before it starts")
    return validity


def parse_weekdays(stated: object) -> frozenset[int]:
    """Return the weekdays (Monday is 0) of a list such as ["sat", "sun"].

    :raises InvalidWeekdays: if it is no such list, or an empty one
    """
    if not isinstance(stated, list) or not stated:
        raise InvalidWeekdays('expected a list of weekdays such as ["sat", "sun"]')
    for word in stated:
        if word not in WEEKDAYS:
            options = ", ".join(WEEKDAYS)
            raise InvalidWeekdays(f"{word!r:.40} is not one of {options}")
    return frozenset(WEEKDAYS.index(word) for word in stated)


def parse_hours(stated: object) -> Hours:
    """Return the hours of "08:00-11:00", "18:00-24:00" or "22:00-02:00".

    :raises InvalidHours: if it is not written so, or begins when it ends
    """
    match = _HOURS.fullmatch(stated) if isinstance(stated, str) else None
    if not match:
        raise InvalidHours(f'{stated!r:.40} is not written like "08:00-11:00"')
    start = int(match[1]) * 60 + int(match[2])
    end = int(match[3]) * 60 + int(match[4])
    if start >= _A_DAY or end > _A_DAY:
        raise InvalidHours("hours begin before 24:00 and end by 24:00")
    if start == end:
        raise InvalidHours("hours that begin when they end are none, or all: say which")
    return Hours(start, end if start < end else end + _A_DAY)


def _parse_fields(form: Mapping[str, Any], zone: ZoneInfo, pointer: str) -> Validity:
    parsers: dict[str, tuple[str, Callable[[Any], object]]] = {
        "from": ("starts_at", partial(parse_moment, zone=zone)),
        "until": ("ends_at", partial(parse_moment, zone=zone)),
        "weekdays": ("weekdays", parse_weekdays),
        "hours": ("hours", parse_hours),
    }
    problems = [
        Problem(f"{pointer}/{_escaped(key)}", "unknown_key", f"unknown key {key!r}")
        for key in form
        if key not in parsers
    ]
    parsed: dict[str, Any] = {}
    for key, (field, parse) in parsers.items():
        try:
            if form.get(key) is not None:
                parsed[field] = parse(form[key])
        except DomainError as error:
            problems.append(Problem(f"{pointer}/{key}", error.code, error.detail))
    if problems:
        raise InvalidInput(problems)
    return Validity(**parsed)


def _escaped(key: object) -> str:
    """Return a key as one step of a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")
