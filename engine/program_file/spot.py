"""One reading of one file: where it is, and what it has found wrong so far."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from core.errors import DomainError
from engine.program_file.errors import START, FileProblem, Place
from engine.program_file.text import Node, Scalar, Table
from loyalty.rules.forms import escaped, shown

MAX_PROBLEMS = 100


class Refused(DomainError):
    """A value is not what its form expects."""

    code = "wrong_type"

    def __init__(self, detail: str, code: str = "wrong_type") -> None:
        super().__init__(detail)
        self.reason = code


@dataclass
class Reading:
    """What one reading gathers: problems, and the place of everything it saw.

    `currency` is known once the program section has been read; amounts of money
    are then held to its decimals.
    """

    currency: str | None = None
    problems: list[FileProblem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def note(self, pointer: str, code: str, detail: str, place: Place | None = None) -> None:
        """Add a problem; its place is that of the pointer, or of what encloses it."""
        place = place or place_of(self.places, pointer)
        self.problems.append(FileProblem(pointer, code, detail, place))

    def found(self) -> list[FileProblem]:
        """Return the problems in the order of the text, at most a screen or two."""
        return sorted(self.problems, key=lambda problem: problem.place)[:MAX_PROBLEMS]


class Spot(NamedTuple):
    """A node, the JSON pointer that leads to it, and the reading it is part of."""

    node: Node
    pointer: str
    reading: Reading

    def below(self, key: str | int, node: Node) -> "Spot":
        """Return the spot of a part of this node."""
        pointer = f"{self.pointer}/{escaped(key)}"
        self.reading.places[pointer] = node.place
        return Spot(node, pointer, self.reading)

    @property
    def code(self) -> str:
        """Return the last step of the pointer: the code of a thing."""
        return self.pointer.rpartition("/")[2]

    def scalar(self, expected: str) -> Scalar:
        """:raises Refused: if this is a list or a mapping"""
        if isinstance(self.node, Scalar):
            return self.node
        kind = "a mapping" if isinstance(self.node, Table) else "a list"
        raise Refused(f"expected {expected}, not {kind}")

    def refuse(self, error: DomainError) -> None:
        """Note that this value was refused, and why."""
        if isinstance(error, Refused):
            self.reading.note(self.pointer, error.reason, error.detail)
        else:
            self.reading.note(self.pointer, error.code, error.detail.rstrip("."))


def place_of(places: Mapping[str, Place], pointer: str) -> Place:
    """Return the place of what `pointer` leads to, or of the nearest thing around it."""
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places.get(pointer, START)


def nearest(word: str, known: Collection[str]) -> str:
    """Return what may have been meant by a word that nobody knows, or nothing."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def quoted(scalar: Scalar) -> str:
    """Return a scalar as a message may show it."""
    return "nothing" if scalar.value is None else shown(scalar.text)
