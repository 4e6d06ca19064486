"""Ladders, compiled from the program file's form: what counts, over what, and the tiers."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from core.errors import InvalidInput, Problem
from core.periods import Period
from loyalty.rules.forms import Form, raise_if_any
from loyalty.rules.gives import Gives
from loyalty.rules.paying import PointTypeFace
from tiers.rules.ladder_forms import LadderReader, TierForm
from tiers.rules.windows import Span, WindowTerms, shifted

__all__ = ["CompiledLadder", "EntryReward", "Tier", "compile_ladder", "compile_ladders"]

NO_TIER = -1
NO_GRACE = Period(0, "day")


@dataclass(frozen=True, slots=True)
class EntryReward:
    """What entering a tier gives: once in a lifetime, or each time it is entered."""

    gives: Gives
    each_time: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Tier:
    """One tier. `threshold` is in minor units for spend; with `over` it is not enough."""

    code: str
    name: str
    threshold: int
    over: bool = False
    multiplier: Decimal = Decimal(1)
    entry: EntryReward | None = None
    benefits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def least(self) -> int:
        """Return the smallest value that reaches it: all that is counted is whole."""
        return self.threshold + self.over


@dataclass(frozen=True, eq=False)
class CompiledLadder:
    """A ladder, ready to judge members. Immutable; share it freely.

    Tiers are known by their place, from 0 for the lowest; `NO_TIER` is below all of
    them. `length` is how long a tier lasts; without it and without periods it lasts
    for ever. `next_period` says that what lasts to the end of a period lasts for one
    more.
    """

    code: str
    name: str
    metric: str
    window: WindowTerms
    tiers: Sequence[Tier]
    point_type: str = ""
    released: bool = False
    rises_next_period: bool = False
    length: Period | None = None
    next_period: bool = True
    downgrade: str = "to_fit"
    grace: Period = NO_GRACE
    carry_over: bool = False
    keeps_on_refund: bool = False

    @cached_property
    def places(self) -> Mapping[str, int]:
        return {tier.code: place for place, tier in enumerate(self.tiers)}

    @cached_property
    def lowest(self) -> int:
        """Return where everybody is who has nothing."""
        return self.fit(0)

    @property
    def is_used_up_by_period(self) -> bool:
        """Say whether what was reached in a period counts no longer than the period."""
        return self.window.has_periods and self.length is None and not self.next_period

    @cached_property
    def judging(self) -> tuple[Any, ...]:
        """Return what decides where members stand: all but names and what tiers bring."""
        brought = ("code", "name", "tiers")
        terms = [getattr(self, each.name) for each in fields(self) if each.name not in brought]
        return (*terms, *((tier.code, tier.threshold, tier.over) for tier in self.tiers))

    def fit(self, value: int) -> int:
        """Return the place of the highest tier that a value reaches."""
        # Thresholds rise, and so what it takes does not fall.
        return bisect_right(self._least, value) - 1

    @cached_property
    def _least(self) -> Sequence[int]:
        return [tier.least for tier in self.tiers]

    def code_at(self, place: int) -> str | None:
        return None if place == NO_TIER else self.tiers[place].code

    def tier(self, code: str | None) -> Tier | None:
        """Return a tier by its code; None if there is no such tier (any more)."""
        place = self.places.get(code or "", NO_TIER)
        return None if place == NO_TIER else self.tiers[place]

    def carried_from(self, value: int) -> int:
        """Return how much of a period's value counts in the next one as well.

        It is what lies above the threshold that was reached; who reached none that is
        above nothing carries nothing.
        """
        place = self.fit(value)
        threshold = self.tiers[place].threshold if place != NO_TIER else 0
        return value - threshold if self.carry_over and threshold else 0

    def lasts_until(
        self, start: date, terms: int, reached: Span | None, joined: date
    ) -> date | None:
        """Return the day that a tier ends with, exclusive; None if it lasts for ever.

        `start` is the day from which a length counts, for the `terms`-th time, and
        `reached` the period in which the threshold was reached.
        """
        if self.downgrade == "never":
            return None
        if self.length is not None:
            day = shifted(start, terms * self.length.count, self.length.unit)
            return shifted(day, 1, "day")
        if reached is None:
            return None
        return (
            self.window.period_of(reached.end, joined).end if self.next_period else reached.end
        )

    def passed(self, before: str | None, after: str | None) -> list[Tier]:
        """Return the tiers that a rise passes, the last one included; none for a fall."""
        first = self.places.get(before or "", NO_TIER)
        last = self.places.get(after or "", NO_TIER)
        return list(self.tiers[first + 1 : last + 1])


def compile_ladder(
    code: str,
    form: Mapping[str, Any],
    *,
    currency: str,
    point_types: Mapping[str, PointTypeFace],
    leap_day: str = "feb_28",
) -> CompiledLadder:
    """Return the ladder that `form` says, in the program file's form.

    :raises InvalidInput: with a pointer into `form` for everything wrong
    """
    problems: list[Problem] = []
    reader = LadderReader(currency, point_types, leap_day)
    ladder = _compile(reader, code, Form(form, "", problems))
    raise_if_any(problems)
    return ladder


def compile_ladders(
    forms: Mapping[str, Mapping[str, Any]],
    *,
    currency: str,
    point_types: Mapping[str, PointTypeFace],
    leap_day: str = "feb_28",
) -> dict[str, CompiledLadder]:
    """Return the ladders of a program by code, in their order.

    :raises InvalidInput: with a pointer, from /ladders on, for everything wrong
    """
    problems: list[Problem] = []
    reader = LadderReader(currency, point_types, leap_day)
    entries = Form({"ladders": forms}, "", problems).subs("ladders")
    ladders = {code: _compile(reader, code, form) for code, form in entries}
    if problems:
        raise InvalidInput(problems)
    return ladders


def _compile(reader: LadderReader, code: str, form: Form) -> CompiledLadder:
    name = form.text("name", longest=120) or code
    read = reader.read(form)
    return CompiledLadder(code=code, name=name, tiers=_tiers(read.pop("tiers")), **read)


def _tiers(forms: Sequence[TierForm]) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            code=form.code,
            name=form.name,
            threshold=form.threshold,
            over=form.over,
            multiplier=form.multiplier,
            entry=EntryReward(form.gives, form.each_time) if form.gives else None,
            benefits=form.benefits,
        )
        for form in forms
    )
