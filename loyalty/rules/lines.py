"""One line of an order: what is left of it, and what part of it counts.

Shipping is a line of its own here, so that tax and payments are shared and
refunds are followed by one piece of arithmetic. Money is minor units.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.money import share
from loyalty.rules.refunds import Left


class Parts(NamedTuple):
    """A line as ordered, before refunds.

    `gross` is the amount after the line's own discount, `net` after the order's
    too; the others are the line's shares of what was stated for the order.
    """

    gross: int
    net: int
    tax: int = 0
    by_points: int = 0
    by_cards: int = 0


class Switches(NamedTuple):
    """What a rule counts into its base. `True` counts it in."""

    tax: bool = False
    shipping: bool = False
    points_paid: bool = False
    gift_cards_paid: bool = False
    gift_card_products: bool = False
    ignore_discounts: bool = False


class OrderLine(NamedTuple):
    """One line as it stands now, net of refunds.

    `amount` is the line's share of the order's subtotal; `undiscounted` and
    `undiscounted_tax` are the same had there been no order discount, with the tax in
    proportion to the price. `units` is 0 when nothing is left, also
    when the money went back without the goods being named.
    """

    id: str
    gift_card: bool
    units: int
    amount: int
    undiscounted: int
    undiscounted_tax: int
    tax: int
    by_points: int
    by_cards: int

    def base(self, switches: Switches) -> int:
        """Return the part of the line that a rule with these switches counts."""
        if self.gift_card and not switches.gift_card_products:
            return 0
        base, tax = self.amount, self.tax
        if switches.ignore_discounts:
            base, tax = self.undiscounted, self.undiscounted_tax
        if switches.tax:
            base += tax
        if not switches.points_paid:
            base -= self.by_points
        if not switches.gift_cards_paid:
            base -= self.by_cards
        return max(base, 0)


class Bases(NamedTuple):
    """What one combination of switches makes of an order.

    `units` are the units of each line that can count: a gift card is not goods
    unless its rule says so.
    """

    lines: tuple[int, ...]
    shipping: int
    units: tuple[int, ...]


def settle_line(
    line: Mapping[str, Any], parts: Parts, left: Left, *, tax_included: bool
) -> OrderLine:
    """Return the line as it stands when `left` is left of it.

    Free goods have no money to go by; their units say how much is left.
    """
    part, whole = left.money, parts.net
    full_tax = parts.tax
    if full_tax and whole and whole != parts.gross:
        full_tax = share(full_tax, parts.gross, whole)
    if not whole:
        part, whole = left.units, line["quantity"]
    if part != whole:
        parts = Parts._make(share(amount, part, whole) for amount in parts)
        full_tax = share(full_tax, part, whole)
    included, full_included = (parts.tax, full_tax) if tax_included else (0, 0)
    return OrderLine(
        id=line["id"],
        gift_card=line["gift_card"],
        units=left.units,
        amount=max(left.money - included, 0),
        undiscounted=max(parts.gross - full_included, 0),
        undiscounted_tax=full_tax,
        tax=parts.tax,
        by_points=parts.by_points,
        by_cards=parts.by_cards,
    )
