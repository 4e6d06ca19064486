"""Orders as they are stated: versions, repeats, late news, and what they earn."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from loyalty.models import Decision, Order
from loyalty.queries.balances import WalletView
from loyalty.queries.programs import live_content
from loyalty.queries.trials import last_orders, try_on_orders
from loyalty.rules.ruleset import compile_rule_set
from loyalty.services.orders import ConflictingFact, VersionConflict
from tests.factories import (
    NOON,
    balance_of,
    change_rules,
    entries_of,
    make_member,
    make_program,
    order_stated,
    pass_time,
    refund_order,
    state_order,
)

pytestmark = pytest.mark.django_db

TWO = {"id": "1", "sku": "A", "quantity": 2, "unit_price": 2500}
ONE = {"id": "2", "sku": "B", "quantity": 1, "unit_price": 1000}


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada(program):
    return make_member(program)


def test_a_paid_order_earns(program, ada):
    answer = state_order(program, amount=4250)

    assert answer.created
    assert balance_of(ada) == WalletView(available=42, lifetime_earned=42)


@pytest.mark.parametrize("status", ["pending", "cancelled"])
def test_an_order_that_is_not_paid_earns_nothing(program, ada, status):
    state_order(program, status=status)

    assert balance_of(ada) == WalletView()


def test_the_same_statement_twice_counts_once(program, ada):
    state_order(program, version=1)
    again = state_order(program, version=1)

    assert (again.created, again.applied) == (False, False)
    assert balance_of(ada).available == 50


def test_a_repeat_without_a_version_counts_once(program, ada):
    state_order(program)
    again = state_order(program)

    assert not again.applied
    assert balance_of(ada).available == 50


def test_other_content_without_a_version_is_newer(program, ada):
    state_order(program, amount=5000)
    again = state_order(program, amount=3000)

    assert again.applied
    assert balance_of(ada).available == 30


def test_a_newer_version_restates_the_order(program, ada):
    state_order(program, version=1, amount=5000)
    state_order(program, version=2, amount=7000)

    assert balance_of(ada).available == 70
    assert [entry.available for entry in entries_of(ada)] == [50, 20]


def test_an_older_version_is_ignored(program, ada):
    state_order(program, version=2, amount=7000)
    late = state_order(program, version=1, amount=5000)

    assert not late.applied
    assert balance_of(ada).available == 70


def test_one_version_with_two_contents_is_a_conflict_and_changes_nothing(program, ada):
    state_order(program, version=1, amount=5000)

    with pytest.raises(VersionConflict):
        state_order(program, version=1, amount=7000)

    assert balance_of(ada).available == 50


def test_an_older_updated_at_is_ignored(program, ada):
    state_order(program, updated_at="2026-05-04T11:00:00Z", amount=7000)
    late = state_order(program, updated_at="2026-05-04T10:00:00Z", amount=5000)

    assert not late.applied
    assert balance_of(ada).available == 70


def test_cancelling_takes_everything_back(program, ada):
    state_order(program, version=1)
    state_order(program, version=2, status="cancelled")

    assert balance_of(ada) == WalletView()


def test_an_order_that_is_opened_again_earns_again(program, ada):
    state_order(program, version=1)
    state_order(program, version=2, status="cancelled")
    state_order(program, version=3)

    assert balance_of(ada) == WalletView(available=50, lifetime_earned=50)


def test_a_refunded_line_takes_its_share_back(program, ada):
    state_order(program, version=1, lines=[TWO, ONE])
    state_order(program, version=2, lines=[TWO | {"refunded_quantity": 1}, ONE])

    assert balance_of(ada).available == 35


def test_a_posted_refund_takes_its_share_back_once(program, ada):
    state_order(program, lines=[TWO, ONE])

    refund_order(program, refund_id="r-1", lines=[{"id": "1", "quantity": 1}])
    again = refund_order(program, refund_id="r-1", lines=[{"id": "1", "quantity": 1}])

    assert not again.applied
    assert balance_of(ada).available == 35


def test_a_refund_id_with_other_content_is_a_conflict(program, ada):
    state_order(program)
    refund_order(program, refund_id="r-1", amount=1000)

    with pytest.raises(ConflictingFact):
        refund_order(program, refund_id="r-1", amount=2000)

    assert balance_of(ada).available == 40


def test_a_statement_never_removes_a_posted_refund(program, ada):
    state_order(program, version=1)
    refund_order(program, amount=1000)
    state_order(program, version=2, status="fulfilled")

    assert balance_of(ada).available == 40


def test_more_refunded_than_is_left_is_clamped_and_said(program, ada):
    state_order(program, amount=5000)
    answer = refund_order(program, amount=6000)

    assert answer.body["clamped"] == 1000
    assert balance_of(ada) == WalletView()


def test_a_refund_before_its_order_waits_for_it(program, ada):
    early = refund_order(program, amount=1000)
    state_order(program, amount=5000)

    assert early.waiting
    assert balance_of(ada).available == 40


def test_an_order_belongs_to_the_member_it_was_stated_for(program, ada):
    make_member(program, "bob")
    state_order(program, version=1, member="ada")

    with pytest.raises(ConflictingFact):
        state_order(program, version=2, member="bob", amount=9000)

    assert balance_of(ada).available == 50


def test_an_order_does_not_pass_to_somebody_who_has_not_enrolled(program, ada):
    state_order(program, version=1, member="ada", amount=5000)

    with pytest.raises(ConflictingFact):
        state_order(program, version=2, member="nobody", amount=1000)

    assert balance_of(ada).available == 50
    assert Order.objects.get().subtotal == 5000


def test_leaving_the_member_out_does_not_take_the_order_away(program, ada):
    state_order(program, version=1, amount=5000)
    state_order(program, version=2, amount=6000, member=None)

    assert balance_of(ada).available == 60


def test_an_order_keeps_the_rules_of_its_own_time(program, ada):
    state_order(program, version=1, amount=5000)
    double = {"spend": {"on": "order", "award": {"points": 2, "per": "1.00"}}}
    change_rules(program, double, at=NOON + timedelta(days=1))
    pass_time(program, days=2)

    state_order(program, version=2, amount=6000)

    assert balance_of(ada).available == 60


def test_a_late_order_is_judged_by_the_rules_of_its_own_time(program, ada):
    double = {"spend": {"on": "order", "award": {"points": 2, "per": "1.00"}}}
    change_rules(program, double, at=NOON + timedelta(days=1))
    pass_time(program, days=2)

    state_order(program, amount=5000, placed_at=NOON.isoformat())

    assert balance_of(ada).available == 50


def test_a_deleted_rule_changes_nothing_between_order_and_refund(program, ada):
    state_order(program, amount=5000)
    change_rules(program, {}, at=NOON + timedelta(days=1))
    pass_time(program, days=2)

    refund_order(program, amount=2000)

    assert balance_of(ada).available == 30


def test_of_two_orders_at_one_time_the_one_known_first_is_the_first():
    first = {"on": "order", "award": {"points": 100}, "when": "order.is_first"}
    program = make_program(rules={"first": first})
    ada = make_member(program)

    state_order(program, "1")
    state_order(program, "2")

    assert balance_of(ada).available == 100


def test_of_two_orders_at_one_time_that_are_claimed_together_one_is_the_first():
    first = {"on": "order", "award": {"points": 100}, "when": "order.is_first"}
    program = make_program(rules={"first": first})
    # Judged in the order of their ids, which is not that in which they came.
    for name in ("2", "1"):
        state_order(program, name, guest={"email": "ada@example.org"})

    ada = make_member(program, email="ada@example.org")

    assert balance_of(ada).available == 100


def test_of_two_orders_at_one_time_one_is_the_first_when_a_rule_is_tried_on_them():
    first = {"on": "order", "award": {"points": 100}, "when": "order.is_first"}
    program = make_program(rules={})
    make_member(program)
    for name in ("1", "2"):
        state_order(program, name)
    change_rules(program, {"first": first})
    rules = compile_rule_set(live_content(program))

    trials = try_on_orders(rules, last_orders(program), program)

    points = {t.fact.external_id: t.evaluation.outcomes[0].desired for t in trials}
    assert points == {"1": 100, "2": 0}


@pytest.mark.parametrize(
    ("limits", "points"), [([], 200), ([{"times": 1, "per": "lifetime"}], 100)]
)
def test_an_earlier_order_that_comes_late_is_the_first_too_unless_a_limit_says_once(
    limits, points
):
    first = {"on": "order", "award": {"points": 100}, "when": "order.is_first"}
    program = make_program(rules={"first": first | {"limits": limits}})
    ada = make_member(program)

    for days in (1, 2):
        placed_at = (NOON - timedelta(days=days)).isoformat()
        state_order(program, f"{days} days ago", placed_at=placed_at, paid_at=placed_at)

    assert balance_of(ada).available == points


def test_an_order_ahead_of_the_clock_is_refused(program, ada):
    ahead = (NOON + timedelta(minutes=6)).isoformat()

    with pytest.raises(InvalidInput, match="ahead"):
        order_stated(program, placed_at=ahead)


def test_the_time_of_a_status_is_the_clock_when_it_is_first_stated(program, ada):
    state_order(program, version=1, status="pending", placed_at="2026-05-01T10:00:00Z")
    pass_time(program, days=1)
    state_order(program, version=2, placed_at="2026-05-01T10:00:00Z")

    assert Order.objects.get().paid_at == NOON + timedelta(days=1)


def test_an_order_first_stated_as_paid_was_paid_when_it_was_placed(program, ada):
    state_order(program, placed_at="2026-05-01T10:00:00Z")

    order = Order.objects.get()
    assert order.paid_at == order.placed_at


def test_every_statement_leaves_a_decision(program, ada):
    state_order(program, version=1)
    refund_order(program, amount=1000)
    state_order(program, version=1)

    told = Decision.objects.filter(fact_id="1001").order_by("id")
    assert [decision.fact_type for decision in told] == ["order", "refund"]


def test_ids_with_colons_are_never_taken_for_one_another(program, ada):
    # As keys, "refund 7 of order 1001" and "version 7 of order 1001:refund" look alike.
    state_order(program, "1001", amount=5000)
    refund_order(program, "1001", "7", amount=1000)

    state_order(program, "1001:refund", version=7, amount=3000)

    assert balance_of(ada).available == 70
