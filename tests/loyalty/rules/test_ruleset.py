"""Compiling a rule set: what is taken, what is refused, where and by which name."""

import pytest

from core.errors import InvalidInput
from loyalty.rules.expiry import NEVER, NO_HOLD, Expiry, Hold
from loyalty.rules.limits import Limit
from loyalty.rules.ruleset import compile_rule_set
from tests.loyalty.rules.bodies import content, rule_set

AWARD = {"award": {"points": 1}}
BY_AMOUNT = {"award": {"points": 1, "per": "1.00"}}


def problems_of(rules, **given):
    with pytest.raises(InvalidInput) as refused:
        rule_set(rules, **given)
    return [(p.pointer, p.code) for p in refused.value.problems]


def detail_of(rule):
    with pytest.raises(InvalidInput) as refused:
        rule_set({"rule": rule})
    return refused.value.problems[0].detail


def test_what_is_left_out_or_null_is_the_default():
    everything = dict.fromkeys(
        [
            "name", "on", "point_type", "lines", "when", "base", "order_discounts", "rounding",
            "round_per", "round_base", "multipliers", "tier_multiplier", "group", "exclusive",
            "priority", "limits", "valid", "hold", "expiry", "known_for", "multiply",
        ]
    )  # fmt: skip

    left_out = rule_set({"rule": BY_AMOUNT}).on("order").awards[0]
    null = rule_set({"rule": BY_AMOUNT | everything}).on("order").awards[0]

    assert left_out.name == null.name == "rule"
    for rule in (left_out, null):
        assert rule.on == "order"
        assert rule.point_type == "points"
        assert rule.rounding == "floor"
        assert (rule.multipliers, rule.tier_multiplier) == (True, True)
        assert (rule.limits, rule.hold, rule.expiry) == ((), NO_HOLD, NEVER)


def test_a_rule_of_every_key_compiles():
    compiled = rule_set(
        {
            "spend": {
                "name": "One point per euro",
                "on": "order",
                "point_type": "points",
                "award": {"points": "0.5", "per": "1.00", "whole_steps": True},
                "lines": 'line.category == "coffee"',
                "when": "order.subtotal >= 1000",
                "base": {
                    "tax": False,
                    "shipping": False,
                    "points_paid": False,
                    "gift_cards_paid": False,
                    "gift_card_products": False,
                },
                "order_discounts": "ignore",
                "rounding": "half_up",
                "round_per": "line",
                "round_base": "ceil",
                "multipliers": True,
                "tier_multiplier": False,
                "group": "g",
                "exclusive": True,
                "priority": -5,
                "limits": [{"points": 500, "per": "month", "of": "program"}],
                "valid": {
                    "from": "2026-05-01",
                    "until": "2026-06-01",
                    "weekdays": ["sat", "sun"],
                    "hours": "08:00-11:00",
                },
                "hold": {"days": 7},
                "expiry": {"after": "3 months"},
            }
        }
    )

    rule = compiled.on("order").awards[0]
    assert rule.hold == Hold(7)
    assert rule.limits == (Limit("month", points=500, of="program"),)


def test_a_rule_set_tells_what_it_listens_to_earns_and_asks_for():
    compiled = rule_set(
        {
            "a": BY_AMOUNT | {"when": "member.orders_count >= 3", "point_type": "miles"},
            "b": AWARD | {"on": "review", "when": "event.properties.stars >= 4"},
            "c": {"on": "call", "award": {"points_from": "event.properties.minutes"}},
            "d": {"multiply": 2, "lines": 'line.sku == "A"'},
        },
        point_types={"points": {}, "miles": {}, "stars": {}},
        default_point_type="points",
    )

    assert compiled.earns == ("miles", "points")
    assert [compiled.listens(kind) for kind in ("order", "review", "call", "signup")] == [
        True,
        True,
        True,
        False,
    ]
    assert compiled.names == {
        "member.orders_count",
        "event.properties.stars",
        "event.properties.minutes",
        "line.sku",
    }


def test_a_rule_has_the_policies_of_its_point_type_unless_it_has_its_own():
    types = {"points": {"hold": {"days": 14}, "expiry": {"inactivity": "6 months"}}}

    compiled = rule_set({"a": AWARD, "b": AWARD | {"hold": "none", "expiry": "never"}},
                        point_types=types)  # fmt: skip

    a, b = compiled.on("order").awards
    assert (a.hold, a.expiry.inactivity) == (Hold(14), a.expiry.inactivity)
    assert (b.hold, b.expiry) == (NO_HOLD, Expiry())


# The point type of a rule that names none


def test_the_only_spendable_point_type_needs_no_name():
    types = {"status": {"kind": "status"}, "points": {"kind": "spendable"}}

    assert rule_set({"a": AWARD}, point_types=types).earns == ("points",)


def test_of_several_point_types_the_set_says_which_is_the_default():
    types = {"miles": {}, "points": {}}

    assert problems_of({"a": AWARD}, point_types=types) == [("/rules/a/point_type", "required")]
    assert rule_set({"a": AWARD}, point_types=types, default_point_type="points").earns == (
        "points",
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"currency": "EURO"}, ("/currency", "invalid_currency")),
        ({"currency": None}, ("/currency", "invalid_currency")),
        ({"timezone": "Mars/Olympus"}, ("/timezone", "invalid_timezone")),
        ({"point_types": {}}, ("/rules/rule/point_type", "required")),
        ({"point_types": [1]}, ("/point_types", "wrong_type")),
        (
            {"point_types": {"points": {"hold": {"days": -1}}}},
            ("/point_types/points/hold/days", "out_of_range"),
        ),
        (
            {"point_types": {"points": {"expiry": "tomorrow"}}},
            ("/point_types/points/expiry", "not_a_choice"),
        ),
        (
            {"point_types": {"points": {"colour": 1}}},
            ("/point_types/points/colour", "unknown_key"),
        ),
        ({"default_point_type": "miles"}, ("/default_point_type", "unknown_point_type")),
        ({"rule": {}}, ("/rule", "unknown_key")),
    ],
)
def test_a_rule_set_that_makes_no_sense_is_refused(given, problem):
    assert problem in problems_of({"rule": AWARD}, **given)


@pytest.mark.parametrize("rules", [{"a": 1}, {"a": None}, {"a": []}, [AWARD], "rules"])
def test_rules_are_a_mapping_of_mappings(rules):
    assert {code for _, code in problems_of(rules)} == {"wrong_type"}


@pytest.mark.parametrize("whole", [None, [], "rules", 1])
def test_a_rule_set_is_a_mapping(whole):
    with pytest.raises(InvalidInput):
        compile_rule_set(whole)


def test_every_problem_is_named_at_once():
    rules = {
        "a": {"award": {"points": -1}, "rounding": "up", "colour": "red"},
        "b": {},
        "c/d": {"multiply": 1.5},
    }

    assert problems_of(rules) == [
        ("/rules/a/award/points", "out_of_range"),
        ("/rules/a/rounding", "not_a_choice"),
        ("/rules/a/colour", "unknown_key"),
        ("/rules/b", "one_of"),
        ("/rules/c~1d/multiply", "wrong_type"),
    ]


def test_a_misspelt_key_is_told_what_was_meant():
    detail = detail_of(BY_AMOUNT | {"roundings": "floor"})

    assert detail == "unknown key 'roundings'; did you mean 'rounding'?"


def test_a_float_is_told_how_to_write_it():
    assert detail_of({"multiply": 1.5}) == 'write it as a string, "1.5": floats are inexact'


def test_a_condition_that_does_not_compile_says_where():
    assert "line 1, column" in detail_of(AWARD | {"when": "order.subtotal >= coffee"})


def test_a_condition_that_nests_too_deep_is_refused():
    deep = "(" * 10_000 + "order.total > 1" + ")" * 10_000

    assert problems_of({"a": AWARD | {"when": deep}})[0][0] == "/rules/a/when"


def test_compiling_leaves_the_content_as_it_was():
    before = content({"a": BY_AMOUNT | {"limits": [{"times": 1, "per": "day"}]}})
    after = content({"a": BY_AMOUNT | {"limits": [{"times": 1, "per": "day"}]}})

    compile_rule_set(after)

    assert after == before
