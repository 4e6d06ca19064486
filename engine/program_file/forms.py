"""The forms that values of a program file take.

A form reads a value into its normal form, so that equal means equal ("1.50"
and "1.5" are one rate), and describes itself as JSON Schema. One description
serves both, so that what an editor checks is what is read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from core.errors import DomainError
from core.money import to_major, to_minor
from core.periods import parse_moment, parse_month_day, parse_period
from engine.program_file.spot import Refused, Spot, nearest, quoted
from engine.program_file.text import Float, Listing
from loyalty.rules.forms import CODE

LARGEST = 2**63 - 1

_RATE = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
_UTC = ZoneInfo("UTC")

Schema = dict[str, Any]


class Form(Protocol):
    """How a value is written."""

    def read(self, spot: Spot) -> Any:
        """Return the value in its normal form.

        :raises DomainError: if it is not written so
        """

    def schema(self) -> Schema:
        """Return the form as JSON Schema."""


def attempt(form: Form, spot: Spot) -> Any:
    """Return what is read, or None after noting why it cannot be."""
    try:
        return form.read(spot)
    except DomainError as error:
        spot.refuse(error)
        return None


@dataclass(frozen=True)
class Text:
    """A text of one line."""

    longest: int = 120
    expected: str = "a text"

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar(self.expected)
        if not isinstance(scalar.value, str):
            raise Refused(f"expected {self.expected}, in quotes, not {quoted(scalar)}")
        if not scalar.value.strip() or "\n" in scalar.value:
            raise Refused(f"expected {self.expected}, on one line and not empty")
        if len(scalar.value) > self.longest:
            raise Refused(f"at most {self.longest} characters", "too_long")
        return scalar.value

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True)
class Condition:
    """An expression. It is compiled later, with all that it may name."""

    example: str

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("a condition")
        if not isinstance(scalar.value, str):
            raise Refused(f"expected a condition, as '{self.example}', not {quoted(scalar)}")
        return scalar.value.strip()

    def schema(self) -> Schema:
        return {"type": "string", "maxLength": 2000, "examples": [self.example]}


@dataclass(frozen=True)
class Code:
    """A word that names a thing: letters, digits, - and _."""

    expected: str = "a code"

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar(self.expected)
        if not isinstance(scalar.value, str) or not CODE.fullmatch(scalar.value):
            raise Refused(
                f"expected {self.expected} of letters, digits, - and _ (at most 60), "
                f"not {quoted(scalar)}"
            )
        return scalar.value

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{CODE.pattern}$"}


class Flag:
    """true or false."""

    def read(self, spot: Spot) -> bool:
        scalar = spot.scalar("true or false")
        if not isinstance(scalar.value, bool):
            raise Refused(f"expected true or false, not {quoted(scalar)}")
        return scalar.value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Only:
    """The one value that can stand here."""

    value: int | bool

    def read(self, spot: Spot) -> int | bool:
        expected = str(self.value).lower()
        scalar = spot.scalar(expected)
        # True is equal to 1, but nobody means it.
        if type(scalar.value) is not type(self.value) or scalar.value != self.value:
            raise Refused(f"expected {expected}, not {quoted(scalar)}")
        return self.value

    def schema(self) -> Schema:
        return {"const": self.value}


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    least: int = 0
    most: int = LARGEST

    def read(self, spot: Spot) -> int:
        scalar = spot.scalar("a whole number")
        if isinstance(scalar.value, bool) or not isinstance(scalar.value, int):
            raise Refused(f"expected a whole number, not {quoted(scalar)}")
        if not self.least <= scalar.value <= self.most:
            detail = f"expected {self.least} to {self.most}, not {quoted(scalar)}"
            raise Refused(detail, "out_of_range")
        return scalar.value

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Rate:
    """A number that may have decimals: an integer, or a text such as "0.5".

    Its normal form is an integer where it can be, else a text without zeros at
    its end.
    """

    before: int = 12
    after: int = 6

    def read(self, spot: Spot) -> int | str:
        scalar = spot.scalar("a number")
        if isinstance(scalar.value, Float):
            detail = f'write it in quotes, "{scalar.text}": without them it would be rounded'
            raise Refused(detail, "float")
        found = _RATE.fullmatch(scalar.text)
        if scalar.value is None or isinstance(scalar.value, bool) or not found:
            raise Refused(f'expected a number such as 2 or "1.5", not {quoted(scalar)}')
        if len(found[1]) > self.before or len(found[2] or "") > self.after:
            detail = f"at most {self.before} digits before the point and {self.after} after it"
            raise Refused(detail, "out_of_range")
        number = Decimal(scalar.text)
        return int(number) if number == int(number) else format(number.normalize(), "f")

    def schema(self) -> Schema:
        decimals = f"(\\.[0-9]{{1,{self.after}}})?"
        text = {"type": "string", "pattern": f"^[0-9]{{1,{self.before}}}{decimals}$"}
        return {
            "anyOf": [{"type": "integer", "minimum": 0, "maximum": 10**self.before - 1}, text]
        }


@dataclass(frozen=True)
class Money:
    """An amount in major units, as a text. `least` is in minor units."""

    least: int = 0

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar('an amount such as "12.50"')
        if isinstance(scalar.value, int | Float) and not isinstance(scalar.value, bool):
            code = "float" if isinstance(scalar.value, Float) else "wrong_type"
            raise Refused(f'write money in quotes, as "{scalar.text}"', code)
        if not isinstance(scalar.value, str):
            raise Refused(f'expected an amount such as "12.50", not {quoted(scalar)}')
        currency = spot.reading.currency
        if currency is None:
            return scalar.value
        minor = to_minor(scalar.value, currency)
        if minor < self.least:
            detail = f"expected at least {to_major(self.least, currency)}, not {quoted(scalar)}"
            raise Refused(detail, "out_of_range")
        return to_major(minor, currency)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,18})(\.[0-9]{1,9})?$"}


@dataclass(frozen=True)
class Span:
    """A period in words. `0` is short for no time at all, where that is allowed."""

    example: str
    may_be_zero: bool = False

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar(f'a period such as "{self.example}"')
        if scalar.value == 0 and scalar.text == "0" and self.may_be_zero:
            return "0 days"
        if not isinstance(scalar.value, str):
            raise Refused(f'expected a period such as "{self.example}", not {quoted(scalar)}')
        period = parse_period(scalar.value)
        if not period.count and not self.may_be_zero:
            raise Refused(
                f'expected a period longer than nothing, such as "{self.example}"',
                "out_of_range",
            )
        return str(period) if period.count else "0 days"

    def schema(self) -> Schema:
        pattern = r"^(0|[1-9][0-9]{0,8}) (minute|hour|day|week|month|year)s?$"
        text: Schema = {"type": "string", "pattern": pattern, "examples": [self.example]}
        return {"anyOf": [text, {"const": 0}]} if self.may_be_zero else text


@dataclass(frozen=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, spot: Spot) -> str:
        expected = f"one of {', '.join(self.words)}"
        scalar = spot.scalar(expected)
        if scalar.value not in self.words:
            told = nearest(scalar.text, self.words)
            raise Refused(f"expected {expected}, not {quoted(scalar)}{told}", "not_a_choice")
        return scalar.text

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


class Moment:
    """A date, which means the local midnight that begins it, or an RFC 3339 time."""

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("a date or a time")
        moment = parse_moment(scalar.text, _UTC)
        if _DATE.fullmatch(scalar.text):
            return scalar.text
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def schema(self) -> Schema:
        time = r"[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
        return {"type": "string", "pattern": f"^{_DATE.pattern}({time})?$"}


class YearDay:
    """A day of every year: "12-31"."""

    def read(self, spot: Spot) -> str:
        text = spot.scalar("a day of the year").text
        parse_month_day(text)
        return text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[0-9]{2}-[0-9]{2}$", "examples": ["12-31"]}


class Hours:
    """A stretch of every day, in local time; it may cross midnight."""

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("hours")
        if not _HOURS.fullmatch(scalar.text):
            raise Refused(f'expected hours such as "08:00-11:00", not {quoted(scalar)}')
        return scalar.text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_HOURS.pattern}$", "examples": ["08:00-11:00"]}


@dataclass(frozen=True)
class ListOf:
    """A list. With a `rank` its order means nothing: each item once, in order of rank."""

    item: Form
    most: int = 100
    least: int = 0
    rank: Callable[[Any], Any] | None = None

    def read(self, spot: Spot) -> list[Any]:
        if not isinstance(spot.node, Listing):
            raise Refused("expected a list, as [a, b]")
        if not self.least <= len(spot.node.items) <= self.most:
            raise Refused(f"expected {self.least} to {self.most} items", "out_of_range")
        spots = [spot.below(index, node) for index, node in enumerate(spot.node.items)]
        read = [attempt(self.item, item) for item in spots]
        items = [item for item in read if item is not None]
        return sorted(set(items), key=self.rank) if self.rank else items

    def schema(self) -> Schema:
        bounds = {"minItems": self.least, "maxItems": self.most}
        return {"type": "array", "items": self.item.schema(), **bounds}
