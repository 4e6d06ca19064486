"""What conditions may name."""

import pytest

from core.expressions import ExpressionError, compile_expression
from loyalty.rules.fields import (
    EVENT_FIELDS,
    LINE_FIELDS,
    MEMBER_FIELDS,
    ORDER_FIELDS,
    lines_fields,
    lines_schema,
    member_schema,
    when_fields,
    when_schema,
)

PLACES = [
    (when_schema("order"), when_fields("order")),
    (when_schema("review"), when_fields("review")),
    (lines_schema(), lines_fields()),
]


@pytest.mark.parametrize(("schema", "fields"), PLACES)
def test_every_example_compiles_and_names_its_field(schema, fields):
    for name, field in fields.items():
        (used,) = compile_expression(field.example, schema).names

        assert used.startswith(name.removesuffix("*"))


@pytest.mark.parametrize(("schema", "fields"), PLACES)
def test_the_list_of_fields_is_the_schema(schema, fields):
    assert schema.fields == {name: field.type for name, field in fields.items()}


def test_a_rule_about_orders_names_the_order_and_the_member():
    assert when_fields("order") == {**ORDER_FIELDS, **MEMBER_FIELDS}


@pytest.mark.parametrize("on", ["signup", "birthday", "anniversary", "review"])
def test_a_rule_about_anything_else_names_the_event_and_the_member(on):
    assert when_fields(on) == {**EVENT_FIELDS, **MEMBER_FIELDS}


def test_a_line_filter_names_the_line_the_order_and_the_member():
    assert lines_fields() == {**LINE_FIELDS, **ORDER_FIELDS, **MEMBER_FIELDS}


def test_a_line_in_a_rules_when_is_answered_with_what_the_order_has():
    with pytest.raises(ExpressionError, match=r"did you mean order\.categories"):
        compile_expression('line.category == "coffee"', when_schema("order"))


@pytest.mark.parametrize("schema", [when_schema("order"), lines_schema()])
def test_the_days_of_the_week_are_known(schema):
    with pytest.raises(ExpressionError, match="never 'sunday'; did you mean 'sun'"):
        compile_expression('order.weekday == "sunday"', schema)


def test_any_tier_may_be_asked_for_where_nobody_says_which_there_are():
    source = 'member.tier.vip == "gold"'

    assert compile_expression(source, member_schema())({"member": {"tier": {"vip": "gold"}}})


@pytest.mark.parametrize(
    ("tiers", "told"),
    [
        ({}, "of member.tier there is nothing"),
        ({"club": ["gold"]}, "of member.tier there is member.tier.club"),
        ({"club": ["gold"], "vips": ["gold"]}, "did you mean member.tier.vips?"),
    ],
)
def test_a_ladder_that_is_not_there_is_told_from_those_that_are(tiers, told):
    with pytest.raises(ExpressionError) as caught:
        compile_expression('member.tier.vip == "gold"', member_schema(tiers))

    assert caught.value.detail == f"member.tier.vip is not known; {told}"
