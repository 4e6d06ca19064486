"""What a rule gives, before multipliers: exact ratios, never rounded here.

Points are a numerator and a denominator until the very end. Measured awards
look at an amount of money or a number of units; the others give once per fact.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import lcm
from typing import Any

from core.errors import invalid
from core.truth import NUMBER
from loyalty.rules.forms import LARGEST, Form, escaped
from loyalty.rules.wallets import MOST_POINTS
from loyalty.rules.words import WhyNot

# Points as an exact fraction: numerator, and denominator above zero.
Ratio = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AmountAward:
    """So many points per so much money, or only for each full step of it."""

    points: Ratio
    per: int
    whole_steps: bool = False

    def points_for(self, base: int) -> Ratio:
        above, below = self.points
        if self.whole_steps:
            return base // self.per * above, below
        return base * above, below * self.per

    def explain(self) -> dict[str, Any]:
        steps = {"whole_steps": True} if self.whole_steps else {}
        return {"points": written(self.points), "per": self.per} | steps


@dataclass(frozen=True, slots=True)
class Band:
    """So many points per so much money, for what lies above an amount."""

    above: int
    points: Ratio
    per: int

    @property
    def denominator(self) -> int:
        return self.points[1] * self.per


@dataclass(frozen=True, slots=True)
class BandsAward:
    """Points by slices of the amount, each slice at its own rate."""

    bands: tuple[Band, ...]
    denominator: int

    def points_for(self, base: int) -> Ratio:
        points = 0
        ends = [band.above for band in self.bands[1:]] + [base]
        for band, end in zip(self.bands, ends, strict=True):
            slice_of_base = min(end, base) - band.above
            if slice_of_base <= 0:
                break
            scale = self.denominator // band.denominator
            points += slice_of_base * band.points[0] * scale
        return points, self.denominator

    def explain(self) -> dict[str, Any]:
        return {
            "bands": [
                {"from": band.above, "points": written(band.points), "per": band.per}
                for band in self.bands
            ]
        }


@dataclass(frozen=True, slots=True)
class ItemAward:
    """So many points for each unit."""

    points: Ratio

    def points_for(self, base: int) -> Ratio:
        above, below = self.points
        return base * above, below

    def explain(self) -> dict[str, Any]:
        return {"points": written(self.points), "per_item": True}


@dataclass(frozen=True, slots=True)
class FixedAward:
    """So many points per fact: whole while goods are left, or in proportion."""

    points: int
    prorate: bool = False

    def explain(self) -> dict[str, Any]:
        kind = "prorate" if self.prorate else "keep"
        return {"points": str(self.points), "on_partial_refund": kind}


@dataclass(frozen=True, slots=True)
class PropertyAward:
    """As many points as a property of the fact says, times a factor."""

    name: str
    times: Ratio

    def points_in(self, scope: Mapping[str, Mapping[str, Any]]) -> Ratio | WhyNot:
        """Return the points, or why the property gives none.

        :raises InvalidInput: if the property is beyond any number of points
        """
        held: Any = scope
        for step in self.name.split("."):
            held = held.get(step) if isinstance(held, Mapping) else None
        if held is None:
            return WhyNot.PROPERTY_MISSING
        value: int | Decimal | None = NUMBER.narrow(held)
        if value is None:
            return WhyNot.PROPERTY_NOT_A_NUMBER
        if value < 0:
            return WhyNot.PROPERTY_NEGATIVE
        if value > LARGEST:
            pointer = "/".join(escaped(step) for step in self.name.split(".")[1:])
            raise invalid(f"/{pointer}", "out_of_range", f"must be at most {LARGEST}")
        above, below = value.as_integer_ratio()
        return above * self.times[0], below * self.times[1]

    def explain(self) -> dict[str, Any]:
        return {"points_from": self.name, "times": written(self.times)}


MeasuredAward = AmountAward | BandsAward | ItemAward
Award = MeasuredAward | FixedAward | PropertyAward

NOTHING = FixedAward(0)


def read_award(form: Form, currency: str, *, on_order: bool) -> Award:
    """Return the award that a rule's form says, after noting what is wrong."""
    kinds = [key for key in _READERS if key in form and form.take(key) is not False]
    if len(kinds) > 1:
        form.refuse(
            None,
            "one_of",
            f"an award has one of {', '.join(_READERS)}, not both {' and '.join(kinds)}",
        )
        return NOTHING
    kind = kinds[0] if kinds else ""
    if not on_order and kind in _MEASURES:
        form.refuse(
            kind,
            "not_here",
            f"{kind!r} measures the goods of an order; an event has none",
        )
        return NOTHING
    award = _READERS.get(kind, _read_fixed)(form, currency)
    if not on_order and form.take("on_partial_refund") is not None:
        form.refuse("on_partial_refund", "not_here", "an event is never refunded")
    form.finish()
    return award


def written(ratio: Ratio) -> str:
    """Return a ratio as people write it, to nine decimals where it never ends."""
    exact = Decimal(ratio[0]) / Decimal(ratio[1])
    return f"{exact:.9f}".rstrip("0").rstrip(".")


def _read_amount(form: Form, currency: str) -> Award:
    points = _ratio(form, "points")
    per = form.money("per", currency)
    if per == 0:
        form.refuse("per", "out_of_range", "must be more than nothing")
    return AmountAward(points, per or 1, form.flag("whole_steps", False))


def _read_bands(form: Form, currency: str) -> Award:
    rows = form.listed("bands")
    bands = [_read_band(row, currency) for row in rows]
    for row, band, before in zip(rows[1:], bands[1:], bands, strict=False):
        if band.above <= before.above:
            row.refuse("from", "out_of_order", "bands rise from one to the next")
    if not rows:
        form.refuse("bands", "required", "name at least one band")
    return BandsAward(tuple(bands), lcm(*(band.denominator for band in bands)))


def _read_band(row: Form, currency: str) -> Band:
    for key in ("from", "points", "per"):
        row.require(key)
    points = _ratio(row, "points")
    per = row.money("per", currency)
    if per == 0:
        row.refuse("per", "out_of_range", "must be more than nothing")
    above = row.money("from", currency) or 0
    row.finish()
    return Band(above, points, per or 1)


def _read_item(form: Form, _currency: str) -> Award:
    form.flag("per_item", True)
    return ItemAward(_ratio(form, "points"))


def _read_fixed(form: Form, _currency: str) -> Award:
    form.require("points")
    answer = form.choice("on_partial_refund", ("keep", "prorate"), "keep")
    return FixedAward(form.whole("points", most=MOST_POINTS), answer == "prorate")


def _read_property(form: Form, _currency: str) -> Award:
    name = form.text("points_from") or ""
    return PropertyAward(name, form.number("times", 1).as_integer_ratio())


def _ratio(form: Form, key: str) -> Ratio:
    form.require(key)
    return form.number(key).as_integer_ratio()


# By the key that only this kind of award has; without any it is a fixed one.
_READERS: Mapping[str, Callable[[Form, str], Award]] = {
    "per": _read_amount,
    "bands": _read_bands,
    "per_item": _read_item,
    "points_from": _read_property,
}
_MEASURES = frozenset({"per", "bands", "per_item"})
