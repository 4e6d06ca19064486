"""Rules that make no sense, each refused at its place and by its name."""

import pytest

from core.errors import InvalidInput
from tests.loyalty.rules.bodies import rule_set

AWARD = {"award": {"points": 1}}
BY_AMOUNT = {"award": {"points": 1, "per": "1.00"}}


def problems_of(rule):
    with pytest.raises(InvalidInput) as refused:
        rule_set({"rule": rule})
    return [(p.pointer, p.code) for p in refused.value.problems]


@pytest.mark.parametrize(
    ("rule", "place", "code"),
    [
        # both, neither, and strangers
        ({}, "", "one_of"),
        (BY_AMOUNT | {"multiply": 2}, "", "one_of"),
        (AWARD | {"awards": {}}, "/awards", "unknown_key"),
        (AWARD | {"base": {"taxes": True}}, "/base/taxes", "unknown_key"),
        # awards
        ({"award": {}}, "/award", "required"),
        ({"award": 5}, "/award", "wrong_type"),
        ({"award": {"points": -1}}, "/award/points", "out_of_range"),
        ({"award": {"points": 10**30}}, "/award/points", "out_of_range"),
        ({"award": {"points": 1.5}}, "/award/points", "wrong_type"),
        ({"award": {"points": True}}, "/award/points", "wrong_type"),
        ({"award": {"points": "1"}}, "/award/points", "wrong_type"),
        ({"award": {"points": 1, "per": "0.00"}}, "/award/per", "out_of_range"),
        ({"award": {"points": 1, "per": "-1.00"}}, "/award/per", "out_of_range"),
        ({"award": {"points": 1, "per": "1.005"}}, "/award/per", "invalid_money"),
        ({"award": {"points": 1, "per": "one"}}, "/award/per", "invalid_money"),
        ({"award": {"points": 1, "per": 1}}, "/award/per", "wrong_type"),
        ({"award": {"points": 1, "per": 1.0}}, "/award/per", "wrong_type"),
        ({"award": {"points": 0.1, "per": "1.00"}}, "/award/points", "wrong_type"),
        ({"award": {"points": "-1", "per": "1.00"}}, "/award/points", "out_of_range"),
        ({"award": {"points": "1e5", "per": "1.00"}}, "/award/points", "out_of_range"),
        ({"award": {"points": 10**13, "per": "1.00"}}, "/award/points", "out_of_range"),
        ({"award": {"per": "1.00"}}, "/award", "required"),
        ({"award": {"points": 1, "whole_steps": True}}, "/award/whole_steps", "unknown_key"),
        ({"award": {"points": 1, "per": "1.00", "per_item": True}}, "/award", "one_of"),
        ({"award": {"points": 1, "per_item": 1}}, "/award/per_item", "wrong_type"),
        (
            {"award": {"points": 1, "per": "1.00", "on_partial_refund": "keep"}},
            "/award/on_partial_refund",
            "unknown_key",
        ),
        (
            {"award": {"points": 1, "on_partial_refund": "half"}},
            "/award/on_partial_refund",
            "not_a_choice",
        ),
        ({"award": {"bands": []}}, "/award/bands", "required"),
        ({"award": {"bands": {"from": "1.00"}}}, "/award/bands", "wrong_type"),
        ({"award": {"bands": [{"points": 1, "per": "1.00"}]}}, "/award/bands/0", "required"),
        (
            {"award": {"bands": [{"from": "9.00", "points": 1, "per": "0.00"}]}},
            "/award/bands/0/per",
            "out_of_range",
        ),
        (
            {
                "award": {
                    "bands": [
                        {"from": "9.00", "points": 1, "per": "1.00"},
                        {"from": "9.00", "points": 2, "per": "1.00"},
                    ]
                }
            },
            "/award/bands/1/from",
            "out_of_order",
        ),
        (
            {"award": {"points_from": "event.properties.n"}},
            "/award/points_from",
            "unknown_name",
        ),
        ({"award": {"points_from": "minutes"}}, "/award/points_from", "unknown_name"),
        ({"award": {"points_from": "order.channel"}}, "/award/points_from", "wrong_type"),
        (
            {"award": {"points_from": "order.quantity", "times": 0.5}},
            "/award/times",
            "wrong_type",
        ),
        # awards of events
        (BY_AMOUNT | {"on": "review"}, "/award/per", "not_here"),
        (
            {"on": "review", "award": {"points": 1, "per_item": True}},
            "/award/per_item",
            "not_here",
        ),
        (
            {
                "on": "review",
                "award": {"bands": [{"from": "0.00", "points": 1, "per": "1.00"}]},
            },
            "/award/bands",
            "not_here",
        ),
        (
            {"on": "review", "award": {"points": 1, "on_partial_refund": "keep"}},
            "/award/on_partial_refund",
            "not_here",
        ),
        (AWARD | {"on": "review", "lines": 'line.sku == "A"'}, "/lines", "not_here"),
        (AWARD | {"on": "review", "base": {"tax": True}}, "/base", "not_here"),
        # keys of rules
        (AWARD | {"on": "Review!"}, "/on", "not_a_choice"),
        (AWARD | {"on": "refund"}, "/on", "not_a_choice"),
        (AWARD | {"on": 5}, "/on", "wrong_type"),
        (AWARD | {"point_type": "miles"}, "/point_type", "unknown_point_type"),
        (AWARD | {"name": ""}, "/name", "wrong_type"),
        (AWARD | {"name": "x" * 121}, "/name", "too_long"),
        (AWARD | {"base": True}, "/base", "wrong_type"),
        (AWARD | {"base": {"tax": 1}}, "/base/tax", "wrong_type"),
        (AWARD | {"order_discounts": "split"}, "/order_discounts", "not_a_choice"),
        (AWARD | {"rounding": "up"}, "/rounding", "not_a_choice"),
        (AWARD | {"round_per": "item"}, "/round_per", "not_a_choice"),
        (AWARD | {"round_per": "line"}, "/round_per", "not_here"),
        (AWARD | {"round_base": True}, "/round_base", "not_a_choice"),
        (AWARD | {"multipliers": "yes"}, "/multipliers", "wrong_type"),
        (AWARD | {"exclusive": 1}, "/exclusive", "wrong_type"),
        (AWARD | {"priority": "high"}, "/priority", "wrong_type"),
        (AWARD | {"priority": 10**9}, "/priority", "out_of_range"),
        (AWARD | {"group": 7}, "/group", "wrong_type"),
        (AWARD | {"known_for": "30 days"}, "/known_for", "not_here"),
        (AWARD | {"on": "birthday", "known_for": 30}, "/known_for", "wrong_type"),
        (AWARD | {"on": "birthday", "known_for": "a month"}, "/known_for", "invalid_period"),
        (AWARD | {"hold": {"day": 1}}, "/hold/day", "unknown_key"),
        (AWARD | {"expiry": {"after": "0 days"}}, "/expiry/after", "out_of_range"),
        # limits
        (AWARD | {"limits": {"times": 1}}, "/limits", "wrong_type"),
        (AWARD | {"limits": [{"times": 1}]}, "/limits/0", "required"),
        (AWARD | {"limits": [{"per": "day"}]}, "/limits/0", "one_of"),
        (AWARD | {"limits": [{"per": "day", "times": 1, "points": 1}]}, "/limits/0", "one_of"),
        (AWARD | {"limits": [{"per": "decade", "times": 1}]}, "/limits/0/per", "not_a_choice"),
        (AWARD | {"limits": [{"per": "day", "times": 0}]}, "/limits/0/times", "out_of_range"),
        (
            AWARD | {"limits": [{"per": "day", "points": -1}]},
            "/limits/0/points",
            "out_of_range",
        ),
        (
            AWARD | {"limits": [{"per": "day", "times": 1, "of": "shop"}]},
            "/limits/0/of",
            "not_a_choice",
        ),
        (
            AWARD | {"limits": [{"per": "day", "times": 1, "on_overflow": "error"}]},
            "/limits/0/on_overflow",
            "not_a_choice",
        ),
        # validity
        (AWARD | {"valid": "always"}, "/valid", "wrong_type"),
        (AWARD | {"valid": {"from": "May"}}, "/valid/from", "invalid_time"),
        (AWARD | {"valid": {"from": "2026-02-30"}}, "/valid/from", "invalid_time"),
        (AWARD | {"valid": {"from": 20260501}}, "/valid/from", "invalid_time"),
        (
            AWARD | {"valid": {"from": "2026-06-01", "until": "2026-06-01"}},
            "/valid/until",
            "out_of_order",
        ),
        (
            AWARD | {"valid": {"weekdays": ["sat", "Sunday"]}},
            "/valid/weekdays/1",
            "not_a_choice",
        ),
        (AWARD | {"valid": {"weekdays": []}}, "/valid/weekdays", "required"),
        (AWARD | {"valid": {"weekdays": "sat"}}, "/valid/weekdays", "wrong_type"),
        (AWARD | {"valid": {"hours": "8-11"}}, "/valid/hours", "wrong_type"),
        (AWARD | {"valid": {"hours": "08:00-24:30"}}, "/valid/hours", "out_of_range"),
        (AWARD | {"valid": {"hours": "08:00-08:00"}}, "/valid/hours", "out_of_range"),
        (AWARD | {"valid": {"days": 3}}, "/valid/days", "unknown_key"),
        # rules that multiply
        ({"multiply": -1}, "/multiply", "out_of_range"),
        ({"multiply": 1.5}, "/multiply", "wrong_type"),
        ({"multiply": "1.1234567"}, "/multiply", "out_of_range"),
        ({"multiply": "two"}, "/multiply", "out_of_range"),
        ({"multiply": True}, "/multiply", "wrong_type"),
        ({"multiply": 2, "rounding": "ceil"}, "/rounding", "not_here"),
        ({"multiply": 2, "hold": "none"}, "/hold", "not_here"),
        ({"multiply": 2, "exclusive": False}, "/exclusive", "not_here"),
        (
            {"multiply": 2, "limits": [{"points": 5, "per": "day"}]},
            "/limits/0/points",
            "not_here",
        ),
        # conditions
        (AWARD | {"when": "order.total >"}, "/when", "syntax"),
        (AWARD | {"when": "order.weight > 5"}, "/when", "unknown_name"),
        (AWARD | {"when": "event.type == 'x'"}, "/when", "unknown_name"),
        (AWARD | {"on": "review", "when": "order.total > 5"}, "/when", "unknown_name"),
        (AWARD | {"when": 5}, "/when", "wrong_type"),
        (AWARD | {"lines": "line.weight > 5"}, "/lines", "unknown_name"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_place(rule, place, code):
    assert (f"/rules/rule{place}", code) in problems_of(rule)
