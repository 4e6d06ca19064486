"""A refund that a storefront reports by itself, beside its order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import Problem
from loyalty.rules.statements.orders import MOST_LINES
from loyalty.rules.statements.reading import (
    Fault,
    Parser,
    ahead,
    check_id,
    parse_list,
    raise_any,
    read_body,
    read_object,
    repeated,
)
from loyalty.rules.statements.values import (
    parse_id,
    parse_quantity,
    parse_time,
    parse_whole,
)


@dataclass(frozen=True, slots=True)
class RefundStatement:
    """Goods (`lines`: line id and quantity) and money that went back.

    `amount` is money not tied to lines; both add up. Whether the order has these
    lines, and as much left, is for the order to say: it may not be known yet.
    """

    order: str
    id: str
    amount: int
    lines: list[tuple[str, int]]
    refunded_at: datetime | None


def parse_refund(order_id: str, data: object, *, now: datetime) -> RefundStatement:
    """Check a stated refund.

    :raises InvalidInput: with everything that is wrong
    """
    stated: dict[str, Any] = {}
    problems = check_id("order", order_id, parse_id)
    problems += read_body(data, REFUND, stated, needs=("id",))
    problems += ahead(stated, ("refunded_at",), now)
    if not problems and "amount" not in stated and not stated.get("lines"):
        detail = "a refund has an amount, or lines"
        problems.append(Problem("", "required", detail))
    raise_any(problems)
    return RefundStatement(
        order=order_id,
        id=stated["id"],
        amount=stated.get("amount", 0),
        lines=stated.get("lines", []),
        refunded_at=stated.get("refunded_at"),
    )


def parse_lines(value: object) -> list[tuple[str, int]]:
    lines = parse_list(value, parse_line, MOST_LINES)
    if problems := repeated([line_id for line_id, _ in lines]):
        raise Fault(problems)
    return lines


def parse_line(value: object) -> tuple[str, int]:
    """Return the id of a line and how many of it came back."""
    line: dict[str, Any] = {}
    if problems := read_object(value, LINE, line, needs=("id", "quantity")):
        raise Fault(problems)
    return line["id"], line["quantity"]


# How each field is read, in the order of the documentation.
LINE: dict[str, Parser] = {"id": parse_id, "quantity": parse_quantity}
REFUND: dict[str, Parser] = {
    "id": parse_id,
    "amount": parse_whole,
    "lines": parse_lines,
    "refunded_at": parse_time,
}
REFUND_FIELDS = tuple(REFUND)
REFUND_LINE_FIELDS = tuple(LINE)
