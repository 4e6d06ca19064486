"""Whose friend somebody is, where several advocates say so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.periods import Period, add_period

FIRST, LAST = "first_touch", "last_touch"
MODELS = (FIRST, LAST)


class Source(StrEnum):
    """How it became known who referred whom."""

    STAFF = "staff"
    CHECKOUT = "checkout"
    ENROLMENT = "enrolment"
    ADDRESS = "address"
    CLICK = "click"


# The higher one holds, whenever it came. A code that is typed at enrolment tells no more
# than one that the friend's address was claimed with.
PRECEDENCE = {
    Source.STAFF: 3,
    Source.CHECKOUT: 2,
    Source.ENROLMENT: 1,
    Source.ADDRESS: 1,
    Source.CLICK: 0,
}


@dataclass(frozen=True, slots=True)
class Touch:
    """That an advocate reached a friend: how, when, and by which code (its number)."""

    source: Source
    at: datetime
    code: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """How the advocate is found: the first or the last touch, if it is not too old."""

    model: str
    window: Period

    def counts(self, touch: Touch, *, at: datetime, zone: ZoneInfo) -> bool:
        """Say whether a touch is recent enough for a claim at `at`."""
        return touch.at <= at < add_period(touch.at, self.window, zone)

    def winner(self, touches: Iterable[Touch]) -> Touch | None:
        """Return the touch that holds, of those that count; None if there is none.

        Of touches by the same source at the same time it is the first that was told, or
        the last, as the model says.
        """
        ranked = [(self._rank(place, touch), touch) for place, touch in enumerate(touches)]
        if not ranked:
            return None
        return max(ranked, key=lambda each: each[0])[1]

    def _rank(self, place: int, touch: Touch) -> tuple[int, float, int]:
        is_last = self.model == LAST or touch.source == Source.STAFF
        sign = 1 if is_last else -1
        return PRECEDENCE[touch.source], sign * touch.at.timestamp(), sign * place
