"""What a review of many came to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loyalty.models import Program
from tiers.queries.ladders import tier_setup_of
from tiers.rules.ladders import NO_TIER
from tiers.services.moves import TierMove

# Who is told how many members are done, and of how many.
Told = Callable[[int, int], None]


def ignore(done: int, left: int) -> None:
    """Take no notice."""


@dataclass(slots=True)
class Outcome:
    """How many members a review worked out, or let stay, and how often somebody moved."""

    reviewed: int = 0
    rises: int = 0
    falls: int = 0

    @property
    def moved(self) -> int:
        return self.rises + self.falls

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.reviewed + other.reviewed, self.rises + other.rises, self.falls + other.falls
        )


def outcome_of(program: Program, reviewed: int, moves: Sequence[TierMove]) -> Outcome:
    """Return what the review of so many members came to."""
    setup = tier_setup_of(program)

    def rises(move: TierMove) -> bool:
        places = setup.ladders[move.ladder].on(setup.day_of(move.at)).places
        return places.get(move.to or "", NO_TIER) > places.get(move.from_ or "", NO_TIER)

    risen = sum(map(rises, moves))
    return Outcome(reviewed, risen, len(moves) - risen)
