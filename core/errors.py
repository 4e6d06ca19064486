"""How a rule says no: named failures with a stable code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class DomainError(Exception):
    """A rule or a state said no. Nothing was changed.

    `code` is stable and machine-readable; `detail` is for a person; `extra`
    holds further members of the answer, such as `short_by`.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class NotFound(DomainError):
    """There is no such thing here, or it belongs to another program."""

    code = "not_found"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input, and where (a JSON pointer)."""

    pointer: str
    code: str
    detail: str


class InvalidInput(DomainError):
    """The input is malformed or absurd; every problem is named with its place."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        told = [f"{p.pointer}: {p.detail}" if p.pointer else p.detail for p in problems]
        super().__init__("; ".join(told))
        self.problems = list(problems)


class Unavailable(DomainError):
    """The work could not be done now and may be tried again soon."""

    code = "unavailable"


def invalid(pointer: str, code: str, detail: str) -> InvalidInput:
    """Return the error for a single problem at `pointer`."""
    return InvalidInput([Problem(pointer, code, detail)])
