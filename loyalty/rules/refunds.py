"""What refunds leave of an order. No database, no clock.

Refunds reach us in four forms, and all of them add up: quantities and amounts
stated with the line, money stated with the order, and refunds posted one by one
with quantities, money or both. Money is minor units in the terms of the lines.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.money import allocate, share


class Left(NamedTuple):
    """What is left of one line: units, and money net of refunds."""

    units: int
    money: int


class Remains(NamedTuple):
    """What is left of an order.

    `clamped` is the money that was asked back but was not there any more; units
    beyond what was bought count at the line's price. `unknown_lines` are the ids
    that posted refunds named and the order does not have: they have no price.
    """

    lines: tuple[Left, ...]
    shipping: int
    clamped: int
    unknown_lines: tuple[str, ...]


def remains_of(
    body: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    nets: Sequence[int],
    refunds: Sequence[Mapping[str, Any]] = (),
) -> Remains:
    """Return what all refunds together leave of an order.

    `nets` are the lines' amounts after all discounts. What is left depends only
    on the totals asked back, never on how they were split or in which order they
    came.
    """
    if not (refunds or body["refunded_amount"] or body["refunded_shipping"]) and not any(
        line["refunded_quantity"] or line["refunded_amount"] for line in lines
    ):
        return untouched(body, lines, nets)
    posted = _posted_units(refunds)
    clamped = 0
    left = []
    for line, net in zip(lines, nets, strict=True):
        remaining, excess = _left_of_line(line, net, posted.pop(line["id"], 0))
        left.append(remaining)
        clamped += excess
    asked = body["refunded_amount"] + sum(r.get("amount") or 0 for r in refunds)
    if asked:
        left, excess = _share_refund(left, asked)
        clamped += excess
    shipping = body["shipping"] - body["refunded_shipping"]
    return Remains(
        lines=tuple(
            Left(0, 0) if net and not rest.money else rest
            for rest, net in zip(left, nets, strict=True)
        ),
        shipping=max(shipping, 0),
        clamped=clamped + max(-shipping, 0),
        unknown_lines=tuple(posted),
    )


def untouched(
    body: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], nets: Sequence[int]
) -> Remains:
    """Return the order as if nothing of it had been refunded."""
    return Remains(
        lines=tuple(Left(line["quantity"], net) for line, net in zip(lines, nets, strict=True)),
        shipping=body["shipping"],
        clamped=0,
        unknown_lines=(),
    )


def _posted_units(refunds: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    units: dict[str, int] = {}
    for refund in refunds:
        for line in refund.get("lines") or ():
            units[line["id"]] = units.get(line["id"], 0) + line["quantity"]
    return units


def _left_of_line(line: Mapping[str, Any], net: int, posted: int) -> tuple[Left, int]:
    """Return what is left of one line, and the money asked back beyond it."""
    quantity: int = line["quantity"]
    stated: int = line["refunded_quantity"]
    amount: int | None = line["refunded_amount"]
    if not (stated or posted or amount):
        return Left(quantity, net), 0

    def worth(units: int) -> int:
        # Cumulative, so that however many steps a return takes, the last unit
        # closes the line to the cent.
        return share(net, units, quantity) if quantity else 0

    known = worth(stated) if amount is None else amount
    asked = known + worth(stated + posted) - worth(stated)
    returned = worth(min(stated + posted, quantity)) - worth(min(stated, quantity))
    refunded = min(net, min(known, net) + returned)
    units = max(quantity - stated - posted, 0)
    return Left(units, net - refunded), asked - refunded


def _share_refund(left: Sequence[Left], asked: int) -> tuple[list[Left], int]:
    """Share money not tied to lines over what is left of all of them."""
    money = [rest.money for rest in left]
    refunded = min(asked, sum(money))
    if not refunded:
        return list(left), asked
    shared = [
        Left(rest.units, rest.money - part)
        for rest, part in zip(left, allocate(refunded, money), strict=True)
    ]
    return shared, asked - refunded
