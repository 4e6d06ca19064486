"""Read the program file's forms: every mistake with its place, none passed over.

A reader hands back the value, or the default after noting the problem, so that
one reading names everything that is wrong.
"""

import re
import reprlib
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from core.errors import DomainError, InvalidInput, Problem
from core.money import to_minor
from core.periods import Period, parse_period

LARGEST = 2**63 - 1

NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")


# A key, an entry of the list below a key, or None for the form itself.
Place = str | tuple[str, int] | None


class Form:
    """One mapping of the program file, read key by key.

    `null` stands for the default everywhere, so absent and null read the same.
    """

    def __init__(self, value: object, pointer: str, problems: list[Problem]) -> None:
        self.pointer = pointer
        self.problems = problems
        self._read: set[str] = set()
        self._values: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        self._is_mapping = True
        if not isinstance(value, Mapping):
            self.refuse(None, "wrong_type", f"expected a mapping, not {shown(value)}")
            self._is_mapping = False

    def __contains__(self, key: str) -> bool:
        return self._values.get(key) is not None

    def take(self, key: str) -> Any:
        """Return the raw value, or None."""
        self._read.add(key)
        return self._values.get(key)

    def given(self) -> dict[str, Any]:
        """Return what is written, but for what null leaves to the default."""
        return {key: value for key, value in self._values.items() if value is not None}

    def at(self, key: Place) -> str:
        """Return the pointer of this form, of a key, or of one entry below a key."""
        if key is None:
            return self.pointer
        steps = key if isinstance(key, tuple) else (key,)
        return "/".join([self.pointer, *map(escaped, steps)])

    def refuse(self, key: Place, code: str, detail: str) -> None:
        """Note a problem. Of what is no mapping at all, that is the only one."""
        if self._is_mapping:
            self.problems.append(Problem(self.at(key), code, detail))

    def finish(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self._values:
            if key not in self._read:
                near = get_close_matches(str(key), self._read, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else _offer(self._read)
                self.refuse(str(key), "unknown_key", f"unknown key {key!r}{hint}")

    def forbid(self, keys: Collection[str], why: str) -> None:
        """Refuse keys that exist but mean nothing here."""
        for key in sorted(keys):
            if self.take(key) is not None:
                self.refuse(key, "not_here", f"{key!r} {why}")

    def require(self, key: str) -> bool:
        if key in self:
            return True
        self.refuse(None, "required", f"{key!r} is missing")
        return False

    def sub(self, key: str) -> "Form | None":
        value = self.take(key)
        return None if value is None else Form(value, self.at(key), self.problems)

    def subs(self, key: str) -> "Iterator[tuple[str, Form]]":
        """Return the entries of a mapping of mappings."""
        entries = Form(self.take(key) or {}, self.at(key), self.problems)
        for code in entries._values:
            yield str(code), Form(entries.take(code), entries.at(code), self.problems)

    def listed(self, key: str) -> "list[Form]":
        """Return the entries of a list of mappings."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            self.refuse(key, "wrong_type", f"expected a list, not {shown(value)}")
            return []
        place = self.at(key)
        return [
            Form(entry, f"{place}/{index}", self.problems) for index, entry in enumerate(value)
        ]

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of strings."""
        value = self.take(key)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(
            isinstance(word, str) for word in value
        ):
            self.refuse(key, "wrong_type", "expected a list of words")
            return ()
        return tuple(value)

    def text(self, key: str, *, longest: int = 2000) -> str | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "wrong_type", f"expected a text, not {shown(value)}")
            return None
        if len(value) > longest:
            self.refuse(key, "too_long", f"at most {longest} characters")
            return None
        return value

    def code(self, key: str) -> str | None:
        """Return a word that names a thing."""
        value = self.text(key, longest=60)
        if value is None or CODE.fullmatch(value):
            return value
        self.refuse(key, "wrong_type", f"expected letters, digits, - and _, not {value!r}")
        return None

    def choice(self, key: str, options: Collection[str], default: str) -> str:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, str) and value in options:
            return value
        self.refuse(
            key,
            "not_a_choice",
            f"{shown(value)} is not one of {', '.join(options)}",
        )
        return default

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(key, "wrong_type", f"expected true or false, not {shown(value)}")
            return default
        return value

    def whole(self, key: str, default: int = 0, *, least: int = 0, most: int = LARGEST) -> int:
        """Return an integer between `least` and `most`."""
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, "wrong_type", f"expected an integer, not {shown(value)}")
            return default
        if not least <= value <= most:
            self.refuse(key, "out_of_range", f"expected {least} to {most}")
            return default
        return value

    def number(self, key: str, default: int = 0) -> Decimal:
        """Return a rate or a multiplier: an integer, or a decimal as a string."""
        value = self.take(key)
        if value is None:
            return Decimal(default)
        if isinstance(value, float):
            self.refuse(
                key, "wrong_type", f'write it as a string, "{value}": floats are inexact'
            )
        elif isinstance(value, bool) or not isinstance(value, int | str):
            self.refuse(key, "wrong_type", f"expected a number, not {shown(value)}")
        elif not _is_plain_number(value):
            self.refuse(
                key,
                "out_of_range",
                f"{shown(value)} is not a number of at least 0 with at most "
                "12 digits before the point and 6 after it",
            )
        else:
            return Decimal(value)
        return Decimal(default)

    def money(self, key: str, currency: str) -> int | None:
        """Return an amount in minor units; it is written in major ones."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(key, "wrong_type", 'write money as a string in major units, as "12.50"')
            return None
        try:
            amount = to_minor(value, currency)
        except DomainError as error:
            self.adopt(key, error)
            return None
        if not 0 <= amount <= LARGEST:
            self.refuse(key, "out_of_range", f"expected 0 to {LARGEST} minor units")
            return None
        return amount

    def period(self, key: str, default: Period | None = None) -> Period | None:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.refuse(key, "wrong_type", 'write a period in words, as "14 days"')
            return default
        try:
            return parse_period(value)
        except DomainError as error:
            self.adopt(key, error)
            return default

    def adopt(self, key: Place, error: DomainError) -> None:
        """Note an error raised further down, at its own place below `key`."""
        if not isinstance(error, InvalidInput):
            self.refuse(key, error.code, error.detail)
            return
        for problem in error.problems:
            place = self.at(key) + problem.pointer
            self.problems.append(Problem(place, problem.code, problem.detail))


def raise_if_any(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput(problems)


def escaped(key: object) -> str:
    """Return a key as one step of a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def shown(value: object) -> str:
    """Return a value as an error message may quote it."""
    return "nothing" if value is None else reprlib.repr(value)


def _is_plain_number(value: int | str) -> bool:
    if isinstance(value, int):
        return 0 <= value < 10**12
    return NUMBER.fullmatch(value) is not None


def _offer(keys: Collection[str]) -> str:
    return f"; expected {', '.join(sorted(keys))}" if keys else ""
