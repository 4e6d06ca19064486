"""What is left of a fact when it must not tell whose it was.

Numbers stay, since refunds are reckoned by them, and so do the shop's own numbers of
orders, lines and refunds. Every other text goes.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loyalty.rules.statements import EventStatement, OrderStatement

# Texts of an order's body that say nothing about a person.
KEPT = frozenset(
    {
        *("id", "type", "status", "currency", "occurred_at"),
        *("placed_at", "paid_at", "fulfilled_at", "cancelled_at", "refunded_at"),
    }
)
# Texts of an announcement that say nothing about a person.
TOLD = frozenset(
    ("point_type", "order", "event", "refund", "reward", "status", "kind", "ladder", "tier")
)
# Our own numbers, and times.
OURS = re.compile(r"[a-z]{2,4}_[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.+Z-]+)?")


def scrubbed_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order's or refund's content without what identifies a person."""
    scrubbed = {name: _scrubbed(name, value) for name, value in body.items()}
    absent = {name: None for name in ("member", "guest", "referral_code") if name in body}
    return scrubbed | absent


def _scrubbed(name: str, value: Any) -> Any:
    if name in ("attributes", "properties"):
        return {}
    if isinstance(value, dict):
        return {key: _scrubbed(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_scrubbed(name, each) for each in value if not isinstance(each, str)]
    if isinstance(value, str) and name not in KEPT:
        return ""
    return value


def without_codes(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a decision came to without the codes of vouchers that were used."""
    used = [voucher | {"code": "erased"} for voucher in outcome.get("used_vouchers", ())]
    return {**outcome, "used_vouchers": used} if used else {**outcome}


def scrubbed_order(statement: OrderStatement) -> OrderStatement:
    """Return a stated order without what identifies a person."""
    return replace(
        statement,
        member=None,
        guest_email="",
        guest_phone="",
        body=scrubbed_body(statement.body),
    )


def scrubbed_event(statement: EventStatement) -> EventStatement:
    """Return a stated event without what identifies a person."""
    return replace(statement, member="", properties={})


def scrubbed_data(data: Any, known_as: Mapping[str, str], name: str = "") -> Any:
    """Return what was announced about a member, with its new id and no other text."""
    if isinstance(data, dict):
        return {key: scrubbed_data(each, known_as, key) for key, each in data.items()}
    if isinstance(data, list):
        return [scrubbed_data(each, known_as, name) for each in data]
    if not isinstance(data, str) or name in TOLD or OURS.fullmatch(data):
        return data
    return known_as.get(data, "")


def renamed(data: Any, known_as: Mapping[str, str]) -> Any:
    """Return what was announced about somebody else, who is named along with a member."""
    if isinstance(data, dict):
        return {key: renamed(each, known_as) for key, each in data.items()}
    if isinstance(data, list):
        return [renamed(each, known_as) for each in data]
    return known_as.get(data, data) if isinstance(data, str) else data
