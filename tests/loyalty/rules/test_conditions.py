"""When a rule is asked at all: its validity, its condition, what it remembers."""

from datetime import UTC, datetime

import pytest

from loyalty.rules.earning import evaluate_order
from loyalty.rules.orders import order_facts
from loyalty.rules.outcomes import nothing_earned
from loyalty.rules.words import WhyNot
from tests.loyalty.rules.bodies import (
    NOON,
    judge,
    judge_event,
    line,
    order,
    points_of_rule,
    rule_set,
    why_not,
)

AWARD = {"award": {"points": 1}}


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def reason(rule, moment=NOON, **given):
    return why_not(judge({"rule": rule}, order(), at=moment, **given)).get("rule")


# Valid


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-04-30T23:59:59+02:00", "not_valid_yet"),
        ("2026-05-01T00:00:00+02:00", None),
        ("2026-05-31T23:59:59+02:00", None),
        ("2026-06-01T00:00:00+02:00", "not_valid_any_more"),
    ],
)
def test_a_date_is_the_local_midnight_that_begins_it_and_ends_are_exclusive(moment, expected):
    rule = AWARD | {"valid": {"from": "2026-05-01", "until": "2026-06-01"}}

    assert reason(rule, at(moment)) == expected


def test_a_time_is_that_instant():
    rule = AWARD | {"valid": {"from": "2026-05-01T09:00:00Z"}}

    assert reason(rule, at("2026-05-01T08:59:59Z")) == "not_valid_yet"
    assert reason(rule, at("2026-05-01T09:00:00Z")) is None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-05-01T23:59:00+02:00", "not_on_this_weekday"),
        ("2026-05-02T00:00:00+02:00", None),
        ("2026-05-03T23:59:00+02:00", None),
        ("2026-05-04T00:00:00+02:00", "not_on_this_weekday"),
    ],
)
def test_weekdays_are_local_days(moment, expected):
    assert reason(AWARD | {"valid": {"weekdays": ["sat", "sun"]}}, at(moment)) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-05-01T07:59:59+02:00", "not_at_this_hour"),
        ("2026-05-01T08:00:00+02:00", None),
        ("2026-05-01T10:59:59+02:00", None),
        ("2026-05-01T11:00:00+02:00", "not_at_this_hour"),
    ],
)
def test_hours_are_local_and_end_exclusively(moment, expected):
    assert reason(AWARD | {"valid": {"hours": "08:00-11:00"}}, at(moment)) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-05-01T21:59:00+02:00", "not_at_this_hour"),
        ("2026-05-01T22:00:00+02:00", None),
        ("2026-05-02T01:59:00+02:00", None),
        ("2026-05-02T02:00:00+02:00", "not_at_this_hour"),
        ("2026-05-02T22:00:00+02:00", "not_on_this_weekday"),
        ("2026-05-01T01:00:00+02:00", "not_on_this_weekday"),
    ],
)
def test_hours_that_cross_midnight_belong_to_the_day_they_begin_on(moment, expected):
    rule = AWARD | {"valid": {"weekdays": ["fri"], "hours": "22:00-02:00"}}

    assert reason(rule, at(moment)) == expected


def test_hours_may_last_to_the_end_of_the_day():
    rule = AWARD | {"valid": {"hours": "20:00-24:00"}}

    assert reason(rule, at("2026-05-01T23:59:59+02:00")) is None
    assert reason(rule, at("2026-05-02T00:00:00+02:00")) == "not_at_this_hour"


# When


def test_a_condition_that_does_not_hold_says_so():
    assert reason(AWARD | {"when": "order.subtotal >= 1001"}) == "condition_false"
    assert reason(AWARD | {"when": "order.subtotal >= 1000"}) is None


def test_a_condition_on_something_unknown_names_it():
    evaluation = judge(
        {"rule": AWARD | {"when": 'member.age >= 18 and order.store == "berlin"'}}, order()
    )

    assert why_not(evaluation) == {"rule": "condition_unknown"}
    assert evaluation.outcomes[0].unknown == ("member.age", "order.store")


def test_a_condition_sees_the_member():
    rule = AWARD | {"when": 'member.tier.vip in ["gold"] and member.orders_count >= 3'}

    assert reason(rule, member={"tier": {"vip": "gold"}, "orders_count": 3}) is None
    assert reason(rule, member={"tier": {"vip": "basic"}, "orders_count": 3}) == (
        "condition_false"
    )


def test_a_condition_sees_whether_it_is_the_first_order():
    rule = AWARD | {"when": "order.is_first"}

    assert reason(rule, member={"is_first": True}) is None
    assert reason(rule, member={"is_first": False}) == "condition_false"
    assert reason(rule, member={}) == "condition_unknown"


@pytest.mark.parametrize(
    ("moment", "zone", "weekday", "hour"),
    [
        (NOON, "Europe/Berlin", "fri", 14),
        (NOON, "Asia/Tokyo", "fri", 21),
        (NOON, "Pacific/Auckland", "sat", 0),
    ],
)
def test_a_condition_sees_the_local_weekday_and_hour(moment, zone, weekday, hour):
    rule = AWARD | {"when": f'order.weekday == "{weekday}" and order.hour == {hour}'}

    assert reason(rule, moment, timezone=zone) is None


def test_a_line_condition_sees_order_and_member_too():
    rule = {
        "award": {"points": 1, "per_item": True},
        "lines": 'line.sku == "A" and order.quantity >= 2 and member.orders_count == 1',
    }
    body = order(line("1", sku="A"), line("2", sku="B"))

    assert points_of_rule(rule, body, member={"orders_count": 1}) == 1
    assert points_of_rule(rule, body, member={"orders_count": 2}) == 0


# Birthdays


BIRTHDAY = {"type": "birthday", "properties": {}}


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (at("2026-04-01T14:00:00+02:00"), {}),
        ("2026-04-01T12:00:00+00:00", {}),
        (at("2026-04-01T14:00:01+02:00"), {"rule": "not_known_long_enough"}),
        (None, {"rule": "not_known_long_enough"}),
    ],
)
def test_a_birthday_counts_once_it_has_been_known_long_enough(since, expected):
    rule = AWARD | {"on": "birthday", "known_for": "30 days"}

    evaluation = judge_event({"rule": rule}, BIRTHDAY, member={"birthday_known_since": since})

    assert why_not(evaluation) == expected


def test_an_anniversary_is_on_file_since_the_day_itself():
    rule = AWARD | {"on": "anniversary", "known_for": "30 days"}

    assert why_not(judge_event({"rule": rule}, {"type": "anniversary", "properties": {}})) == {}


# Limits that were reached, and facts that earn nothing whatever the rules say


def test_a_multiplier_that_reached_its_limit_does_not_act():
    rules = rule_set(
        {
            "spend": {"award": {"points": 1, "per": "1.00"}},
            "double": {"multiply": 2, "limits": [{"times": 1, "per": "month"}]},
        }
    )

    evaluation = evaluate_order(
        rules.without(frozenset({"double"})),
        order_facts(order()),
        at=NOON,
        fulfilled_at=None,
        member={},
        bonuses=(),
    )

    assert evaluation.totals() == {"points": 10}
    assert why_not(evaluation) == {"double": "limit_reached"}


def test_a_fact_that_earns_nothing_says_why_for_every_rule():
    rules = rule_set({"a": AWARD, "m": {"multiply": 2}, "review": AWARD | {"on": "review"}})

    evaluation = nothing_earned(rules, "order", WhyNot.MEMBER_SUSPENDED, at=NOON)

    assert evaluation.totals() == {"points": 0}
    assert why_not(evaluation) == {"m": "member_suspended", "a": "member_suspended"}


def test_nobody_listens_to_an_event_without_rules():
    assert judge_event({"a": AWARD}, {"type": "visit", "properties": {}}).outcomes == []
