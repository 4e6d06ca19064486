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
