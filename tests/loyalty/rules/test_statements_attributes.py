"""Attributes and properties: scalars and lists of them, kept as they were meant."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from loyalty.rules.statements import MAX_NUMBER, parse_order

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def kept(attributes):
    data = {"status": "paid", "subtotal": 1000, "attributes": attributes}
    return parse_order("1001", data, currency="EUR", now=NOON).body["attributes"]


def refusals(attributes):
    with pytest.raises(InvalidInput) as caught:
        kept(attributes)
    return [(p.pointer, p.code) for p in caught.value.problems]


@pytest.mark.parametrize(
    "value",
    [
        *("", "gold", "two\nlines", "x" * 1000),
        *(0, -5, MAX_NUMBER, -MAX_NUMBER, 2.5, -0.1, True, False),
        *([], ["a", 1, None, False, 0.5], [0] * 100),
    ],
)
def test_a_scalar_or_a_list_of_scalars_is_kept(value):
    assert repr(kept({"a": value})) == repr({"a": value})


def test_attributes_are_kept_in_the_order_of_their_names():
    assert list(kept({"b": 1, "a": 2})) == ["a", "b"]


def test_an_attribute_that_is_null_is_as_good_as_none():
    assert kept({"a": None, "b": 1}) == {"b": 1}


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ({}, "", "wrong_type"),
        ([[]], "/0", "wrong_type"),
        ([1, {"x": 1}], "/1", "wrong_type"),
        ("x" * 1001, "", "too_long"),
        ([0] * 101, "", "too_many"),
        ("\0", "", "nul_character"),
        (["a", "\ud800"], "/1", "not_unicode"),
        (MAX_NUMBER + 1, "", "out_of_range"),
        (-MAX_NUMBER - 1, "", "out_of_range"),
        (1e19, "", "out_of_range"),
        (float("nan"), "", "out_of_range"),
        (float("-inf"), "", "out_of_range"),
        (Decimal("NaN"), "", "out_of_range"),
        (Decimal("sNaN"), "", "out_of_range"),
        (Decimal("Infinity"), "", "out_of_range"),
        (Decimal("1e999999"), "", "out_of_range"),
    ],
)
def test_what_an_attribute_cannot_be_is_refused(value, pointer, code):
    assert refusals({"a": value}) == [(f"/attributes/a{pointer}", code)]


def test_a_number_that_python_would_not_print_is_refused():
    assert refusals({"a": 10**5000}) == [("/attributes/a", "out_of_range")]


@pytest.mark.parametrize("value", [["a"], "a", 1, True])
def test_attributes_that_are_no_object_are_refused(value):
    assert refusals(value) == [("/attributes", "wrong_type")]


@pytest.mark.parametrize(
    ("name", "shown", "code"),
    [
        ("", "", "blank"),
        (" ", " ", "blank"),
        ("x" * 101, "x" * 101, "too_long"),
        ("a\0", "a\ufffd", "nul_character"),
        ("\ud800/~", "\ufffd~1~0", "not_unicode"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused(name, shown, code):
    assert refusals({name: 1}) == [(f"/attributes/{shown}", code)]


def test_a_hundred_attributes_are_taken_and_one_more_is_refused():
    assert len(kept({str(n): n for n in range(100)})) == 100
    assert refusals({str(n): n for n in range(101)}) == [("/attributes", "too_many")]


def test_attributes_together_are_bounded():
    assert kept({str(n): "x" * 1000 for n in range(19)})
    assert refusals({str(n): "x" * 1000 for n in range(20)}) == [("/attributes", "too_long")]


def test_attributes_of_a_line_are_checked_alike():
    line = {"unit_price": 1, "attributes": {"a": {}}}
    data = {"status": "paid", "lines": [line]}

    with pytest.raises(InvalidInput) as caught:
        parse_order("1001", data, currency="EUR", now=NOON)

    assert [p.pointer for p in caught.value.problems] == ["/lines/0/attributes/a"]


# Numbers


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("5.0", 5),
        ("1e3", 1000),
        ("-0.0", 0),
        ("1e-400", 0),
        ("9223372036854775807.0", 2**63 - 1),
        ("9223372036854775806.5", 2**63 - 2),
        ("0.99999999999999999999999999", 1),
        ("12.50", 12.5),
    ],
)
def test_a_number_is_the_same_however_it_was_spelt(written, number):
    from_decimal = kept({"a": Decimal(written)})["a"]

    assert (from_decimal, type(from_decimal)) == (number, type(number))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_a_number_read_as_float_or_as_decimal_is_kept_alike(number):
    if len(number.as_tuple().digits) <= 15:
        assert repr(kept({"a": float(number)})) == repr(kept({"a": number}))


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 30))
def test_fifteen_digits_are_seen_exactly_as_they_were_written(digits, places):
    written = Decimal(digits).scaleb(-places)

    assert Decimal(repr(kept({"a": written})["a"])) == written


@given(st.decimals(-MAX_NUMBER, MAX_NUMBER, allow_nan=False))
def test_a_kept_number_stays_the_same_when_it_is_written_and_read_again(number):
    once = kept({"a": number})

    again = kept(json.loads(json.dumps(once), parse_float=Decimal))

    assert repr(again) == repr(once)
