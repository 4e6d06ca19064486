"""Reading a JSON object field by field, gathering everything that is wrong.

Every value has a parser: a function that returns it in its normal form or raises
a `Fault`. A fault says where by a pointer from the value it was raised for, and
grows by one name on each way out; what is sound pays nothing for pointers.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Self, TypeVar

from core.errors import InvalidInput, Problem
from core.zones import written

MOST_PROBLEMS = 50
LONGEST_SHOWN = 255

# Clocks of storefronts differ from ours by seconds, seldom by minutes.
TOLERANCE = timedelta(minutes=5)

UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

T = TypeVar("T")
Parser = Callable[[object], object]


class Fault(Exception):
    """A value is not what it should be; pointers begin at the value."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    @classmethod
    def of(cls, code: str, detail: str) -> Self:
        """Return the fault of a value as a whole."""
        return cls([Problem("", code, detail)])

    def under(self, name: object) -> list[Problem]:
        """Return the problems as seen from the object or list that has the value."""
        at = "/" + token(name)
        return [Problem(at + p.pointer, p.code, p.detail) for p in self.problems]


def kind_of(value: object) -> str:
    """Return what JSON calls a value, for a person."""
    if isinstance(value, bool):
        return "true or false"
    for kind, name in ((str, "text"), (dict, "an object"), (list, "a list")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "a number"


def wrong_type(expected: str, value: object) -> Fault:
    return Fault.of("wrong_type", f"expected {expected}, not {kind_of(value)}")


def read_object(
    value: object,
    parsers: Mapping[str, Parser],
    into: dict[str, Any],
    needs: tuple[str, ...] = (),
) -> list[Problem]:
    """Read the fields of an object into `into`, and return what is wrong.

    A field that is left out, null or wrong leaves what was there: its default.

    :raises Fault: if the value is no object
    """
    if not isinstance(value, dict):
        raise wrong_type("an object", value)
    problems: list[Problem] = []
    for name, stated in value.items():
        parse = parsers.get(name)
        if parse is None:
            # A name that is near takes long to find: not for thousands of fields.
            if len(problems) < MOST_PROBLEMS:
                problems.append(_unknown(name, parsers))
        elif stated is not None:
            try:
                into[name] = parse(stated)
            except Fault as fault:
                problems += fault.under(name)
    return problems + [required(name) for name in needs if value.get(name) is None]


def read_body(
    data: object,
    parsers: Mapping[str, Parser],
    into: dict[str, Any],
    needs: tuple[str, ...] = (),
) -> list[Problem]:
    """Read a whole body like `read_object`.

    :raises InvalidInput: `wrong_type` if it is no object
    """
    try:
        return read_object(data, parsers, into, needs)
    except Fault as fault:
        raise InvalidInput(fault.problems) from None


def parse_list(value: object, parse: Callable[[Any], T], most: int) -> list[T]:
    """Return each item of a list as `parse` reads it."""
    if not isinstance(value, list):
        raise wrong_type("a list", value)
    if len(value) > most:
        raise Fault.of("too_many", f"at most {most:,}")
    items: list[T] = []
    problems: list[Problem] = []
    for index, item in enumerate(value):
        try:
            items.append(parse(item))
        except Fault as fault:
            problems += fault.under(index)
            if len(problems) >= MOST_PROBLEMS:
                break
    if problems:
        raise Fault(problems)
    return items


def unless_empty(parse: Callable[[object], T], empty: T) -> Callable[[object], T]:
    """Return a parser that takes the "" of an empty form field for `empty`."""

    def parse_unless_empty(value: object) -> T:
        return empty if value == "" else parse(value)

    return parse_unless_empty


def repeated(ids: list[str]) -> list[Problem]:
    """Return a problem for each item of a list whose id an earlier one has."""
    if len(set(ids)) == len(ids):
        return []
    seen: set[str] = set()
    problems = []
    for index, each in enumerate(ids):
        if each in seen:
            detail = "an earlier line has this id"
            problems.append(Problem(f"/{index}/id", "duplicate", detail))
        seen.add(each)
    return problems


def required(name: str) -> Problem:
    return Problem(f"/{name}", "required", "is required")


def ahead(stated: Mapping[str, Any], names: Iterable[str], now: datetime) -> list[Problem]:
    """Return a problem for each time of `names` that has not come yet."""
    latest = now + TOLERANCE
    detail = f"must not be ahead of the clock, which shows {written(now)}"
    return [
        Problem(f"/{name}", "in_the_future", detail)
        for name in names
        if (time := stated.get(name)) is not None and time > latest
    ]


def check_id(name: str, stated: object, parse: Parser) -> list[Problem]:
    """Return what is wrong with an id that came beside the body, as in a path."""
    if stated is None:
        return [required(name)]
    try:
        parse(stated)
    except Fault as fault:
        return fault.under(name)
    return []


def raise_any(problems: list[Problem]) -> None:
    """:raises InvalidInput: if there are problems; the first 50 will do"""
    if problems:
        raise InvalidInput(problems[:MOST_PROBLEMS])


def token(name: object) -> str:
    """Return a caller's own key as part of a JSON pointer (RFC 6901, section 3)."""
    return shown(name).replace("~", "~0").replace("/", "~1")


def shown(name: object, most: int = LONGEST_SHOWN) -> str:
    """Return a caller's own key, short and clean enough to be answered and kept."""
    text = str(name)
    text = text if len(text) <= most else text[:most] + "…"
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _unknown(name: object, known: Iterable[str]) -> Problem:
    """Say that a field is unknown, and which one may have been meant."""
    # Comparing long texts takes long, and no field has a long name.
    key = shown(name, 40)
    near = get_close_matches(key, known, n=1, cutoff=0.54)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known) or 'none'}"
    detail = f"there is no field '{key}' here; {hint}"
    return Problem(f"/{token(name)}", "unknown_field", detail)
