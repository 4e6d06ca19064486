"""The rules of a program, compiled: ready to be asked, and never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from core.expressions import Expression
from core.money import Rounding
from core.periods import Period
from loyalty.rules.awards import Award
from loyalty.rules.expiry import Expiry, Hold
from loyalty.rules.filters import LineFilter
from loyalty.rules.limits import Limit
from loyalty.rules.lines import Switches
from loyalty.rules.validity import Validity


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """What an award counts in an order. Rules that count alike share one.

    `lines` None are all lines; `by_units` counts units and not money.
    """

    lines: LineFilter | None
    base: Switches
    by_units: bool


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What every rule has: when it is asked at all.

    `when` None holds always; `known_for` asks that the day it celebrates has
    been on file that long.
    """

    code: str
    name: str
    on: str
    point_type: str
    when: Expression | None
    valid: Validity | None
    known_for: Period | None
    group: str | None
    priority: int
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MultiplyRule(Rule):
    """A rule that makes awards larger: those on its `lines`, or all if None.

    `extra` is what it adds to one, in millionths.
    """

    lines: LineFilter | None
    multiplier: Decimal
    extra: int


@dataclass(frozen=True, slots=True, eq=False)
class AwardRule(Rule):
    """A rule that gives points. `hold` and `expiry` are its own or its type's."""

    award: Award
    counting: Counting
    rounding: Rounding
    round_per_line: bool
    round_base: Rounding | None
    multipliers: bool
    tier_multiplier: bool
    exclusive: bool
    hold: Hold
    expiry: Expiry


class Policies(NamedTuple):
    """What holds for the lots of a point type where the rule says nothing."""

    hold: Hold
    expiry: Expiry


class Listeners(NamedTuple):
    """The rules for one kind of fact, in the order in which they are asked.

    `rivals` says whether any of the awards has a group or is exclusive.
    """

    multiplies: tuple[MultiplyRule, ...]
    awards: tuple[AwardRule, ...]
    rivals: bool


NOBODY = Listeners((), (), rivals=False)


@dataclass(frozen=True)
class CompiledRuleSet:
    """All earning rules of a program at one time. Immutable; share it freely.

    `names` are the dotted names that any rule asks for, so that a caller loads
    only these; `earns` the point types that any rule gives. Rules in `spent`
    have reached a limit and answer so; `used` is what other facts have used of
    limits, as points and times, by the code of the rule.
    """

    currency: str
    zone: ZoneInfo
    point_types: Mapping[str, Policies]
    rules: Mapping[str, Listeners]
    names: frozenset[str]
    earns: tuple[str, ...]
    spent: frozenset[str] = frozenset()
    used: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)

    def listens(self, kind: str) -> bool:
        """Return whether any rule listens to `order`, `signup` or an event type."""
        return kind in self.rules

    def on(self, kind: str) -> Listeners:
        return self.rules.get(kind, NOBODY)

    def without(self, codes: frozenset[str]) -> Self:
        """Return the same rules, those of `codes` having reached a limit.

        For rules that multiply: they give no points that could be clipped later.
        """
        return replace(self, spent=codes)

    def within(self, used: Mapping[str, Sequence[tuple[int, int]]]) -> Self:
        """Return the same rules, for a fact that finds this much of limits used.

        For awards with rivals: who can give nothing any more stands in nobody's way.
        """
        return replace(self, used=used)
