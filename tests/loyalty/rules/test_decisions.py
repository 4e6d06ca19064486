"""Why an order earned what it earned: outcomes explain themselves."""

import json
from decimal import Decimal

from loyalty.rules.expiry import LotSchedule
from loyalty.rules.multipliers import Bonus
from tests.loyalty.rules.bodies import NOON, judge, line, order

RULES = {
    "spend": {
        "name": "Half a point per euro",
        "award": {"points": "0.5", "per": "1.00"},
        "lines": 'line.category == "tea"',
        "base": {"shipping": True},
        "limits": [{"points": 500, "per": "month"}],
    },
    "tea": {"multiply": 2, "lines": 'line.category == "tea"'},
    "other": {"multiply": 3, "lines": 'line.category == "coffee"'},
    "grown_up": {"award": {"points": 10}, "when": "member.age >= 18"},
    "items": {"award": {"points": 3, "per_item": True}, "multipliers": False},
}
BODY = order(
    line("a", categories=["tea"], unit_price=1010),
    line("b", categories=["coffee"]),
    shipping=300,
)


def explained():
    evaluation = judge(RULES, BODY, bonuses=[Bonus("vip.gold", Decimal("1.25"))])
    return {each["rule"]: each for each in evaluation.explain()}


def test_an_award_explains_every_step():
    # 13.10 at half a point: 6.55. Tea counts 2 + 0.25, shipping 1 + 0.25:
    # 10.10 x 0.5 x 2.25 + 3.00 x 0.5 x 1.25 = 13.2375.
    assert explained()["spend"] == {
        "rule": "spend",
        "name": "Half a point per euro",
        "point_type": "points",
        "matched": True,
        "why_not": None,
        "desired": 13,
        "lines": ["a"],
        "base": 1310,
        "rate": {"points": "0.5", "per": 100},
        "points": "6.55",
        "multipliers": [
            {"reason": "tea", "multiplier": "2", "lines": ["a"]},
            {"reason": "vip.gold", "multiplier": "1.25"},
        ],
        "rounding": "floor",
        "round_per": "order",
        "round_base": None,
        "limits": [
            {
                "points": 500,
                "per": "month",
                "of": "member",
                "window": "calendar",
                "on_overflow": "clip",
            }
        ],
    }


def test_a_rule_that_does_not_hold_explains_why():
    assert explained()["grown_up"] == {
        "rule": "grown_up",
        "name": "grown_up",
        "point_type": "points",
        "matched": False,
        "why_not": "condition_unknown",
        "unknown": ["member.age"],
        "desired": 0,
    }


def test_a_rule_that_multiplies_explains_by_how_much():
    assert explained()["tea"] == {
        "rule": "tea",
        "name": "tea",
        "point_type": "points",
        "matched": True,
        "why_not": None,
        "multiply": "2",
    }


def test_an_award_per_item_tells_its_units():
    items = explained()["items"]

    assert (items["units"], items["lines"], items["multipliers"]) == (2, None, [])


def test_an_explanation_can_be_written_as_json():
    assert json.loads(json.dumps(explained())) == explained()


def test_an_outcome_tells_the_multipliers_that_touched_it():
    evaluation = judge(RULES, BODY, bonuses=[Bonus("vip.gold", Decimal("1.25"))])
    outcomes = {each.code: each for each in evaluation.outcomes}

    assert outcomes["spend"].multipliers == [("tea", 2), ("vip.gold", Decimal("1.25"))]
    assert outcomes["tea"].multipliers == [("tea", 2)]
    assert outcomes["items"].multipliers == []


def test_points_that_never_end_are_shown_to_nine_decimals():
    rules = {"third": {"award": {"points": 1, "per": "0.03"}}}

    assert judge(rules, order()).outcomes[0].explain()["points"] == "333.333333333"


def test_an_evaluation_tells_the_dates_of_every_outcome():
    rules = {
        "now": {"award": {"points": 1}},
        "later": {
            "award": {"points": 1},
            "hold": {"days": 1},
            "expiry": {"inactivity": "1 year"},
        },
    }

    evaluation = judge(rules, order())
    dates = {each.code: evaluation.schedule_of(each) for each in evaluation.outcomes}

    assert dates == {
        "now": LotSchedule(None, False, None, False),
        "later": LotSchedule(NOON.replace(day=2), False, None, True),
    }
