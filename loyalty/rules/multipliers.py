"""What makes awards larger: rules that multiply, and bonuses such as a tier.

Multipliers add up: twice and half again together give 2.5 times. They are kept
as whole millionths, so that sums over lines stay exact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from core.errors import invalid

ONE = 1_000_000


class Reason(NamedTuple):
    """A multiplier that acts, and where; None is everywhere.

    `places` are indexes of lines, and the number of lines for all that belongs to
    no line: shipping, and awards that are given once.
    """

    reason: str
    multiplier: Decimal
    places: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Bonus:
    """A reason of the member's own to earn faster, such as a tier.

    It acts on one point type, or on all if it names none.

    :raises InvalidInput: if the multiplier is negative or finer than a millionth
    """

    reason: str
    multiplier: Decimal
    point_type: str | None = None

    def __post_init__(self) -> None:
        if self.multiplier < 0 or self.multiplier.scaleb(6) % 1:
            raise invalid(
                "/multiplier",
                "out_of_range",
                "a multiplier is at least 0 and has at most six decimals",
            )


class Acting(NamedTuple):
    """A rule that multiplies and whose conditions hold.

    `lines` None acts on everything, shipping included.
    """

    code: str
    multiplier: Decimal
    group: str | None
    lines: tuple[int, ...] | None


class Factors(NamedTuple):
    """By how many millionths points are multiplied.

    `whole` is for shipping and for awards that belong to no line; `lines` is
    None where every line has the same.
    """

    whole: int
    lines: tuple[int, ...] | None
    reasons: tuple[Reason, ...]

    def for_whole(self, line_count: int) -> "Factors":
        """Return only what acts on an award that belongs to no line."""
        reasons = tuple(
            reason
            for reason in self.reasons
            if reason.places is None or line_count in reason.places
        )
        return Factors(self.whole, None, reasons)


NO_FACTORS = Factors(ONE, None, ())


class Multipliers:
    """The rules that multiply one point type in one fact, groups settled.

    `beaten` names, for each rule of a group that is nowhere the best, one that
    is. Of equals the earlier one counts.
    """

    def __init__(self, acting: Sequence[Acting], line_count: int) -> None:
        self.beaten: dict[str, str] = {}
        self._everywhere = tuple(range(line_count + 1))
        self._extras = [0] * (line_count + 1)
        self._reasons: list[Reason] = []
        groups: dict[str, list[Acting]] = {}
        for each in acting:
            if each.group is None:
                self._add(each, each.lines or self._everywhere)
            else:
                groups.setdefault(each.group, []).append(each)
        for rivals in groups.values():
            self._add_best(rivals)

    def factors(self, bonuses: Iterable[Bonus] = ()) -> Factors:
        """Return what all of these make together with the member's bonuses."""
        total = ONE
        reasons = [*self._reasons]
        for bonus in bonuses:
            total += _extra(bonus.multiplier)
            reasons.append(Reason(bonus.reason, bonus.multiplier, None))
        *lines, whole = [max(total + extra, 0) for extra in self._extras]
        differs = any(line != whole for line in lines)
        return Factors(whole, tuple(lines) if differs else None, tuple(reasons))

    def _add(self, each: Acting, places: tuple[int, ...]) -> None:
        extra = _extra(each.multiplier)
        for place in places:
            self._extras[place] += extra
        shown = None if places == self._everywhere else places
        self._reasons.append(Reason(each.code, each.multiplier, shown))

    def _add_best(self, rivals: Sequence[Acting]) -> None:
        """Let the best of a group count, line by line."""
        won: dict[Acting, list[int]] = {}
        for place in self._everywhere:
            here = [r for r in rivals if r.lines is None or place in r.lines]
            if here:
                won.setdefault(_best(here), []).append(place)
        for rival, places in won.items():
            self._add(rival, tuple(places))
        winner = _best([*won])
        for rival in rivals:
            if rival not in won:
                self.beaten[rival.code] = winner.code


def _best(rivals: Sequence[Acting]) -> Acting:
    return max(rivals, key=lambda rival: rival.multiplier)


def _extra(multiplier: Decimal) -> int:
    """Return what a multiplier adds to one, in millionths."""
    return int(multiplier.scaleb(6)) - ONE
