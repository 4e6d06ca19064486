"""What a reward gives, in the program file's form, and what that is worth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.errors import Problem
from core.expressions import Expression, ExpressionError, compile_expression
from loyalty.rules.fields import Tiers, lines_schema
from loyalty.rules.forms import Form, raise_if_any
from loyalty.rules.paying import (
    PayTerms,
    PointTypeFace,
    read_payment,
    read_percent,
    read_point_type,
)

YIELD_VOUCHERS = frozenset(
    {"fixed", "percent", "free_product", "free_shipping", "buy_get", "gift_card"}
)
NEED_WORK = frozenset({"physical", "custom"})


@dataclass(frozen=True, slots=True, eq=False)
class Gives:
    """One thing that a reward gives. Money is in minor units.

    `kind` is fixed, percent, pay, free_product, free_shipping, buy_get, gift_card,
    entitlement, donation, points, physical or custom; `form` the mapping it was
    read from, with the point type and the rate that hold where it names none, so
    that it means the same for ever. `amount` is that of fixed, gift_card and
    donation.
    """

    kind: str
    form: Mapping[str, Any]
    amount: int = 0
    minimum_order: int = 0
    percent: Decimal = Decimal(100)
    at_most: int | None = None
    pay: PayTerms | None = None
    points: int = 0
    point_type: str = ""
    lines: Expression | None = field(default=None, repr=False)

    @property
    def yields_voucher(self) -> bool:
        return self.kind in YIELD_VOUCHERS

    @property
    def needs_work(self) -> bool:
        """Say whether somebody has to send or do something."""
        return self.kind in NEED_WORK

    def discount(self, subtotal: int | None) -> int | None:
        """Return what it takes off an order, at most its subtotal; fractions are dropped.

        None where that is not for us to say: goods and shipping have the
        storefront's prices, and a percentage of an unknown order is unknown.
        """
        if self.kind in ("fixed", "gift_card"):
            if subtotal is None:
                return self.amount
            return min(self.amount, subtotal) if subtotal >= self.minimum_order else 0
        if self.kind != "percent" or subtotal is None:
            return None
        share = int(subtotal * Fraction(self.percent) / 100)
        return share if self.at_most is None else min(share, self.at_most)


@dataclass(frozen=True, slots=True)
class Offer:
    """What gives are read by: the program's currency, its point types and its tiers.

    Without `tiers`, conditions may ask for any.
    """

    currency: str
    point_types: Mapping[str, PointTypeFace]
    tiers: Tiers | None = None


def gives_of(
    form: Mapping[str, Any], *, currency: str, point_types: Mapping[str, PointTypeFace]
) -> Gives:
    """Return what a stored form gives.

    :raises InvalidInput: with a pointer for everything that is wrong
    """
    problems: list[Problem] = []
    gives = read_gives(Form(form, "", problems), Offer(currency, point_types))
    raise_if_any(problems)
    if gives is None:
        raise ValueError("a form without a problem gives something")
    return gives


def read_gives(form: Form, offer: Offer) -> Gives | None:
    """Return what a form says is given, after noting what is wrong with it."""
    kind = next((key for key in READERS if key in form), None)
    if kind is None:
        for key in READERS:
            form.take(key)
        form.finish()
        detail = f"say what it gives: one of {', '.join(READERS)}"
        form.refuse(None, "one_of", detail)
        return None
    gives = READERS[kind](form, offer)
    form.finish()
    return gives


def _read_fixed(form: Form, offer: Offer) -> Gives:
    amount = _amount(form, "fixed", offer)
    minimum = form.money("minimum_order", offer.currency) or 0
    return Gives("fixed", form.given(), amount=amount, minimum_order=minimum)


def _read_percent(form: Form, offer: Offer) -> Gives:
    percent = read_percent(form, "percent", Decimal(100))
    at_most = _amount(form, "at_most", offer) if "at_most" in form else None
    form.take("at_most")
    return Gives("percent", form.given(), percent=percent, at_most=at_most)


def _read_buy(form: Form, offer: Offer) -> Gives:
    form.whole("buy", 1, least=1, most=1000)
    form.require("get")
    form.whole("get", 1, least=1, most=1000)
    percent = read_percent(form, "percent", Decimal(100))
    lines = None
    if source := form.text("lines"):
        try:
            lines = compile_expression(source, lines_schema(offer.tiers))
        except ExpressionError as error:
            form.problems.append(error.problem(form.at("lines")))
    return Gives("buy_get", form.given(), percent=percent, lines=lines)


def _read_free_shipping(form: Form, _offer: Offer) -> Gives:
    if not form.flag("free_shipping", True):
        form.refuse("free_shipping", "wrong_type", "expected true")
    return Gives("free_shipping", form.given())


def _read_gift_card(form: Form, offer: Offer) -> Gives:
    return Gives("gift_card", form.given(), amount=_amount(form, "gift_card", offer))


def _read_entitlement(form: Form, _offer: Offer) -> Gives:
    form.text("entitlement", longest=60)
    quantity = form.whole("quantity", 1, least=1)
    return Gives("entitlement", form.given() | {"quantity": quantity})


def _read_donation(form: Form, offer: Offer) -> Gives:
    form.text("to", longest=120)
    return Gives("donation", form.given(), amount=_amount(form, "donation", offer))


def _read_points(form: Form, offer: Offer) -> Gives:
    points = form.whole("points", 1, least=1)
    code = read_point_type(form, offer.point_types)
    kept = form.given() | {"point_type": code}
    return Gives("points", kept, points=points, point_type=code)


def _read_pay(form: Form, offer: Offer) -> Gives | None:
    pay = Form(form.take("pay"), form.at("pay"), form.problems)
    terms = read_payment(pay, offer.currency, offer.point_types)
    if terms is None:
        return None
    value = offer.point_types[terms.point_type].value
    kept = {
        "point_type": terms.point_type,
        "rate": str(pay.given().get("rate", format(value.normalize(), "f"))),
        "minimum": terms.minimum,
        "step": terms.step,
        "at_most_percent": str(terms.at_most_percent),
    }
    return Gives("pay", {"pay": kept}, pay=terms, point_type=terms.point_type)


def _read_custom(form: Form, _offer: Offer) -> Gives:
    if not isinstance(form.take("custom"), Mapping):
        form.refuse("custom", "wrong_type", "expected a mapping such as {key: value}")
    return Gives("custom", form.given())


def _text_reader(kind: str, longest: int) -> Callable[[Form, Offer], Gives]:
    def read(form: Form, _offer: Offer) -> Gives:
        form.text(kind, longest=longest)
        return Gives(kind, form.given())

    return read


# By the first key that is there: "buy" has a percentage as well.
READERS: Mapping[str, Callable[[Form, Offer], Gives | None]] = {
    "fixed": _read_fixed,
    "buy": _read_buy,
    "percent": _read_percent,
    "pay": _read_pay,
    "free_product": _text_reader("free_product", 255),
    "free_shipping": _read_free_shipping,
    "gift_card": _read_gift_card,
    "entitlement": _read_entitlement,
    "donation": _read_donation,
    "points": _read_points,
    "physical": _text_reader("physical", 255),
    "custom": _read_custom,
}


def _amount(form: Form, key: str, offer: Offer) -> int:
    """Return an amount above nothing, in minor units."""
    amount = form.money(key, offer.currency)
    if amount == 0:
        form.refuse(key, "out_of_range", "expected an amount above 0")
    return amount or 0
