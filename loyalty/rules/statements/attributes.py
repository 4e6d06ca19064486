"""Attributes and properties: what a shop wants to say in words of its own."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from core.errors import Problem
from loyalty.rules.statements.reading import (
    MOST_PROBLEMS,
    Fault,
    Parser,
    parse_list,
    read_object,
    wrong_type,
)
from loyalty.rules.statements.values import (
    MAX_NUMBER,
    parse_flag,
    parse_label,
    parse_text,
    parse_time,
)

MOST_ATTRIBUTES = 100
MOST_ITEMS = 100
LONGEST_NAME = 100
LONGEST_TOPIC = 60
LONGEST_VALUE = 1000
LONGEST_TOGETHER = 20_000

Scalar = str | int | float | bool | None
T = TypeVar("T")


class Consent(NamedTuple):
    """A consent stated in detail: given or withdrawn, by whom ("" is the storefront),
    and when (None is now)."""

    given: bool
    source: str
    at: datetime | None


def parse_attributes(value: object) -> dict[str, Any]:
    """Return an object of scalars and lists of scalars, sorted by name.

    An attribute that is null is as good as none.
    """
    return {} if value == {} else without_null(parse_changes(value))


def parse_changes(value: object) -> dict[str, Any]:
    """Return attributes like `parse_attributes`, but those that are null as None."""
    attributes = parse_named(value, parse_attribute)
    if len(str(attributes)) > LONGEST_TOGETHER:
        raise Fault.of("too_long", f"at most {LONGEST_TOGETHER:,} characters together")
    return attributes


def parse_consents(value: object) -> dict[str, bool | Consent]:
    """Return what a member agreed to, by channel or channel.topic; null says nothing."""
    return without_null(parse_named(value, parse_consent, LONGEST_TOPIC))


def parse_consent(value: object) -> bool | Consent:
    """Return true or false, or the same with its source and time."""
    if not isinstance(value, dict):
        return parse_flag(value)
    stated: dict[str, Any] = {"source": "", "at": None}
    problems = read_object(value, CONSENT, stated, needs=("given",))
    if problems:
        raise Fault(problems)
    return Consent(**stated)


def parse_source(value: object) -> str:
    return parse_label(value, LONGEST_TOPIC)


CONSENT: dict[str, Parser] = {"given": parse_flag, "source": parse_source, "at": parse_time}


def parse_named(
    value: object, parse: Callable[[object], T], longest: int = LONGEST_NAME
) -> dict[str, T | None]:
    """Return values under names that a shop may choose, sorted by name."""
    if not isinstance(value, dict):
        raise wrong_type("an object", value)
    if len(value) > MOST_ATTRIBUTES:
        raise Fault.of("too_many", f"at most {MOST_ATTRIBUTES}")
    named: dict[str, T | None] = {}
    problems: list[Problem] = []
    for name, each in value.items():
        try:
            label = parse_label(name, longest)
            named[label] = None if each is None else parse(each)
        except Fault as fault:
            problems += fault.under(name)
    if problems:
        raise Fault(problems[:MOST_PROBLEMS])
    return dict(sorted(named.items()))


def without_null(named: dict[str, T | None]) -> dict[str, T]:
    return {name: each for name, each in named.items() if each is not None}


def parse_attribute(value: object) -> Scalar | list[Scalar]:
    if isinstance(value, list):
        return parse_list(value, parse_scalar, MOST_ITEMS)
    return parse_scalar(value)


def parse_scalar(value: object) -> Scalar:
    if isinstance(value, str):
        return parse_text(value, LONGEST_VALUE)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        check_range(value)
        return value
    if isinstance(value, float):
        return parse_number(Decimal(repr(value)))
    if isinstance(value, Decimal):
        return parse_number(value)
    raise wrong_type("text, a number, or true or false", value)


def parse_number(number: Decimal) -> int | float:
    """Return a number as JSON keeps it in every database: 5.0 and 5 are one.

    A fraction becomes the nearest float. Its shortest spelling (`repr`) has the
    digits that were written, if these were 15 or fewer, so that `Decimal(repr(x))`
    is what the shop meant.
    """
    if not number.is_finite():
        raise Fault.of("out_of_range", "must be a finite number")
    check_range(number)
    nearest = int(number.to_integral_value())
    fraction = float(number)
    # A float may be whole although the number was not, such as 1 - 1e-30.
    return nearest if nearest == number or fraction.is_integer() else fraction


def check_range(number: int | Decimal) -> None:
    if not -MAX_NUMBER <= number <= MAX_NUMBER:
        raise Fault.of("out_of_range", f"must be from -{MAX_NUMBER} to {MAX_NUMBER}")
