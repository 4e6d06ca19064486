"""What is wrong with a program file, and on which line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from core.errors import InvalidInput, Problem


class Place(NamedTuple):
    """Where something stands in the text; both count from 1."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True)
class FileProblem(Problem):
    """A problem of an input that has lines."""

    place: Place = START


class ProgramFileError(InvalidInput):
    """A program file says something that cannot be meant. Nothing was applied.

    Its text has one line for each problem, `file:line:column: detail`, which
    editors and terminals turn into a link.
    """

    code: ClassVar[str] = "invalid_program_file"

    def __init__(self, name: str, problems: Sequence[FileProblem]) -> None:
        super().__init__(problems)
        self.name = name
        self.detail = "\n".join(
            f"{name}:{p.place.line}:{p.place.column}: {p.detail}" for p in problems
        )

    def __str__(self) -> str:
        return self.detail
