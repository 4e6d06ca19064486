"""Reading small bodies and what stands behind the question mark."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict

from core.errors import Problem
from loyalty.rules.statements.reading import (
    Fault,
    Parser,
    kind_of,
    raise_any,
    read_body,
    wrong_type,
)
from loyalty.rules.statements.values import MAX_NUMBER, parse_moment, parse_phone


def read_fields(
    data: object, parsers: Mapping[str, Parser], needs: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the fields of a body that were stated, each as its parser has it.

    :raises InvalidInput: with everything that is wrong
    """
    fields: dict[str, Any] = {}
    raise_any(read_body(data, parsers, fields, needs))
    return fields


def read_query(given: QueryDict, parsers: Mapping[str, Parser]) -> dict[str, Any]:
    """Return the parameters of an address, read like a body of one level.

    :raises InvalidInput: if one is unknown, wrong, or stands there twice
    """
    twice = [name for name, values in given.lists() if len(values) > 1]
    raise_any([Problem(f"/{name}", "duplicate", "stands there twice") for name in twice])
    return read_fields(given.dict(), parsers)


def parse_change(value: object) -> int:
    """Return a whole number other than 0; below, it takes away."""
    if isinstance(value, bool) or kind_of(value) != "a number":
        raise wrong_type("a whole number", value)
    if not isinstance(value, int):
        raise Fault.of("not_an_integer", "expected a whole number, not a fraction")
    if not 0 < abs(value) <= MAX_NUMBER:
        raise Fault.of("out_of_range", f"must be other than 0 and within ±{MAX_NUMBER}")
    return value


def parse_yes(value: object) -> bool:
    """Return what a flag behind the question mark says: true or false."""
    if value not in ("true", "false"):
        raise Fault.of("invalid_choice", "must be true or false")
    return value == "true"


def time_within(seconds: int, longest: timedelta) -> timedelta:
    """Return a stated number of seconds as a length of time, `longest` at most."""
    most = int(longest.total_seconds())
    if seconds > most:
        raise Fault.of("out_of_range", f"must be at most {most} seconds")
    return timedelta(seconds=seconds)


def parse_query_time(value: object) -> datetime:
    """Return a time from an address, where a plus sign may have become a space."""
    text = str(value)
    return parse_moment(f"{text[:-6]}+{text[-5:]}" if text[-6:-5] == " " else text)


def parse_query_phone(value: object) -> str:
    """Return a number from an address, where its plus sign may have become a space."""
    text = str(value)
    return parse_phone(f"+{text[1:]}" if text.startswith(" ") else text)
