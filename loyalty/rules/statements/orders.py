"""An order as a storefront states it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import Problem
from loyalty.rules.statements.attributes import parse_attributes
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
    unless_empty,
)
from loyalty.rules.statements.values import (
    parse_currency,
    parse_email,
    parse_flag,
    parse_id,
    parse_labels,
    parse_name,
    parse_phone,
    parse_quantity,
    parse_text,
    parse_time,
    parse_whole,
)

STATUSES = ("pending", "paid", "fulfilled", "cancelled")
TIMES = ("updated_at", "placed_at", "paid_at", "fulfilled_at", "cancelled_at")

# A shop whose year we replay has an order of 1,114 lines.
MOST_LINES = 2000
# Ten trillion in a currency with two decimals: more is a mistake, and a thousand such
# orders still fit a wallet.
LARGEST_AMOUNT = 10**15
LONGEST_BODY = 2_000_000
# So few lines need no weighing: the limits of their fields bound them.
FEW_LINES = 20


@dataclass(frozen=True, slots=True)
class OrderStatement:
    """What a storefront says an order is now.

    `body` is the content in the contract's form with every default filled in:
    two statements say the same if their bodies are equal, however they were
    spelt. The times are those that were stated; nothing is filled in there.
    """

    id: str
    member: str | None
    guest_email: str
    guest_phone: str
    version: int | None
    updated_at: datetime | None
    status: str
    placed_at: datetime | None
    paid_at: datetime | None
    fulfilled_at: datetime | None
    cancelled_at: datetime | None
    body: dict[str, Any]


def parse_order(
    external_id: str, data: object, *, currency: str, now: datetime
) -> OrderStatement:
    """Check a stated order and bring it into one form.

    More refunded than bought, or more paid by points and gift cards than the
    total, is no error here: that is clamped where the order is valued.

    :raises InvalidInput: with everything that is wrong
    """
    body = _blank_order(currency)
    problems = check_id("id", external_id, parse_id)
    problems += read_body(data, ORDER, body, needs=("status",))
    problems += ahead(body, TIMES, now)
    problems += _clashes(body, currency)
    problems += _settle_lines(body, problems)
    # What a refused field would have been is a guess; guesses prove nothing.
    raise_any(problems or _contradictions(body))
    email, phone = body.pop("guest", ("", ""))
    return OrderStatement(
        id=external_id,
        member=body.pop("member", None),
        guest_email=email,
        guest_phone=phone,
        version=body.pop("version", None),
        updated_at=body.pop("updated_at", None),
        status=body["status"],
        placed_at=body.pop("placed_at", None),
        paid_at=body.pop("paid_at", None),
        fulfilled_at=body.pop("fulfilled_at", None),
        cancelled_at=body.pop("cancelled_at", None),
        body=body,
    )


def parse_status(value: object) -> str:
    text = parse_text(value)
    if text not in STATUSES:
        raise Fault.of("invalid_choice", f"must be one of {', '.join(STATUSES)}")
    return text


def parse_guest(value: object) -> tuple[str, str]:
    """Return a guest's e-mail address and phone, "" for what was not stated."""
    guest = {"email": "", "phone": ""}
    if problems := read_object(value, GUEST, guest):
        raise Fault(problems)
    return guest["email"], guest["phone"]


def parse_lines(value: object) -> list[dict[str, Any]]:
    """Return the lines of an order; a line without an id is named by its place."""
    lines = parse_list(value, parse_line, MOST_LINES)
    for position, line in enumerate(lines, 1):
        line["id"] = line["id"] or str(position)
    if problems := repeated([line["id"] for line in lines]):
        raise Fault(problems)
    return lines


def parse_line(value: object) -> dict[str, Any]:
    line = _blank_line()
    problems = read_object(value, LINE, line, needs=("unit_price",))
    if problems:
        raise Fault(problems)
    gross = line["quantity"] * line["unit_price"]
    if gross > LARGEST_AMOUNT:
        raise Fault.of("out_of_range", f"amounts to more than {LARGEST_AMOUNT}")
    if line["discount"] > gross:
        problem = Problem("/discount", "inconsistent", "is more than the line costs")
        raise Fault([problem])
    return line


# How each field is read, in the order of the documentation.
GUEST: dict[str, Parser] = {
    "email": unless_empty(parse_email, ""),
    "phone": unless_empty(parse_phone, ""),
}
LINE: dict[str, Parser] = {
    "id": parse_id,
    "sku": parse_text,
    "name": parse_name,
    "categories": parse_labels,
    "quantity": parse_quantity,
    "unit_price": parse_whole,
    "discount": parse_whole,
    "tax": parse_whole,
    "refunded_quantity": parse_whole,
    "refunded_amount": parse_whole,
    "gift_card": parse_flag,
    "attributes": parse_attributes,
}
ORDER: dict[str, Parser] = {
    "member": parse_id,
    "guest": parse_guest,
    "version": parse_whole,
    "updated_at": parse_time,
    "status": parse_status,
    "currency": parse_currency,
    "placed_at": parse_time,
    "paid_at": parse_time,
    "fulfilled_at": parse_time,
    "cancelled_at": parse_time,
    "lines": parse_lines,
    "subtotal": parse_whole,
    "discount": parse_whole,
    "tax": parse_whole,
    "tax_included": parse_flag,
    "shipping": parse_whole,
    "refunded_amount": parse_whole,
    "refunded_shipping": parse_whole,
    "paid_with_points": parse_whole,
    "paid_with_gift_cards": parse_whole,
    "redemptions": parse_labels,
    "vouchers": parse_labels,
    "referral_code": unless_empty(parse_text, None),
    "coupons": parse_labels,
    "channel": parse_text,
    "store": parse_text,
    "attributes": parse_attributes,
}
ORDER_FIELDS = tuple(ORDER)
LINE_FIELDS = tuple(LINE)
GUEST_FIELDS = tuple(GUEST)


def _blank_order(currency: str) -> dict[str, Any]:
    return {
        "status": "",
        "currency": currency,
        "lines": [],
        "discount": 0,
        "tax": 0,
        "tax_included": False,
        "shipping": 0,
        "refunded_amount": 0,
        "refunded_shipping": 0,
        "paid_with_points": 0,
        "paid_with_gift_cards": 0,
        "redemptions": [],
        "vouchers": [],
        "referral_code": None,
        "coupons": [],
        "channel": "",
        "store": "",
        "attributes": {},
    }


def _blank_line() -> dict[str, Any]:
    return {
        "id": None,
        "sku": "",
        "name": "",
        "categories": [],
        "quantity": 1,
        "unit_price": 0,
        "discount": 0,
        "tax": None,
        "refunded_quantity": 0,
        "refunded_amount": None,
        "gift_card": False,
        "attributes": {},
    }


def _clashes(body: dict[str, Any], currency: str) -> list[Problem]:
    """Return what cannot stand side by side, and money that is not the program's."""
    problems = []
    if body["currency"] != currency:
        detail = f"the program's currency is {currency}"
        problems.append(Problem("/currency", "currency_mismatch", detail))
    if body.get("member") and any(body.get("guest", ())):
        detail = "an order has a member or a guest, not both"
        problems.append(Problem("/guest", "inconsistent", detail))
    if "subtotal" in body and body["lines"]:
        detail = "stands in place of lines; state one of them"
        problems.append(Problem("/subtotal", "inconsistent", detail))
    return problems


def _settle_lines(body: dict[str, Any], problems: list[Problem]) -> list[Problem]:
    """Let a subtotal stand for one line, and miss the lines if there is neither."""
    subtotal = body.pop("subtotal", None)
    if subtotal is not None and not body["lines"]:
        body["lines"] = [_blank_line() | {"id": "1", "unit_price": subtotal}]
    if body["lines"]:
        return []
    if any(p.pointer.startswith(("/lines", "/subtotal")) for p in problems):
        return []
    return [Problem("/lines", "required", "an order has lines, or a subtotal")]


def _contradictions(body: dict[str, Any]) -> list[Problem]:
    """Return what is too much, and amounts that cannot all be true."""
    lines = body["lines"]
    gross = goods = taxes = 0
    for line in lines:
        amount = line["quantity"] * line["unit_price"]
        gross += amount
        goods += amount - line["discount"]
        taxes += line["tax"] or 0
    if gross + body["shipping"] + body["tax"] + taxes > LARGEST_AMOUNT:
        return [Problem("", "out_of_range", f"amounts to more than {LARGEST_AMOUNT}")]
    if len(lines) > FEW_LINES and _length_of(body) > LONGEST_BODY:
        detail = f"at most {LONGEST_BODY:,} characters as JSON"
        return [Problem("", "too_long", detail)]
    if body["discount"] > goods:
        return [Problem("/discount", "inconsistent", "is more than the goods cost")]
    if body["tax_included"]:
        return _excessive_taxes(body, goods - body["discount"] + body["shipping"])
    return []


def _length_of(body: dict[str, Any]) -> int:
    # Times are still times here; as text they are as long as any.
    return len(json.dumps(body, ensure_ascii=False, default=str))


def _excessive_taxes(body: dict[str, Any], total: int) -> list[Problem]:
    """Return each tax that is greater than the price it is said to be part of."""
    problems = []
    if body["tax"] > total:
        detail = "is included, but more than the total"
        problems.append(Problem("/tax", "inconsistent", detail))
    for index, line in enumerate(body["lines"]):
        net = line["quantity"] * line["unit_price"] - line["discount"]
        if (line["tax"] or 0) > net:
            detail = "is included, but more than the line costs"
            at = f"/lines/{index}/tax"
            problems.append(Problem(at, "inconsistent", detail))
    return problems
