"""What each kind of award gives, from orders and from events."""

import pytest

from core.errors import InvalidInput
from tests.loyalty.rules.bodies import (
    judge,
    judge_event,
    line,
    order,
    points_of_rule,
    refund,
    why_not,
)

PER_EURO = {"award": {"points": 1, "per": "1.00"}}


# By amount


def test_an_award_by_amount_counts_parts_of_the_step():
    # 5 per 1.00 on 2.50 is 12.5, and half a point is nothing.
    rule = {"award": {"points": 5, "per": "1.00"}}

    assert points_of_rule(rule, order(line(unit_price=250))) == 12


def test_whole_steps_count_only_full_ones():
    rule = {"award": {"points": 5, "per": "1.00", "whole_steps": True}}

    assert points_of_rule(rule, order(line(unit_price=250))) == 10


def test_a_rate_may_be_a_fraction():
    rule = {"award": {"points": "0.5", "per": "1.00"}}

    assert points_of_rule(rule, order(line(unit_price=1999))) == 9


def test_a_rate_that_no_float_can_hold_is_exact():
    # 0.1 a cent: 30 cents are 3 points, and not 2.999…
    rule = {"award": {"points": "0.1", "per": "0.01"}}

    assert points_of_rule(rule, order(line(unit_price=30))) == 3


@pytest.mark.parametrize(("rounding", "points"), [
    ("floor", 12), ("half_up", 13), ("half_even", 12), ("ceil", 13),
])  # fmt: skip
def test_a_rule_rounds_as_it_says(rounding, points):
    rule = {"award": {"points": 5, "per": "1.00"}, "rounding": rounding}

    assert points_of_rule(rule, order(line(unit_price=250))) == points


def test_rounding_happens_once_for_the_order():
    body = order(line("1", unit_price=150), line("2", unit_price=150))

    assert points_of_rule(PER_EURO, body) == 3


def test_rounding_may_happen_line_by_line():
    body = order(line("1", unit_price=150), line("2", unit_price=150))

    assert points_of_rule(PER_EURO | {"round_per": "line"}, body) == 2


def test_counted_shipping_is_rounded_as_a_line_of_its_own():
    rule = PER_EURO | {"round_per": "line", "base": {"shipping": True}}
    body = order(line(unit_price=150), shipping=150)

    assert points_of_rule(rule, body) == 2


def test_the_minor_unit_is_the_currencys():
    yen = {"currency": "JPY", "timezone": "Asia/Tokyo"}
    rule = {"award": {"points": 1, "per": "100"}}

    evaluation = judge({"rule": rule}, order(line(unit_price=2500)), **yen)

    assert evaluation.totals() == {"points": 25}


def test_only_the_lines_that_the_rule_is_about_count():
    rule = PER_EURO | {"lines": 'line.category == "coffee"'}
    body = order(line("1", unit_price=1500, categories=["coffee"]), line("2", unit_price=700))

    assert points_of_rule(rule, body) == 15


def test_shipping_counts_whatever_the_line_filter_says():
    rule = PER_EURO | {"lines": 'line.category == "coffee"', "base": {"shipping": True}}
    body = order(line("1", categories=["coffee"]), line("2"), shipping=500)

    assert points_of_rule(rule, body) == 15


# By bands


BANDS = {
    "award": {
        "bands": [
            {"from": "50.00", "points": 1, "per": "1.00"},
            {"from": "100.00", "points": 2, "per": "1.00"},
        ]
    }
}


@pytest.mark.parametrize(
    ("amount", "points"),
    [(4999, 0), (5000, 0), (5100, 1), (10_000, 50), (10_050, 51), (12_000, 90)],
)
def test_bands_earn_by_slices_of_the_amount(amount, points):
    assert points_of_rule(BANDS, order(line(unit_price=amount))) == points


def test_bands_of_different_steps_add_up_exactly():
    # 1/3 point a cent from 0, 1/7 from 100: 100/3 + 50/7 = 40.476…
    rule = {
        "award": {
            "bands": [
                {"from": "0.00", "points": 1, "per": "0.03"},
                {"from": "1.00", "points": 1, "per": "0.07"},
            ]
        },
        "rounding": "ceil",
    }

    assert points_of_rule(rule, order(line(unit_price=150))) == 41


# By item


def test_an_award_per_item_counts_the_units_left():
    rule = {"award": {"points": 5, "per_item": True}}
    body = order(line("1", quantity=3, refunded_quantity=1), line("2"))

    assert points_of_rule(rule, body) == 15


def test_free_goods_are_items():
    rule = {"award": {"points": 5, "per_item": True}}

    assert points_of_rule(rule, order(line(quantity=2, unit_price=0))) == 10


def test_gift_cards_are_no_items_unless_the_rule_counts_them():
    rule = {"award": {"points": 5, "per_item": True}}
    body = order(line("1"), line("2", gift_card=True))

    assert points_of_rule(rule, body) == 5
    assert points_of_rule(rule | {"base": {"gift_card_products": True}}, body) == 10


# Fixed


FIXED = {"award": {"points": 100}}


def test_a_fixed_award_is_whole_while_any_goods_are_left():
    body = order(line(quantity=4, refunded_quantity=3))

    assert points_of_rule(FIXED, body) == 100


def test_a_fixed_award_is_nothing_when_no_goods_are_left():
    evaluation = judge({"rule": FIXED}, order(line(refunded_quantity=1), shipping=490))

    assert evaluation.totals() == {"points": 0}
    assert why_not(evaluation) == {"rule": "no_goods_left"}


def test_a_fixed_award_looks_at_the_goods_it_is_about():
    rule = FIXED | {"lines": 'line.category == "coffee"'}
    gone = order(line("1", categories=["coffee"], refunded_quantity=1), line("2"))

    assert why_not(judge({"rule": rule}, gone)) == {"rule": "no_goods_left"}
    assert why_not(judge({"rule": rule}, order(line()))) == {"rule": "no_lines_matched"}


def test_a_fixed_award_is_for_free_goods_too():
    assert points_of_rule(FIXED, order(line(unit_price=0))) == 100


def test_a_fixed_award_ends_when_its_condition_holds_no_more():
    rule = FIXED | {"when": "order.subtotal >= 2000"}
    body = order(line(quantity=2))

    assert points_of_rule(rule, body) == 100
    assert points_of_rule(rule, body, refunds=[refund(amount=1)]) == 0


@pytest.mark.parametrize(("back", "points"), [(0, 100), (1, 66), (2, 33), (3, 0)])
def test_a_prorated_award_follows_the_counted_base(back, points):
    rule = {"award": {"points": 100, "on_partial_refund": "prorate"}}
    body = order(line("1", quantity=3, refunded_quantity=back))

    assert points_of_rule(rule, body) == points


def test_a_prorated_award_counts_the_lines_that_are_gone_in_its_whole():
    rule = {
        "award": {"points": 100, "on_partial_refund": "prorate"},
        "lines": "line.amount >= 500",
    }
    body = order(line("1", refunded_quantity=1), line("2"), line("3", unit_price=100))

    assert points_of_rule(rule, body) == 50


def test_a_prorated_award_for_free_goods_is_whole_while_any_are_left():
    rule = {"award": {"points": 100, "on_partial_refund": "prorate"}}

    assert (
        points_of_rule(rule, order(line(unit_price=0, quantity=2, refunded_quantity=1))) == 100
    )


# By property


def minutes(value):
    return {"type": "call", "properties": {"minutes": value}}


HALF_A_POINT_A_MINUTE = {
    "on": "call",
    "award": {"points_from": "event.properties.minutes", "times": "0.5"},
}


@pytest.mark.parametrize(("value", "points"), [(10, 5), (11, 5), (0, 0), (3.3, 1), (2.0, 1)])
def test_an_award_may_be_as_many_points_as_a_property_says(value, points):
    evaluation = judge_event({"call": HALF_A_POINT_A_MINUTE}, minutes(value))

    assert evaluation.totals() == {"points": points}


def test_a_float_is_the_decimal_it_prints_as():
    # 0.1 as a binary float is a little more than a tenth.
    rule = {
        "on": "call",
        "award": {"points_from": "event.properties.minutes", "times": 10},
        "rounding": "ceil",
    }

    assert judge_event({"call": rule}, minutes(0.1)).totals() == {"points": 1}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "property_missing"),
        ("10", "property_not_a_number"),
        (True, "property_not_a_number"),
        ([10], "property_not_a_number"),
        (float("nan"), "property_not_a_number"),
        (float("inf"), "property_not_a_number"),
        (-1, "property_negative"),
    ],
)
def test_a_property_that_is_no_number_gives_nothing_and_says_why(value, reason):
    evaluation = judge_event({"call": HALF_A_POINT_A_MINUTE}, minutes(value))

    assert why_not(evaluation) == {"call": reason}
    assert not evaluation.outcomes[0].matched


def test_a_property_that_was_not_stated_is_missing():
    event = {"type": "call", "properties": {}}

    assert why_not(judge_event({"call": HALF_A_POINT_A_MINUTE}, event)) == {
        "call": "property_missing"
    }


def test_an_absurd_property_is_refused_at_its_place():
    with pytest.raises(InvalidInput) as refused:
        judge_event({"call": HALF_A_POINT_A_MINUTE}, minutes(10**30))

    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/properties/minutes", "out_of_range")
    ]


def test_more_points_than_can_be_counted_are_refused():
    rule = {"on": "call", "award": {"points_from": "event.properties.minutes", "times": 2}}

    with pytest.raises(InvalidInput, match="rule call would give more"):
        judge_event({"call": rule}, minutes(2**62))


def test_an_order_may_earn_by_its_attributes():
    rule = {"award": {"points_from": "order.attributes.bags", "times": 10}}
    body = order(line("1"), line("2"), attributes={"bags": 3})

    assert points_of_rule(rule, body) == 30
    assert points_of_rule(rule, body, refunds=[refund(_1=1)]) == 30
    assert points_of_rule(rule, body, refunds=[refund(_1=1, _2=1)]) == 0


def test_an_order_may_earn_by_a_number_of_its_own():
    rule = {"award": {"points_from": "order.quantity"}}

    assert points_of_rule(rule, order(line(quantity=7, refunded_quantity=2))) == 5
