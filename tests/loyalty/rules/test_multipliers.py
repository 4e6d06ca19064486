"""Multipliers add up, act where they say, and the best of a group counts."""

from decimal import Decimal

import pytest

from core.errors import InvalidInput
from loyalty.rules.multipliers import Bonus
from tests.loyalty.rules.bodies import judge, judge_event, line, order, points_of, why_not

PER_EURO = {"award": {"points": 1, "per": "1.00"}}
TWICE = {"multiply": 2}
HALF_AGAIN = {"multiply": "1.5"}
GOLD = Bonus("vip.gold", Decimal("1.5"))
TEA = 'line.category == "tea"'

# 10.00 of tea and 30.00 of something else.
TEA_AND_MORE = order(line("1", categories=["tea"]), line("2", unit_price=3000))


def test_multipliers_add_up():
    rules = {"spend": PER_EURO, "double": TWICE, "half": HALF_AGAIN}

    assert points_of(rules, order()) == 25


def test_a_bonus_adds_to_the_rules_that_multiply():
    rules = {"spend": PER_EURO, "double": TWICE}

    assert points_of(rules, order(), bonuses=[GOLD]) == 25


def test_a_multiplier_below_one_takes_away_and_never_below_nothing():
    assert points_of({"spend": PER_EURO, "m": {"multiply": "0.5"}}, order()) == 5
    assert (
        points_of({"spend": PER_EURO, "m": {"multiply": "0.5"}, "n": {"multiply": 0}}, order())
        == 0
    )


def test_a_line_multiplier_acts_on_its_lines_only():
    rules = {"spend": PER_EURO, "tea": TWICE | {"lines": TEA}}

    assert points_of(rules, TEA_AND_MORE) == 10 * 2 + 30


def test_a_line_multiplier_does_not_touch_shipping():
    spend = PER_EURO | {"base": {"shipping": True}}
    body = order(line("1", categories=["tea"]), shipping=500)

    assert points_of({"spend": spend, "tea": TWICE | {"lines": TEA}}, body) == 10 * 2 + 5
    assert points_of({"spend": spend, "all": TWICE}, body) == 15 * 2


def test_a_line_multiplier_counts_a_line_once_however_many_share_a_sku():
    rules = {"spend": PER_EURO, "m": TWICE | {"lines": 'line.sku == "A"'}}

    assert points_of(rules, order(line("1", sku="A"), line("2", sku="A"))) == 40


def test_line_multipliers_add_up_on_the_lines_they_share():
    rules = {
        "spend": PER_EURO,
        "tea": TWICE | {"lines": TEA},
        "dear": HALF_AGAIN | {"lines": "line.unit_price >= 1000"},
    }

    assert points_of(rules, TEA_AND_MORE) == 10 * 2.5 + 30 * 1.5


def test_a_multiplier_acts_on_awards_per_item():
    rules = {"items": {"award": {"points": 3, "per_item": True}}, "tea": TWICE | {"lines": TEA}}

    assert points_of(rules, order(line("1", quantity=2, categories=["tea"]), line("2"))) == 15


def test_whole_steps_take_the_average_multiplier_by_amount():
    # 40.00 are 4 steps of 2 points; a quarter of it counts twice: 8 x 1.25.
    steps = {"award": {"points": 2, "per": "10.00", "whole_steps": True}}

    assert points_of({"s": steps, "tea": TWICE | {"lines": TEA}}, TEA_AND_MORE) == 10


def test_bands_take_the_average_multiplier_by_amount():
    # 20 points above 20.00; a quarter of the order counts twice: 20 x 1.25.
    bands = {"award": {"bands": [{"from": "20.00", "points": 1, "per": "1.00"}]}}

    assert points_of({"b": bands, "tea": TWICE | {"lines": TEA}}, TEA_AND_MORE) == 25


def test_line_by_line_rounding_takes_each_lines_own_multiplier():
    # 1.5 points each: twice is 3, once is 1.
    spend = PER_EURO | {"round_per": "line"}
    body = order(line("1", unit_price=150, categories=["tea"]), line("2", unit_price=150))

    assert points_of({"spend": spend, "tea": TWICE | {"lines": TEA}}, body) == 4


def test_a_program_may_promise_to_round_before_multipliers_too():
    # 1.5 points: rounded up to 2 and doubled, or doubled to 3.
    body = order(line(unit_price=150))

    assert points_of({"spend": PER_EURO, "m": TWICE}, body) == 3
    assert points_of({"spend": PER_EURO | {"round_base": "half_up"}, "m": TWICE}, body) == 4


# Where they act


@pytest.mark.parametrize(
    "award", [{"points": 100}, {"points_from": "order.quantity", "times": 100}]
)
def test_fixed_and_property_awards_take_multipliers_only_if_they_say_so(award):
    rules = {"gift": {"award": award}, "double": TWICE}

    assert points_of(rules, order()) == 100
    assert points_of(rules | {"gift": {"award": award, "multipliers": True}}, order()) == 200


def test_a_line_multiplier_does_not_touch_an_award_that_belongs_to_no_line():
    rules = {
        "gift": {"award": {"points": 100}, "multipliers": True},
        "tea": TWICE | {"lines": TEA},
    }

    assert points_of(rules, TEA_AND_MORE) == 100


def test_a_rule_may_take_no_multipliers():
    rules = {"spend": PER_EURO | {"multipliers": False}, "double": TWICE}

    assert points_of(rules, order(), bonuses=[GOLD]) == 10


def test_a_rule_may_leave_out_the_tiers_share():
    rules = {"spend": PER_EURO | {"tier_multiplier": False}, "double": TWICE}

    assert points_of(rules, order(), bonuses=[GOLD]) == 20


TWO_TYPES = {
    "point_types": {"points": {}, "miles": {}},
    "default_point_type": "points",
}


def test_a_rule_multiplies_its_own_point_type():
    rules = {
        "spend": PER_EURO,
        "fly": PER_EURO | {"point_type": "miles"},
        "double": TWICE | {"point_type": "miles"},
    }

    assert judge(rules, order(), **TWO_TYPES).totals() == {"miles": 20, "points": 10}


def test_a_bonus_may_be_for_one_point_type():
    rules = {"spend": PER_EURO, "fly": PER_EURO | {"point_type": "miles"}}
    bonus = Bonus("frequent", Decimal(3), "miles")

    totals = judge(rules, order(), bonuses=[bonus], **TWO_TYPES).totals()

    assert totals == {"miles": 30, "points": 10}


def test_rules_that_multiply_listen_to_their_own_kind_of_fact():
    review = {"on": "review", "award": {"points": 50}, "multipliers": True}
    rules = {"review": review, "orders": TWICE, "reviews": TWICE | {"on": "review"}}

    evaluation = judge_event(rules, {"type": "review", "properties": {}})

    assert evaluation.totals() == {"points": 100}
    assert [each.code for each in evaluation.outcomes] == ["reviews", "review"]


# Groups


def test_in_a_group_of_multipliers_the_best_counts():
    rules = {
        "spend": PER_EURO,
        "double": TWICE | {"group": "promo"},
        "half": HALF_AGAIN | {"group": "promo"},
    }

    evaluation = judge(rules, order())

    assert evaluation.totals() == {"points": 20}
    assert why_not(evaluation) == {"half": "group_beaten:double"}


def test_the_best_of_a_group_is_found_line_by_line():
    rules = {
        "spend": PER_EURO,
        "all": HALF_AGAIN | {"group": "promo"},
        "tea": TWICE | {"group": "promo", "lines": TEA},
    }

    assert points_of(rules, TEA_AND_MORE) == 10 * 2 + 30 * 1.5


def test_of_a_group_shipping_takes_the_best_that_acts_on_everything():
    rules = {
        "spend": PER_EURO | {"base": {"shipping": True}},
        "all": HALF_AGAIN | {"group": "promo"},
        "tea": TWICE | {"group": "promo", "lines": TEA},
    }
    body = order(line(categories=["tea"]), shipping=1000)

    assert points_of(rules, body) == 10 * 2 + 10 * 1.5


def test_of_equals_in_a_group_the_higher_priority_counts():
    rules = {
        "spend": PER_EURO,
        "a": TWICE | {"group": "promo"},
        "b": TWICE | {"group": "promo", "priority": 1},
    }

    assert why_not(judge(rules, order())) == {"a": "group_beaten:b"}


def test_a_multiplier_whose_lines_are_gone_does_not_act():
    rules = {"spend": PER_EURO, "tea": TWICE | {"lines": TEA}}
    body = order(line("1", categories=["tea"], refunded_quantity=1), line("2"))

    assert why_not(judge(rules, body)) == {"tea": "no_goods_left"}
    assert why_not(judge(rules, order())) == {"tea": "no_lines_matched"}


@pytest.mark.parametrize("multiplier", [Decimal(-1), Decimal("1.0000001")])
def test_a_bonus_that_cannot_be_exact_is_refused(multiplier):
    with pytest.raises(InvalidInput):
        Bonus("vip", multiplier)
