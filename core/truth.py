"""Tests that answer True, False or None, where None is "unknown" (Kleene 1938).

The closures that conditions are compiled into. None of them raises, whatever
the scope holds: a value of another kind than was asked for is unknown.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

Scope = Mapping[str, Mapping[str, Any]]
Truth = bool | None
Test = Callable[[Scope], Truth]
Read = Callable[[Scope], Any]
Operator = Callable[[Any, Any], bool]


class Kind(NamedTuple):
    """A kind of value: the class it mostly has, and what finds it in any other.

    `narrow` returns the value, or None if it is not of this kind.
    """

    plain: type
    narrow: Callable[[Any], Any]


def _number(value: Any) -> int | Decimal | None:
    if isinstance(value, float):
        # As it prints: a stated 0.1 is a tenth, not the binary nearest to it.
        value = Decimal(repr(float(value)))
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_LISTS = (list, tuple, set, frozenset)

NUMBER = Kind(int, _number)
TEXT = Kind(str, lambda value: value if isinstance(value, str) else None)
FLAG = Kind(bool, lambda value: value if isinstance(value, bool) else None)
COLLECTION = Kind(list, lambda value: value if isinstance(value, _LISTS) else None)


def lacks(some: Any, value: Any) -> bool:
    """Return whether `value` is not among `some`."""
    return value not in some


def reader(name: str) -> Read:
    """Return what reads the dotted `name` from a scope; None if it is not there."""
    root, leaf, *deeper = name.split(".")

    def read(scope: Scope) -> Any:
        try:
            return scope[root][leaf]
        except (KeyError, TypeError):
            return None

    def read_deeper(scope: Scope) -> Any:
        try:
            value = scope[root][leaf]
            for part in deeper:
                value = value[part]
        except (KeyError, TypeError):
            return None
        return value

    return read_deeper if deeper else read


def both(first: Test, second: Test) -> Test:
    """Return the test that holds where both hold."""

    def test(scope: Scope) -> Truth:
        answer = first(scope)
        if answer:
            return second(scope)
        if answer is None and second(scope) is not False:
            return None
        return False

    return test


def either(first: Test, second: Test) -> Test:
    """Return the test that holds where one of them holds."""

    def test(scope: Scope) -> Truth:
        answer = first(scope)
        if answer:
            return True
        other = second(scope)
        return other if other or answer is False else None

    return test


def negated(inner: Test) -> Test:
    """Return the test that holds where `inner` is known not to hold."""

    def test(scope: Scope) -> Truth:
        answer = inner(scope)
        return None if answer is None else not answer

    return test


def is_true(read: Read) -> Test:
    """Return the test that holds where what is read is True."""

    def test(scope: Scope) -> Truth:
        held = read(scope)
        return held if held is True or held is False else None

    return test


def is_none(read: Read, answer: bool) -> Test:
    """Return the test that says `answer` of what is not there."""
    return lambda scope: answer if read(scope) is None else not answer


def compared(
    compare: Operator, left: Read, right: Read, left_kind: Kind, right_kind: Kind
) -> Test:
    """Return the test that compares two sides, each of a known kind."""

    def test(scope: Scope) -> Truth:
        a = left_kind.narrow(left(scope))
        if a is None:
            return None
        b = right_kind.narrow(right(scope))
        return None if b is None else compare(a, b)

    return test


def compared_open(compare: Operator, left: Read, right: Read) -> Test:
    """Return the test that compares two sides whose kinds only their values tell."""
    kinds = (NUMBER, TEXT, FLAG)
    tests = [compared(compare, left, right, kind, kind) for kind in kinds]

    def test(scope: Scope) -> Truth:
        answers = (test(scope) for test in tests)
        return next((answer for answer in answers if answer is not None), None)

    return test


def compared_with(compare: Operator, read: Read, kind: Kind, value: Any) -> Test:
    """Return the test that compares what is read with a literal of its kind.

    The same as `compared` in half the time, for what most conditions say.
    """
    plain, narrow = kind

    def test(scope: Scope) -> Truth:
        held = read(scope)
        if held.__class__ is not plain:
            held = narrow(held)
            if held is None:
                return None
        return compare(held, value)

    return test
