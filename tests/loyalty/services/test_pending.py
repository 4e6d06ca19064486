"""Points that are earned but not yet released."""

from datetime import timedelta

import pytest

from loyalty.models import Lot
from loyalty.queries.balances import WalletView
from tests.factories import (
    NOON,
    SPEND,
    balance_of,
    entries_of,
    make_member,
    make_program,
    pass_time,
    refund_order,
    state_order,
)

pytestmark = pytest.mark.django_db

FULFILLED = {"after": "fulfilled", "days": 7, "timeout": "30 days"}
PAID = {"placed_at": NOON.isoformat(), "paid_at": NOON.isoformat()}


def shop(**points):
    program = make_program(points=points)
    return program, make_member(program)


def fulfilled(at):
    return PAID | {"status": "fulfilled", "fulfilled_at": at.isoformat()}


def test_held_points_are_pending_until_their_time_comes():
    program, ada = shop(hold={"days": 14})

    state_order(program)
    pass_time(program, days=13, hours=23)

    assert balance_of(ada) == WalletView(pending=50, lifetime_earned=50)


def test_held_points_are_available_from_their_moment_on():
    program, ada = shop(hold={"days": 14})

    state_order(program)
    pass_time(program, days=14)

    assert balance_of(ada) == WalletView(available=50, lifetime_earned=50)


def test_a_refund_takes_pending_points_first():
    program, ada = shop(hold={"days": 14})
    state_order(program)

    refund_order(program, amount=2000)

    assert balance_of(ada) == WalletView(pending=30, lifetime_earned=30)


def test_expiry_counts_from_the_release():
    program, _ = shop(hold={"days": 14}, expiry={"after": "30 days"})

    state_order(program)

    assert Lot.objects.get().expires_at == NOON + timedelta(days=44)


def test_a_late_order_whose_hold_is_over_is_available_at_once():
    program, ada = shop(hold={"days": 14})
    pass_time(program, days=20)

    answer = state_order(program, placed_at=NOON.isoformat())

    assert answer.body["wallets"]["points"] == {
        "available": 50,
        "pending": 0,
        "held": 0,
        "debt": 0,
    }
    assert [entry.kind for entry in entries_of(ada)] == ["earn", "release"]


def test_points_wait_for_the_goods_to_arrive():
    program, ada = shop(hold=FULFILLED)
    state_order(program, version=1, **PAID)
    pass_time(program, days=10)

    state_order(program, version=2, **fulfilled(NOON + timedelta(days=10)))

    assert balance_of(ada).pending == 50
    assert Lot.objects.get().available_at == NOON + timedelta(days=17)


def test_points_are_released_some_days_after_the_goods_arrived():
    program, ada = shop(hold=FULFILLED)
    state_order(program, version=1, **PAID)
    pass_time(program, days=10)
    state_order(program, version=2, **fulfilled(NOON + timedelta(days=10)))

    pass_time(program, days=7)

    assert balance_of(ada).available == 50


def test_goods_that_arrived_long_ago_release_their_points_at_once():
    program, ada = shop(hold=FULFILLED)
    state_order(program, version=1, **PAID)
    pass_time(program, days=20)

    state_order(program, version=2, **fulfilled(NOON + timedelta(days=2)))

    assert balance_of(ada).available == 50
    assert [entry.kind for entry in entries_of(ada)] == ["earn", "release"]


def test_goods_that_never_arrive_release_their_points_after_the_timeout():
    program, ada = shop(hold=FULFILLED)

    state_order(program, **PAID)
    pass_time(program, days=30)

    assert balance_of(ada).available == 50


def test_goods_that_never_arrive_may_cancel_their_points():
    program, ada = shop(hold=FULFILLED | {"on_timeout": "cancel"})

    state_order(program, **PAID)
    pass_time(program, days=30)

    assert balance_of(ada) == WalletView()
    assert [entry.kind for entry in entries_of(ada)] == ["earn", "cancel_pending"]


def test_a_refund_finds_points_that_time_cancelled_already_taken():
    program, ada = shop(hold=FULFILLED | {"on_timeout": "cancel"})
    state_order(program, "1", **PAID)
    pass_time(program, days=30)
    state_order(program, "2", amount=8000, paid_at=program.now().isoformat())

    refund_order(program, "1", amount=2000)
    state_order(program, "1", status="cancelled")

    assert balance_of(ada) == WalletView(pending=80, lifetime_earned=80)


def test_goods_that_arrive_in_time_are_not_cancelled_any_more():
    program, ada = shop(hold=FULFILLED | {"on_timeout": "cancel"})
    state_order(program, version=1, **PAID)
    pass_time(program, days=29)
    state_order(program, version=2, **fulfilled(NOON + timedelta(days=29)))

    pass_time(program, days=7)

    assert balance_of(ada).available == 50


def test_goods_that_arrive_after_points_were_released_move_nothing():
    program, ada = shop(hold=FULFILLED)
    state_order(program, version=1, **PAID)
    pass_time(program, days=30)

    state_order(program, version=2, **fulfilled(NOON + timedelta(days=30)))

    assert balance_of(ada).available == 50
    assert len(entries_of(ada)) == 2


def test_a_refund_with_the_news_that_goods_arrived_keeps_the_rest_pending():
    program, ada = shop(hold=FULFILLED)
    state_order(program, version=1, amount=5000, **PAID)
    pass_time(program, days=10)

    statement = fulfilled(NOON + timedelta(days=10))
    state_order(program, version=2, amount=5000, refunded_amount=1000, **statement)

    assert balance_of(ada).pending == 40
    assert Lot.objects.get().available_at == NOON + timedelta(days=17)


def test_a_rule_may_hold_its_points_longer_than_the_others():
    program = make_program(
        rules={
            "spend": SPEND,
            "bonus": {"on": "order", "award": {"points": 5}, "hold": {"days": 3}},
        }
    )
    ada = make_member(program)

    state_order(program)

    assert balance_of(ada) == WalletView(available=50, pending=5, lifetime_earned=55)


def test_two_holds_after_fulfilment_keep_their_own_days():
    program = make_program(
        rules={
            "spend": SPEND | {"hold": FULFILLED | {"days": 7}},
            "bonus": {"on": "order", "award": {"points": 5}, "hold": FULFILLED | {"days": 14}},
        }
    )
    ada = make_member(program)
    state_order(program, version=1, **PAID)
    state_order(program, version=2, **fulfilled(NOON))

    pass_time(program, days=7)

    assert balance_of(ada) == WalletView(available=50, pending=5, lifetime_earned=55)


def test_a_day_of_holding_is_a_day_on_the_clock_on_the_wall():
    # In Berlin the night of 29 March 2026 has one hour less.
    at = NOON.replace(month=3, day=28)
    program = make_program(points={"hold": {"days": 1}}, at=at)
    ada = make_member(program)
    state_order(program)

    pass_time(program, hours=23)

    assert balance_of(ada).available == 50


def test_goods_that_arrive_after_the_timeout_leave_released_points_available():
    program, _ = shop(hold=FULFILLED)
    state_order(program, **PAID)
    pass_time(program, days=40)

    answer = state_order(program, **fulfilled(NOON + timedelta(days=40)))

    told = answer.body["points"][0]
    assert (told["state"], told["available_at"]) == ("available", None)
