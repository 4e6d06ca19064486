"""Facts end in the same state, in whatever order they arrive."""

from itertools import permutations

import pytest

from engine.pipeline import state_fact
from loyalty.models import LimitUse, MemberEvent, Order, Redemption
from loyalty.queries.balances import WalletView, forecast_of
from tests.factories import (
    NOON,
    SPEND,
    event_stated,
    make_member,
    make_program,
    order_stated,
    redeem,
    refund_stated,
)
from tests.proof import prove, prove_days

pytestmark = pytest.mark.django_db

TIMES = {"placed_at": "2026-05-01T10:00:00Z", "paid_at": "2026-05-01T11:00:00Z"}
LINES = [
    {"id": "1", "sku": "A", "quantity": 3, "unit_price": 2000},
    {"id": "2", "sku": "B", "quantity": 1, "unit_price": 1500},
    {"id": "3", "sku": "C", "quantity": 1, "unit_price": 999},
]
RETURNED = [LINES[0], LINES[1] | {"refunded_quantity": 1}, LINES[2]]


def five_facts(program):
    return [
        order_stated(
            program, version=1, status="pending", placed_at=TIMES["placed_at"], lines=LINES
        ),
        order_stated(program, version=2, status="paid", lines=LINES, **TIMES),
        refund_stated(
            program, lines=[{"id": "1", "quantity": 1}], refunded_at="2026-05-03T09:00:00Z"
        ),
        order_stated(
            program,
            version=3,
            status="fulfilled",
            fulfilled_at="2026-05-02T15:00:00Z",
            lines=RETURNED,
            **TIMES,
        ),
        event_stated(program, type="review", occurred_at="2026-05-03T08:00:00Z"),
    ]


def shop():
    hold = {"after": "fulfilled", "days": 14, "timeout": "60 days"}
    return make_program(
        rules={
            "spend": SPEND | {"limits": [{"points": 60, "per": "month"}]},
            "bonus": {"on": "order", "award": {"points": 8}, "lines": 'line.sku == "C"'},
            "review": {"on": "review", "award": {"points": 7}},
        },
        points={"hold": hold, "expiry": {"after": "6 months", "round_up_to": "month"}},
    )


def state_of(program, member):
    order = Order.objects.get(program=program)
    event = MemberEvent.objects.get(program=program, type="review")
    posted = {code: dict(posted) for code, posted in order.posted.items()}
    for points in posted.values():
        del points["lots"]
    uses = LimitUse.objects.filter(program=program).order_by("rule")
    return {
        "wallets": forecast_of(member, at=NOON, now=NOON),
        "order": (order.version, order.status, order.body, order.refunds, posted),
        "times": (order.placed_at, order.paid_at, order.fulfilled_at, order.cancelled_at),
        "worth": (order.subtotal, order.total, order.counts, order.waiting),
        "frozen": order.frozen,
        "event": (event.member_id == member.pk, event.waiting, event.posted),
        "limits": list(uses.values_list("rule", "source_id", "points", "times")),
    }


def after(order):
    program = shop()
    ada = make_member(program)
    facts = five_facts(program)
    for place in order:
        state_fact(program, facts[place], at=NOON)
    prove(program)
    prove_days(program)
    return state_of(program, ada)


def test_all_120_orders_of_five_facts_end_in_the_same_state():
    first, *others = [after(order) for order in permutations(range(5))]

    # 40.00 and 9.99 are left of the order: 49 points, 8 for the third line, 7 for the
    # review. They wait until 14 days after the goods arrived, or the review was written.
    assert first["wallets"]["points"].view == WalletView(pending=64, lifetime_earned=64)
    activating = first["wallets"]["points"].activating
    assert activating == [
        (NOON.replace(day=16, hour=15), 57),
        (NOON.replace(day=17, hour=8), 7),
    ]
    assert [state for state in others if state != first] == []


def paid_with_points(program, cart):
    """Return an order's life, whose points were held before, and come back in part."""
    named = {"lines": LINES, "redemptions": [str(cart)]}
    returned = {"lines": RETURNED, "redemptions": [str(cart)]}
    times = TIMES | {"fulfilled_at": "2026-05-02T15:00:00Z"}
    one = {"lines": [{"id": "1", "quantity": 1}], "refunded_at": "2026-05-03T09:00:00Z"}
    return [
        order_stated(program, version=1, status="pending", **named),
        order_stated(program, version=2, status="paid", **named, **TIMES),
        order_stated(program, version=3, status="fulfilled", **returned, **times),
        refund_stated(program, "1001", "r-1", **one),
    ]


def after_paying(order):
    program = make_program(points={"value": "0.01"})
    ada = make_member(program, points=100)
    cart = redeem(ada, point_type="points", points=50, order_total=8499)
    facts = paid_with_points(program, cart)
    for place in order:
        state_fact(program, facts[place], at=NOON)
    prove(program)
    prove_days(program)
    row = Order.objects.get(program=program)
    return {
        "wallets": forecast_of(ada, at=NOON, now=NOON),
        "cart": Redemption.objects.filter(program=program).values_list(
            "status", "captured_points", "reversed_points", "order_ref"
        )[0],
        "order": (row.version, row.status, row.refunds, row.counts),
    }


def test_all_24_orders_of_a_life_paid_with_points_end_in_the_same_state():
    first, *others = [after_paying(order) for order in permutations(range(4))]

    # 35.00 of 84.99 came back: 20 of 50 points, and 49 are earned on what is left.
    assert first["cart"] == ("captured", 50, 20, "1001")
    assert first["wallets"]["points"].view == WalletView(
        available=100 - 50 + 20 + 49, lifetime_earned=149, lifetime_redeemed=30
    )
    assert [state for state in others if state != first] == []
