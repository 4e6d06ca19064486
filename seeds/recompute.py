"""What every order should have earned, worked out a second time.

This is the check on the engine, so it shares nothing with it: plain Python over
the statements as they were made, with the rules of gift_shop.yaml written out
by hand. An order's points follow from its last statement alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any

# The rules of gift_shop.yaml. Christmas begins and ends at midnight in London,
# which is UTC in winter; RFC 3339 times in UTC compare as text.
CHRISTMAS_SKUS = frozenset({"22086", "22910", "22940", "22941", "22943"})
CHRISTMAS_BEGINS = "2010-12-01T00:00:00Z"
CHRISTMAS_ENDS = "2010-12-25T00:00:00Z"
CHRISTMAS_TIMES = 2
PENCE_PER_POINT = 100
BULK_FROM = 20000
BULK_POINTS = 50


def points_of(order: Mapping[str, Any]) -> int:
    """Return the points that an order, stated as `order`, is worth to its member.

    Without a member it is worth nothing, nor when all goods have come back,
    whatever the shop kept of the money. Likewise, with all its Christmas
    decorations gone, nothing of it counts twice.
    """
    lines = order.get("lines", [])
    if not order.get("member") or not any(_kept_units(line) for line in lines):
        return 0
    twice = _counted_twice(lines, order["paid_at"])
    subtotal = base = 0
    for line in lines:
        kept = _kept_pence(line)
        subtotal += kept
        if not line.get("gift_card"):
            base += kept * (CHRISTMAS_TIMES if line["sku"] in twice else 1)
    bulk = BULK_POINTS if subtotal >= BULK_FROM else 0
    return base // PENCE_PER_POINT + bulk


def expected_points(facts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the points of every order by its id, judged by its latest version."""
    latest: dict[str, tuple[int, int]] = {}
    for fact in facts:
        if fact["kind"] != "order":
            continue
        version, _ = latest.get(fact["id"], (0, 0))
        if fact["version"] > version:
            latest[fact["id"]] = (fact["version"], points_of(fact))
    return {order: points for order, (_, points) in latest.items()}


def _counted_twice(lines: Iterable[Mapping[str, Any]], paid_at: str) -> frozenset[str]:
    """Return the articles that count twice in an order of these lines."""
    christmas = CHRISTMAS_BEGINS <= paid_at < CHRISTMAS_ENDS
    left = any(line["sku"] in CHRISTMAS_SKUS and _kept_units(line) for line in lines)
    return CHRISTMAS_SKUS if christmas and left else frozenset()


def _kept_units(line: Mapping[str, Any]) -> int:
    return int(line["quantity"] - line.get("refunded_quantity", 0))


def _kept_pence(line: Mapping[str, Any]) -> int:
    paid = int(line["quantity"] * line["unit_price"] - line.get("discount", 0))
    refunded = line.get("refunded_amount")
    if refunded is None:
        # What came back is worth its share of the line, rounded half up.
        returned, quantity = line.get("refunded_quantity", 0), line["quantity"]
        refunded = (2 * paid * returned + quantity) // (2 * quantity)
    return paid - int(refunded)
