"""Paying with points at a checkout: what they are worth, and how many may be used."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.money import exponent
from loyalty.rules.forms import LARGEST, Form


@dataclass(frozen=True, slots=True)
class PointTypeFace:
    """What rewards need to know of a point type. `value` is in major units.

    `is_spendable` is False for status points, which only count for tiers.
    """

    kind: str
    value: Decimal
    max_balance: int | None = None

    @property
    def is_spendable(self) -> bool:
        return self.kind != "status"


@dataclass(frozen=True, slots=True)
class PayTerms:
    """How points of one type pay: one is worth `rate` minor units of money.

    A payment is a multiple of `step`, at least `minimum`, and worth at most
    `at_most_percent` of the order.
    """

    point_type: str
    rate: Fraction
    minimum: int = 1
    step: int = 1
    at_most_percent: Decimal = Decimal(100)

    def worth(self, points: int) -> int:
        """Return what points are worth, in whole minor units; fractions are dropped."""
        return points * self.rate.numerator // self.rate.denominator

    def cap(self, order_total: int) -> int:
        """Return how much of an order may be paid with points, in minor units."""
        return int(order_total * Fraction(self.at_most_percent) / 100)


@dataclass(frozen=True, slots=True)
class Quote:
    """What may be paid. `points` are worth `discount` minor units.

    `maximum` is the most that could be used, whatever was asked for.
    """

    points: int
    discount: int
    minimum: int
    step: int
    maximum: int


def quote_payment(
    terms: PayTerms, *, available: int, order_total: int | None, asked: int | None = None
) -> Quote:
    """Return the most points that can be used on an order of `order_total` minor units.

    At most what was asked for, down to the step, none below the minimum, and
    never worth more than may be paid: their exact worth counts, so that nobody
    spends a point that buys nothing. Without a total only the member's points
    limit them.
    """
    most = available
    if order_total is not None:
        most = min(most, int(terms.cap(order_total) / terms.rate))
    maximum = _payable(terms, most)
    points = maximum if asked is None else _payable(terms, min(most, asked))
    return Quote(points, terms.worth(points), terms.minimum, terms.step, maximum)


def _payable(terms: PayTerms, most: int) -> int:
    """Return the greatest payment of at most so many points; 0 if there is none."""
    points = max(most, 0) // terms.step * terms.step
    return points if points >= terms.minimum and terms.worth(points) else 0


def plain_payment(point_type: str, face: PointTypeFace, currency: str) -> PayTerms | None:
    """Return how points pay that no reward says anything about: by their value.

    None if they have no value, or are of a kind that cannot be spent.
    """
    if not face.is_spendable or not face.value:
        return None
    return PayTerms(point_type, _minor(face.value, currency))


def read_payment(
    form: Form, currency: str, point_types: Mapping[str, PointTypeFace]
) -> PayTerms | None:
    """Return what `pay` says, after noting what is wrong with it."""
    point_type = read_point_type(form, point_types)
    face = point_types.get(point_type)
    rate = form.number("rate") if "rate" in form else (face.value if face else Decimal(0))
    form.take("rate")
    step = form.whole("step", 1, least=1)
    minimum = form.whole("minimum", 1, least=1)
    percent = read_percent(form, "at_most_percent", Decimal(100))
    form.finish()
    if face is None:
        return None
    if not face.is_spendable:
        form.refuse("point_type", "not_spendable", f"{point_type} only count for tiers")
        return None
    if not rate:
        detail = f"say what a point is worth, above 0: {point_type} have no value"
        form.refuse("rate" if "rate" in form else None, "out_of_range", detail)
        return None
    terms = PayTerms(point_type, _minor(rate, currency), minimum, step, percent)
    _check_minimum(form, terms, face)
    return terms


def _check_minimum(form: Form, terms: PayTerms, face: PointTypeFace) -> None:
    """Note a minimum that nobody can reach."""
    least = -(-terms.minimum // terms.step) * terms.step
    key = "minimum" if terms.minimum > terms.step else "step"
    if face.max_balance is not None and least > face.max_balance:
        detail = f"nobody can pay {least}: members have at most {face.max_balance}"
        form.refuse(key, "out_of_range", detail)
    elif least > LARGEST or terms.worth(least) > LARGEST:
        form.refuse(key, "out_of_range", f"no order is worth {least} points")


def read_point_type(form: Form, point_types: Mapping[str, PointTypeFace]) -> str:
    """Return the point type that is named, or the first spendable one."""
    code = form.text("point_type") or first_spendable(point_types)
    if code is None:
        form.refuse("point_type", "required", f"name one of {', '.join(point_types)}")
        return ""
    refuse_unknown(form, "point_type", code, point_types)
    return code


def refuse_unknown(
    form: Form, key: str, code: str, point_types: Mapping[str, PointTypeFace]
) -> None:
    """Note a point type that there is not."""
    if code not in point_types:
        offered = ", ".join(point_types) or "none"
        detail = f"there is no point type {code!r}; there is {offered}"
        form.refuse(key, "unknown_point_type", detail)


def first_spendable(point_types: Mapping[str, PointTypeFace]) -> str | None:
    """Return the point type that stands for those that name none."""
    spendable = (code for code, face in point_types.items() if face.kind == "spendable")
    return next(spendable, None)


def read_percent(form: Form, key: str, default: Decimal) -> Decimal:
    """Return a percentage above 0 and up to 100."""
    percent = form.number(key, 100) if key in form else default
    form.take(key)
    if not 0 < percent <= 100:
        form.refuse(key, "out_of_range", f"expected above 0 and at most 100, not {percent}")
        return default
    return percent


def faces_of(forms: Mapping[str, Mapping[str, Any]]) -> dict[str, PointTypeFace]:
    """Return the point types that the program file's forms say, in their order."""
    return {
        code: PointTypeFace(
            kind=form.get("kind") or "spendable",
            value=Decimal(form.get("value") or 0),
            max_balance=form.get("max_balance"),
        )
        for code, form in forms.items()
    }


def _minor(amount: Decimal, currency: str) -> Fraction:
    return Fraction(amount.scaleb(exponent(currency)))
