"""How often and how much a rule may give."""

from datetime import timedelta

import pytest

from engine.pipeline import state_facts
from loyalty.models import Decision, LimitUse
from tests.factories import (
    NOON,
    SPEND,
    balance_of,
    change_rules,
    give_points,
    make_member,
    make_program,
    order_stated,
    pass_time,
    refund_order,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db

REVIEW = {"on": "review", "award": {"points": 10}}
ONCE = {"on": "order", "multiply": 2, "limits": [{"times": 1, "per": "month"}]}


def shop(**limit):
    """Return a shop with a point per euro under a limit, and a member."""
    program = make_program(rules={"spend": SPEND | {"limits": [limit]}})
    return program, make_member(program)


def reviews(**limit):
    """Return a shop with 10 points per review under a limit, and a member."""
    program = make_program(rules={"review": REVIEW | {"limits": [limit]}})
    return program, make_member(program)


def test_a_limit_clips():
    program, ada = shop(points=70, per="month")

    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000)

    assert balance_of(ada).available == 70


def test_the_answer_says_what_was_desired_and_which_limit_clipped():
    program, _ = shop(points=70, per="month")
    state_order(program, "1", amount=5000)

    answer = state_order(program, "2", amount=5000)

    (points,) = answer.body["points"]
    assert (points["desired"], points["target"], points["limited_by"]) == (50, 20, "spend")


def test_a_limit_may_refuse_instead():
    program, ada = shop(points=70, per="month", on_overflow="refuse")

    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000)

    assert balance_of(ada).available == 50


def test_a_limit_of_times_counts_facts():
    program, ada = reviews(times=2, per="lifetime")

    for number in range(4):
        state_event(program, f"e-{number}")

    assert balance_of(ada).available == 20


def test_a_calendar_limit_starts_anew_at_midnight_of_the_program():
    program, ada = reviews(times=1, per="day")
    # 14:00 in Berlin; ten hours later a new day begins there.
    state_event(program, "e-1")
    pass_time(program, hours=9, minutes=59)
    state_event(program, "e-2")
    pass_time(program, minutes=1)

    state_event(program, "e-3")

    assert balance_of(ada).available == 20


def test_a_rolling_limit_looks_back_from_each_fact():
    program, ada = reviews(times=1, per="day", window="rolling")
    state_event(program, "e-1")
    pass_time(program, hours=23)
    state_event(program, "e-2")
    pass_time(program, hours=1)

    state_event(program, "e-3")

    assert balance_of(ada).available == 20


def test_a_limit_per_fact_knows_nothing_of_other_facts():
    program, ada = shop(points=30, per="fact")

    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000)

    assert balance_of(ada).available == 60


def test_limits_count_each_member_apart():
    program, ada = shop(points=50, per="month")
    bob = make_member(program, "bob")

    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000, member="bob")

    assert (balance_of(ada).available, balance_of(bob).available) == (50, 50)


def test_a_limit_may_count_all_members_together():
    program, ada = shop(points=70, per="month", of="program")
    bob = make_member(program, "bob")

    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000, member="bob")

    assert (balance_of(ada).available, balance_of(bob).available) == (50, 20)


def test_an_order_does_not_count_against_itself():
    program, ada = shop(points=70, per="month")

    state_order(program, version=1, amount=5000)
    state_order(program, version=2, amount=6000)

    assert balance_of(ada).available == 60


def test_a_refund_gives_back_what_it_used_of_a_limit():
    program, ada = shop(points=70, per="month")
    state_order(program, "1", amount=5000)
    refund_order(program, "1", amount=5000)

    state_order(program, "2", amount=7000)

    assert balance_of(ada).available == 70


def test_a_cancelled_order_leaves_no_trace_in_the_limits():
    program, _ = shop(points=70, per="month")
    state_order(program, version=1)

    state_order(program, version=2, status="cancelled")

    assert LimitUse.objects.count() == 0


def test_a_late_fact_counts_in_the_window_of_its_own_time():
    program, ada = reviews(times=1, per="day")
    state_event(program, "e-1")
    pass_time(program, days=1)

    state_event(program, "e-2", occurred_at=NOON.isoformat())
    state_event(program, "e-3")

    assert balance_of(ada).available == 20


def test_of_several_limits_the_tightest_is_named():
    limits = [{"points": 40, "per": "month"}, {"points": 30, "per": "day"}]
    program = make_program(rules={"spend": SPEND | {"limits": limits}})
    ada = make_member(program)

    state_order(program, amount=5000)

    assert balance_of(ada).available == 30


def test_a_multiplier_may_be_limited_in_times():
    program = make_program(rules={"spend": SPEND, "double": ONCE})
    ada = make_member(program)

    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000)

    assert balance_of(ada).available == 150


def test_a_multiplier_that_finds_no_award_is_not_used():
    large = SPEND | {"when": "order.subtotal >= 5000"}
    program = make_program(rules={"spend": large, "double": ONCE})
    ada = make_member(program)

    state_order(program, "1", amount=1000)
    state_order(program, "2", amount=5000)

    assert balance_of(ada).available == 100


def test_a_multiplier_of_other_lines_than_were_counted_is_not_used():
    rules = {
        "spend": SPEND | {"lines": 'line.category == "tea"'},
        "double": ONCE | {"lines": 'line.sku == "A"'},
    }
    program = make_program(rules=rules)
    ada = make_member(program)
    coffee = {"sku": "A", "categories": ["coffee"], "unit_price": 1000}
    tea = {"sku": "B", "categories": ["tea"], "unit_price": 1000}

    state_order(program, "1", lines=[coffee, tea])
    state_order(program, "2", lines=[tea | {"sku": "A"}])

    assert balance_of(ada).available == 10 + 20


def test_a_multiplier_of_what_a_cap_held_back_is_not_used():
    program = make_program(points={"max_balance": 60}, rules={"spend": SPEND, "double": ONCE})
    ada = make_member(program, points=60)
    state_order(program, "1", amount=1000)
    give_points(ada, -60)

    state_order(program, "2", amount=1000)

    assert balance_of(ada).available == 20


def test_a_multiplier_is_given_back_with_the_goods_that_it_multiplied():
    program = make_program(rules={"spend": SPEND, "double": ONCE})
    ada = make_member(program)
    state_order(program, "1", amount=1000)
    refund_order(program, "1", amount=1000)

    state_order(program, "2", amount=1000)

    assert balance_of(ada).available == 20


def test_a_limit_of_a_rule_that_is_gone_still_holds_for_its_orders():
    program, ada = shop(points=70, per="month")
    state_order(program, "1", amount=5000)
    change_rules(program, {}, at=NOON + timedelta(days=1))
    pass_time(program, days=2)

    state_order(program, "2", amount=5000, placed_at=NOON.isoformat())

    assert balance_of(ada).available == 70


def test_a_balance_may_have_a_cap():
    program = make_program(points={"max_balance": 60})
    ada = make_member(program, points=20)

    answer = state_order(program, amount=5000)

    assert balance_of(ada).available == 60
    assert answer.body["points"][0]["limited_by"] == "max_balance"


def test_pending_and_held_points_count_towards_the_cap():
    program = make_program(points={"max_balance": 60, "hold": {"days": 14}})
    ada = make_member(program)

    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000)

    assert balance_of(ada).pending == 60


def test_what_the_cap_held_back_uses_up_no_limit():
    program = make_program(
        points={"max_balance": 60},
        rules={"spend": SPEND | {"limits": [{"points": 100, "per": "month"}]}},
    )
    ada = make_member(program)
    state_order(program, "1", amount=5000)
    state_order(program, "2", amount=5000)
    give_points(ada, -60)

    answer = state_order(program, "3", amount=5000)

    assert answer.body["points"][0]["target"] == 40
    assert sum(LimitUse.objects.values_list("points", flat=True)) == 100


def test_a_decision_says_what_the_cap_left_of_each_rule():
    rules = {"bonus": {"on": "order", "award": {"points": 30}}, "spend": SPEND}
    program = make_program(points={"max_balance": 60}, rules=rules)
    make_member(program)

    answer = state_order(program, amount=5000)

    decision = Decision.objects.get(pk=answer.body["decision"].removeprefix("dec_"))
    given = {rule["rule"]: rule["given"] for rule in decision.outcome["rules"]}
    assert given == {"bonus": 30, "spend": 30}


def test_a_rule_that_has_reached_its_limit_stands_in_no_rivals_way():
    happy = SPEND | {
        "award": {"points": 2, "per": "1.00"},
        "limits": [{"times": 1, "per": "day"}],
    }
    for way in ({"group": "best"}, {"exclusive": True, "priority": 1}):
        spend = SPEND | ({"group": "best"} if "group" in way else {})
        program = make_program(rules={"happy": happy | way, "spend": spend})
        make_member(program)

        answers = [state_order(program, order, amount=1000) for order in ("1", "2")]

        assert [answer.body["points"][0]["target"] for answer in answers] == [20, 10]


def test_of_a_group_the_best_is_what_gives_most_within_its_limits():
    tight = {"award": {"points": 2, "per": "1.00"}, "limits": [{"points": 15, "per": "fact"}]}
    group = {"group": "best"}
    program = make_program(rules={"tight": SPEND | tight | group, "spend": SPEND | group})
    make_member(program)

    answer = state_order(program, amount=2000)

    (points,) = answer.body["points"]
    assert (points["target"], points["desired"], points["limited_by"]) == (20, 20, None)


def test_a_refund_is_not_capped():
    program = make_program(points={"max_balance": 60})
    ada = make_member(program)
    state_order(program, amount=5000)

    refund_order(program, amount=2000)

    assert balance_of(ada).available == 30


def test_a_batch_keeps_a_limit_for_all_members_exactly():
    program, ada = shop(points=70, per="month", of="program")
    names = ["ada", "bob", "cleo"]
    members = [ada, *(make_member(program, name) for name in names[1:])]

    state_facts(
        program,
        [order_stated(program, name, member=name, amount=5000) for name in names],
        at=NOON,
    )

    assert [balance_of(member).available for member in members] == [50, 20, 0]
