"""What makes awards larger: rules that multiply, and bonuses such as a tier.

Multipliers add up: twice and half again together give 2.5 times. They are kept
as whole millionths, so that sums over lines stay exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from core.errors import invalid
from loyalty.rules.compiled import MultiplyRule

ONE = 1_000_000


def extra_of(multiplier: Decimal) -> int:
    """Return what a multiplier adds to one, in millionths."""
    return int(multiplier.scaleb(6)) - ONE


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


class Factors:
    """By how many millionths points are multiplied.

    `whole` is for shipping and for awards that belong to no line; `lines` is
    None where every line has the same.
    """

    __slots__ = ("_acting", "_bonuses", "lines", "whole")

    def __init__(
        self,
        whole: int = ONE,
        lines: tuple[int, ...] | None = None,
        acting: "Sequence[Acting]" = (),
        bonuses: Sequence[Bonus] = (),
    ) -> None:
        self.whole = whole
        self.lines = lines
        self._acting = acting
        self._bonuses = bonuses

    @property
    def reasons(self) -> list[Reason]:
        rules = [Reason(rule.code, rule.multiplier, places) for rule, places in self._acting]
        return rules + [Reason(bonus.reason, bonus.multiplier, None) for bonus in self._bonuses]

    def for_whole(self, line_count: int) -> "Factors":
        """Return only what acts on an award that belongs to no line."""
        acting = [
            (rule, places)
            for rule, places in self._acting
            if places is None or line_count in places
        ]
        return Factors(self.whole, None, acting, self._bonuses)


NO_FACTORS = Factors()

# A rule that multiplies, and where: the indexes of lines, or None for everything.
Acting = tuple[MultiplyRule, tuple[int, ...] | None]


class Multipliers:
    """The rules that multiply one point type in one fact, groups settled.

    `beaten` names, for each rule of a group that is nowhere the best, one that
    is. Of equals the earlier one counts.
    """

    def __init__(self, acting: Sequence[Acting], line_count: int) -> None:
        self.beaten: dict[str, str] = {}
        self._everywhere = range(line_count + 1)
        self._extras = [0] * (line_count + 1)
        self._acting: list[Acting] = []
        groups: dict[str, list[Acting]] = {}
        for each in acting:
            group = each[0].group
            if group is None:
                self._add(each)
            else:
                groups.setdefault(group, []).append(each)
        for rivals in groups.values():
            self._add_best(rivals)

    def factors(self, bonuses: Sequence[Bonus] = ()) -> Factors:
        """Return what all of these make together with the member's bonuses."""
        total = ONE
        for bonus in bonuses:
            total += extra_of(bonus.multiplier)
        *lines, whole = [max(total + extra, 0) for extra in self._extras]
        differs = lines.count(whole) < len(lines)
        return Factors(whole, tuple(lines) if differs else None, self._acting, bonuses)

    def _add(self, each: Acting) -> None:
        rule, places = each
        for place in self._everywhere if places is None else places:
            self._extras[place] += rule.extra
        self._acting.append(each)

    def _add_best(self, rivals: Sequence[Acting]) -> None:
        """Let the best of a group count, line by line."""
        won: dict[MultiplyRule, list[int]] = {}
        for place in self._everywhere:
            here = [rule for rule, places in rivals if places is None or place in places]
            if here:
                won.setdefault(_best(here), []).append(place)
        for rule, places in won.items():
            everywhere = len(places) == len(self._everywhere)
            self._add((rule, None if everywhere else tuple(places)))
        winner = _best([*won])
        for rule, _ in rivals:
            if rule not in won:
                self.beaten[rule.code] = winner.code


def _best(rules: Sequence[MultiplyRule]) -> MultiplyRule:
    return max(rules, key=lambda rule: rule.extra)
