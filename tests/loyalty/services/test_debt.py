"""What a clawback does when the points are gone."""

import pytest

from loyalty.models import Entry
from loyalty.queries.balances import WalletView
from tests.factories import (
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    pass_time,
    refund_order,
    reserve_points,
    state_order,
)

pytestmark = pytest.mark.django_db


def spent_order(**points):
    """Return a program and a member who has spent what an order of 50 points gave."""
    program = make_program(points=points)
    ada = make_member(program)
    state_order(program)
    give_points(ada, -50)
    return program, ada


def test_what_is_not_there_any_more_is_owed():
    program, ada = spent_order()

    refund_order(program, amount=2000)

    assert balance_of(ada).debt == 20


def test_the_next_points_repay_the_debt_first():
    program, ada = spent_order()
    refund_order(program, amount=2000)

    state_order(program, "1002", amount=3000)

    assert balance_of(ada) == WalletView(available=10, lifetime_earned=60)
    assert [entry.kind for entry in entries_of(ada)][-2:] == ["earn", "repay_debt"]


def test_points_that_are_not_enough_repay_a_part():
    program, ada = spent_order()
    refund_order(program, amount=2000)

    give_points(ada, 15)

    assert (balance_of(ada).available, balance_of(ada).debt) == (0, 5)


def test_debt_may_have_a_maximum_and_the_rest_is_forgiven():
    program, ada = spent_order(debt={"allow_up_to": 15})

    refund_order(program, amount=2000)

    assert balance_of(ada).debt == 15
    assert Entry.objects.get(kind="clawback").forgiven == 5


def test_the_maximum_holds_for_all_debts_together():
    program, ada = spent_order(debt={"allow_up_to": 15})
    refund_order(program, refund_id="r-1", amount=1000)

    refund_order(program, refund_id="r-2", amount=1000)

    assert balance_of(ada).debt == 15


def test_a_clamp_stops_at_zero_and_records_what_was_forgiven():
    program, ada = spent_order(debt="clamp")

    refund_order(program, amount=2000)

    assert balance_of(ada).debt == 0
    assert Entry.objects.get(kind="clawback").forgiven == 20


def test_what_a_clamp_forgave_is_not_given_twice():
    program, ada = spent_order(debt="clamp")
    state_order(program, version=2, status="cancelled")

    state_order(program, version=3)

    assert balance_of(ada) == WalletView(lifetime_earned=50)


def test_a_clamp_takes_other_points_before_it_forgives():
    program, ada = spent_order(debt="clamp")
    give_points(ada, 5)

    refund_order(program, amount=2000)

    assert balance_of(ada).available == 0
    assert Entry.objects.get(kind="clawback").forgiven == 15


def test_pending_only_leaves_available_points_alone():
    program = make_program(points={"debt": "pending_only"})
    ada = make_member(program)
    state_order(program)

    refund_order(program, amount=2000)

    assert balance_of(ada).available == 50
    assert Entry.objects.get(kind="clawback").forgiven == 20


def test_pending_only_takes_pending_points_of_the_order():
    program = make_program(points={"debt": "pending_only", "hold": {"days": 14}})
    ada = make_member(program)
    state_order(program)

    refund_order(program, amount=2000)

    assert balance_of(ada).pending == 30


def test_points_of_the_order_go_before_others():
    program = make_program()
    ada = make_member(program, points=100)
    state_order(program)

    refund_order(program, amount=2000)

    lots = {lot.source_type: lot.remaining for lot in ada.wallets.get().lots.all()}
    assert lots == {"adjustment": 100, "order": 30}


def test_held_points_are_not_taken_back():
    program = make_program()
    ada = make_member(program)
    state_order(program)
    reserve_points(ada, 50)

    refund_order(program, amount=2000)

    assert balance_of(ada) == WalletView(held=50, debt=20, lifetime_earned=30)


def test_a_hold_that_is_given_back_repays_the_debt():
    program = make_program()
    ada = make_member(program)
    state_order(program)
    reserve_points(ada, 50)
    refund_order(program, amount=2000)

    pass_time(program, hours=1)

    assert balance_of(ada) == WalletView(available=30, lifetime_earned=30)


def test_points_that_repay_debt_do_not_count_against_the_largest_balance():
    program, ada = spent_order(max_balance=60)
    refund_order(program, amount=2000)

    # 20 are owed: of 70 points, 20 repay them, and 50 stay below the cap of 60.
    state_order(program, "1002", amount=7000)

    assert balance_of(ada).available == 50
