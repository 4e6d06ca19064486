"""An order as the rules see it: what it is worth now, line by line.

No database, no clock. Money is minor units throughout.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import invalid
from core.money import allocate
from loyalty.rules.lines import Bases, OrderLine, Parts, Switches, settle_line
from loyalty.rules.refunds import Left, Remains, remains_of, untouched

LARGEST = 2**63 - 1

SHIPPING = {"id": "shipping", "quantity": 1, "gift_card": False}

# What `subtotal` in place of lines stands for.
ONE_LINE: Mapping[str, Any] = {
    "id": "",
    "sku": "",
    "name": "",
    "categories": [],
    "quantity": 1,
    "discount": 0,
    "tax": None,
    "refunded_quantity": 0,
    "refunded_amount": None,
    "gift_card": False,
    "attributes": {},
}


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order as it was placed, with what it shares out shared out."""

    body: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    parts: Sequence[Parts]
    shipping: Parts


@dataclass(slots=True, eq=False)
class OrderFacts:
    """An order as it stands now, net of refunds.

    `subtotal`, `tax` (shipping's included) and `total` are minor units; payment
    by points or gift cards lowers none of them. `clamped` is money that was
    asked back but not there any more. `goods_after_discounts` and
    `refunded_goods` are in the terms of the lines, for giving back points that
    were spent on the order.
    """

    lines: tuple[OrderLine, ...]
    shipping: OrderLine
    subtotal: int
    tax: int
    total: int
    clamped: int
    unknown_refund_lines: tuple[str, ...]
    goods_after_discounts: int
    refunded_goods: int
    goods_left: bool
    ordered: Ordered = field(repr=False)
    _bases: dict[Switches, Bases] = field(default_factory=dict, repr=False)
    _scope: dict[str, Any] | None = field(default=None, repr=False)
    _line_scopes: list[dict[str, Any]] | None = field(default=None, repr=False)
    _before: "OrderFacts | None" = field(default=None, repr=False)

    @property
    def status(self) -> str:
        status: str = self.ordered.body["status"]
        return status

    @property
    def goods_before_discounts(self) -> int:
        """What all lines came to, before the order's own discount and any refund."""
        return sum(parts.gross for parts in self.ordered.parts)

    @property
    def is_worth_something(self) -> bool:
        """Whether it earns at all: paid for, and not all of it given back."""
        return self.goods_left and self.status in {"paid", "fulfilled"}

    def bases(self, switches: Switches) -> Bases:
        """Return what counts under these switches. Rules that agree share it."""
        found = self._bases.get(switches)
        if found is None:
            found = self._bases[switches] = self._bases_for(switches)
        return found

    @property
    def before_refunds(self) -> "OrderFacts":
        """The same order had nothing been refunded."""
        if self._before is None:
            ordered = self.ordered
            nets = [parts.net for parts in ordered.parts]
            self._before = _facts(ordered, untouched(ordered.body, ordered.lines, nets))
        return self._before

    @property
    def scope(self) -> Mapping[str, Any]:
        """What expressions see as `order.*`.

        `is_first`, `weekday` and `hour` are not facts of the order; whoever
        evaluates adds them.
        """
        if self._scope is None:
            self._scope = self._scope_now()
        return self._scope

    @property
    def line_scopes(self) -> Sequence[Mapping[str, Any]]:
        """What expressions see as `line.*`, for each line."""
        if self._line_scopes is None:
            self._line_scopes = [
                _line_scope(stated, line)
                for stated, line in zip(self.ordered.lines, self.lines, strict=True)
            ]
        return self._line_scopes

    def _bases_for(self, switches: Switches) -> Bases:
        cards_count = switches.gift_card_products
        return Bases(
            lines=tuple([line.base(switches) for line in self.lines]),
            shipping=self.shipping.base(switches) if switches.shipping else 0,
            units=tuple(
                [line.units if cards_count or not line.gift_card else 0 for line in self.lines]
            ),
        )

    def _scope_now(self) -> dict[str, Any]:
        body = self.ordered.body
        kept = [
            stated
            for stated, line in zip(self.ordered.lines, self.lines, strict=True)
            if line.units
        ]
        return {
            "subtotal": self.subtotal,
            "total": self.total,
            "currency": body["currency"],
            "channel": body["channel"] or None,
            "store": body["store"] or None,
            "coupons": body["coupons"],
            "skus": _each_once(line["sku"] for line in kept),
            "categories": _each_once(
                category for line in kept for category in line["categories"]
            ),
            "quantity": sum(line.units for line in self.lines),
            "attributes": body["attributes"],
        }


def order_facts(
    body: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]] = ()
) -> OrderFacts:
    """Return what is left of an order, and what its rules may ask of it.

    `body` is the order's statement with every default filled in; `refunds` are
    the refunds posted to it one by one.

    :raises InvalidInput: if the prices add up to more than 2**63 - 1
    """
    ordered = _share_out(body)
    nets = [parts.net for parts in ordered.parts]
    return _facts(ordered, remains_of(body, ordered.lines, nets, refunds))


def _share_out(body: Mapping[str, Any]) -> Ordered:
    """Share order discount, tax and payments over the lines and shipping.

    All by amount after line discounts. A discount of more than there is takes
    what there is.
    """
    lines = body.get("lines")
    if lines is None:
        lines = [{**ONE_LINE, "unit_price": body["subtotal"]}]
    _refuse_overflow(body, lines)
    gross = [max(line["quantity"] * line["unit_price"] - line["discount"], 0) for line in lines]
    discount = min(body["discount"], sum(gross))
    weights = [*gross, body["shipping"]]
    off = _allocate(discount, gross)
    taxes = _taxes(body, lines, weights)
    by_points = _allocate(body["paid_with_points"], weights)
    by_cards = _allocate(body["paid_with_gift_cards"], weights)
    return Ordered(
        body=body,
        lines=lines,
        parts=[
            Parts(amount, amount - off[i], taxes[i], by_points[i], by_cards[i])
            for i, amount in enumerate(gross)
        ],
        shipping=Parts(
            body["shipping"], body["shipping"], taxes[-1], by_points[-1], by_cards[-1]
        ),
    )


def _taxes(
    body: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    weights: Sequence[int],
) -> list[int]:
    """Return the tax of each line and, last, of shipping.

    Tax stated with lines stands; what the order states beyond it belongs to the
    lines that state none, and to shipping.
    """
    own = [line["tax"] for line in lines]
    stated = [tax for tax in own if tax is not None]
    if not stated:
        return _allocate(body["tax"], weights)
    rest = max(body["tax"] - sum(stated), 0)
    silent = [
        weight if tax is None else 0 for weight, tax in zip(weights, [*own, None], strict=True)
    ]
    shared = _allocate(rest, silent) if any(silent) else [0] * len(own) + [rest]
    return [
        part if tax is None else tax for part, tax in zip(shared, [*own, None], strict=True)
    ]


def _facts(ordered: Ordered, remains: Remains) -> OrderFacts:
    included = ordered.body["tax_included"]
    lines = tuple(
        [
            settle_line(stated, parts, left, tax_included=included)
            for stated, parts, left in zip(
                ordered.lines, ordered.parts, remains.lines, strict=True
            )
        ]
    )
    goods_left = any(line.units for line in lines)
    shipping = settle_line(
        SHIPPING,
        ordered.shipping,
        Left(int(goods_left), remains.shipping),
        tax_included=included,
    )
    subtotal = sum(line.amount for line in lines)
    tax = sum(line.tax for line in lines) + shipping.tax
    goods = sum(parts.net for parts in ordered.parts)
    return OrderFacts(
        lines=lines,
        shipping=shipping,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax + shipping.amount,
        clamped=remains.clamped,
        unknown_refund_lines=remains.unknown_lines,
        goods_after_discounts=goods,
        refunded_goods=goods - sum(left.money for left in remains.lines),
        goods_left=goods_left,
        ordered=ordered,
    )


def _line_scope(stated: Mapping[str, Any], line: OrderLine) -> dict[str, Any]:
    categories = stated["categories"]
    return {
        "sku": stated["sku"],
        "name": stated["name"],
        "category": categories[0] if categories else "",
        "categories": categories,
        "quantity": line.units,
        "unit_price": stated["unit_price"],
        "amount": line.amount,
        "attributes": stated["attributes"],
    }


def _allocate(total: int, weights: Sequence[int]) -> list[int]:
    return allocate(total, weights) if total else [0] * len(weights)


def _each_once(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word]


def _refuse_overflow(body: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
    total = body["shipping"] + body["tax"]
    for index, line in enumerate(lines):
        total += line["quantity"] * line["unit_price"]
        if total > LARGEST:
            raise invalid(
                f"/lines/{index}/quantity" if body.get("lines") else "/subtotal",
                "out_of_range",
                "the prices of this order add up to more than 9223372036854775807",
            )
