"""Orders and rule sets to judge, with everything that a test does not care about."""

from datetime import UTC, datetime

from loyalty.rules.earning import evaluate_event, evaluate_order
from loyalty.rules.orders import order_facts
from loyalty.rules.ruleset import compile_rule_set

# A Friday in Berlin, 14:00 local time.
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def line(line_id="1", **given):
    return {
        "id": line_id,
        "sku": f"SKU-{line_id}",
        "name": "",
        "categories": [],
        "quantity": 1,
        "unit_price": 1000,
        "discount": 0,
        "tax": None,
        "refunded_quantity": 0,
        "refunded_amount": None,
        "gift_card": False,
        "attributes": {},
    } | given


def order(*lines, **given):
    return {
        "status": "paid",
        "currency": "EUR",
        "lines": list(lines) or [line()],
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
    } | given


def refund(refund_id="r-1", amount=0, **units):
    """Return a posted refund; `units` are quantities by line id, as `_1=2`."""
    lines = [{"id": key.lstrip("_"), "quantity": units[key]} for key in units]
    return {"id": refund_id, "amount": amount, "lines": lines}


def content(rules, **given):
    return {
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "point_types": {"points": {"hold": "none", "expiry": "never"}},
        "rules": rules,
    } | given


def rule_set(rules, **given):
    return compile_rule_set(content(rules, **given))


def judge(rules, body, *, refunds=(), member=None, bonuses=(), at=NOON, **given):
    """Return what the rules make of an order."""
    return evaluate_order(
        rule_set(rules, **given),
        order_facts(body, refunds),
        at=at,
        fulfilled_at=None,
        member=member or {},
        bonuses=bonuses,
    )


def judge_event(rules, event, *, member=None, bonuses=(), at=NOON, **given):
    """Return what the rules make of an event."""
    return evaluate_event(
        rule_set(rules, **given), event, at=at, member=member or {}, bonuses=bonuses
    )


def points_of(rules, body, **given):
    """Return the points that an order earns."""
    return judge(rules, body, **given).totals()["points"]


def points_of_rule(rule, body, **given):
    """Return the points that one rule gives an order."""
    return points_of({"rule": rule}, body, **given)


def why_not(evaluation):
    """Return the reason of every rule that gave nothing."""
    return {each.code: each.why_not for each in evaluation.outcomes if each.why_not}
