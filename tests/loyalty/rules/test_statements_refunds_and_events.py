"""Refunds and events as stated."""

from datetime import UTC, datetime

import pytest

from core.errors import InvalidInput
from loyalty.rules.statements import (
    EVENT_FIELDS,
    REFUND_FIELDS,
    REFUND_LINE_FIELDS,
    RESERVED_TYPES,
    EventStatement,
    RefundStatement,
    parse_event,
    parse_refund,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def refund(order_id="1001", /, **fields):
    return parse_refund(order_id, {"id": "r-1", "amount": 500} | fields, now=NOON)


def refund_line(**fields):
    return refund(lines=[{"id": "1", "quantity": 1} | fields])


def event(**fields):
    data = {"id": "rev-9", "type": "review", "member": "c-42"} | fields
    return parse_event(data, now=NOON)


def refusals(stating, *args, **fields):
    with pytest.raises(InvalidInput) as caught:
        stating(*args, **fields)
    return [(p.pointer, p.code) for p in caught.value.problems]


# Refunds


def test_a_refund_is_read_with_its_lines_and_its_time():
    lines = [{"id": "1", "quantity": 1}, {"id": "b", "quantity": 3}]

    assert refund(lines=lines, refunded_at="2026-05-01T10:00:00Z") == RefundStatement(
        order="1001",
        id="r-1",
        amount=500,
        lines=[("1", 1), ("b", 3)],
        refunded_at=datetime(2026, 5, 1, 10, tzinfo=UTC),
    )


def test_a_refund_may_be_money_alone_or_lines_alone():
    assert refund(lines=None).lines == []
    assert refund_line(id="1").lines == [("1", 1)]
    assert refund(amount=None, lines=[{"id": "1", "quantity": 1}]).amount == 0


def test_a_refund_of_no_money_may_be_said_outright():
    assert refund(amount=0).amount == 0


def test_a_refund_of_neither_money_nor_lines_is_refused():
    assert refusals(refund, amount=None) == [("", "required")]
    assert refusals(refund, amount=None, lines=[]) == [("", "required")]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (-1, "negative"),
        (2**63, "out_of_range"),
        (5.0, "not_an_integer"),
        (True, "wrong_type"),
        ("5", "wrong_type"),
    ],
)
def test_what_is_no_amount_is_refused(amount, code):
    assert refusals(refund, amount=amount) == [("/amount", code)]


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        (-1, "negative"),
        (0, "out_of_range"),
        (2**63, "out_of_range"),
        (0.5, "not_an_integer"),
        ("1", "wrong_type"),
        (None, "required"),
    ],
)
def test_what_is_no_number_of_goods_is_refused(quantity, code):
    assert refusals(refund_line, quantity=quantity) == [("/lines/0/quantity", code)]


def test_a_line_named_twice_in_one_refund_is_refused():
    line = {"id": "1", "quantity": 1}

    assert refusals(refund, lines=[line, line]) == [("/lines/1/id", "duplicate")]


def test_a_refund_and_its_lines_must_have_ids():
    assert refusals(refund, id=None, lines=[{"quantity": 1}]) == [
        ("/lines/0/id", "required"),
        ("/id", "required"),
    ]


def test_the_id_of_the_order_is_checked_as_well():
    assert refusals(refund, "") == [("/order", "blank")]


def test_two_thousand_lines_are_taken_back_and_no_more():
    lines = [{"id": str(n), "quantity": 1} for n in range(2001)]

    assert len(refund(lines=lines[:2000]).lines) == 2000
    assert refusals(refund, lines=lines) == [("/lines", "too_many")]


def test_what_a_refund_does_not_know_is_refused():
    assert refusals(refund, currency="EUR") == [("/currency", "unknown_field")]
    assert refusals(refund_line, amount=5) == [("/lines/0/amount", "unknown_field")]
    assert refusals(refund, lines=["1"]) == [("/lines/0", "wrong_type")]
    assert refusals(parse_refund, "1001", [], now=NOON) == [("", "wrong_type")]


# Events


def test_an_event_is_read_with_its_properties_and_its_time():
    assert event(
        properties={"stars": 5, "note": None}, occurred_at="2026-05-01T12:00:00+02:00"
    ) == EventStatement(
        id="rev-9",
        type="review",
        member="c-42",
        occurred_at=datetime(2026, 5, 1, 10, tzinfo=UTC),
        properties={"stars": 5},
    )


def test_time_and_properties_of_an_event_may_be_left_out():
    assert (event().occurred_at, event().properties) == (None, {})
    assert event(occurred_at=None, properties=None) == event()


def test_properties_of_two_events_are_not_shared():
    event().properties["stars"] = 1

    assert event().properties == {}


@pytest.mark.parametrize("field", ["id", "type", "member"])
def test_an_event_without_id_type_or_member_misses_it(field):
    assert refusals(event, **{field: None}) == [(f"/{field}", "required")]


@pytest.mark.parametrize("type_", ["review", "app.open-2_x", "x" * 60, "orders", "7"])
def test_a_type_is_a_word_of_the_shops_own(type_):
    assert event(type=type_).type == type_


@pytest.mark.parametrize(
    ("type_", "code"),
    [
        ("order", "reserved"),
        ("refund", "reserved"),
        ("Review", "invalid_slug"),
        ("a review", "invalid_slug"),
        ("x" * 61, "invalid_slug"),
        ("x\n", "invalid_slug"),
        ("", "blank"),
        ("a\0", "nul_character"),
        (5, "wrong_type"),
    ],
)
def test_any_other_type_is_refused(type_, code):
    assert refusals(event, type=type_) == [("/type", code)]


def test_ids_of_our_own_events_are_reserved():
    assert event(id="Perennial-1").id == "Perennial-1"
    assert refusals(event, id="perennial:signup:c-42") == [("/id", "reserved")]


def test_a_property_that_is_no_scalar_is_refused_by_its_place():
    assert refusals(event, properties={"a/b": {"c": 1}}) == [("/properties/a~1b", "wrong_type")]


def test_what_an_event_does_not_know_is_refused():
    assert refusals(event, props={}) == [("/props", "unknown_field")]


def test_the_known_fields_are_those_of_the_contract():
    assert EVENT_FIELDS == ("id", "type", "member", "occurred_at", "properties")
    assert REFUND_FIELDS == ("id", "amount", "lines", "refunded_at")
    assert REFUND_LINE_FIELDS == ("id", "quantity")
    assert RESERVED_TYPES == ("order", "refund", "signup", "birthday", "anniversary")
