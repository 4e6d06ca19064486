"""Orders as stated: amounts, and sums that cannot be true."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.errors import InvalidInput
from loyalty.rules.statements import parse_order
from loyalty.rules.statements.orders import LARGEST_AMOUNT

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PRICED = {"unit_price": 1000}


def state(**fields):
    """State a paid order of one line of 10.00, with other fields as given."""
    lines = {} if "subtotal" in fields else {"lines": [PRICED]}
    data = {"status": "paid"} | lines | fields
    return parse_order("1001", data, currency="EUR", now=NOON)


def state_line(**fields):
    return state(lines=[PRICED | fields])


def refusals(stating, *args, **fields):
    with pytest.raises(InvalidInput) as caught:
        stating(*args, **fields)
    return [(p.pointer, p.code) for p in caught.value.problems]


AMOUNTS = [
    "discount",
    "tax",
    "shipping",
    "refunded_amount",
    "refunded_shipping",
    "paid_with_points",
    "paid_with_gift_cards",
    "version",
    "subtotal",
]
NO_AMOUNTS = [
    (-1, "negative"),
    (2**63, "out_of_range"),
    (10**30, "out_of_range"),
    (1.5, "not_an_integer"),
    (2.0, "not_an_integer"),
    (Decimal("4.90"), "not_an_integer"),
    (float("nan"), "not_an_integer"),
    (Decimal("sNaN"), "not_an_integer"),
    (True, "wrong_type"),
    ("490", "wrong_type"),
    ([490], "wrong_type"),
    ({}, "wrong_type"),
]


@pytest.mark.parametrize("field", AMOUNTS)
@pytest.mark.parametrize(("value", "code"), NO_AMOUNTS)
def test_what_is_no_amount_is_refused(field, value, code):
    assert refusals(state, **{field: value}) == [(f"/{field}", code)]


@pytest.mark.parametrize(
    "field", ["unit_price", "discount", "tax", "refunded_quantity", "refunded_amount"]
)
@pytest.mark.parametrize(("value", "code"), NO_AMOUNTS)
def test_what_is_no_amount_is_refused_in_a_line(field, value, code):
    assert refusals(state_line, **{field: value}) == [(f"/lines/0/{field}", code)]


@pytest.mark.parametrize(("value", "code"), [*NO_AMOUNTS, (0, "out_of_range")], ids=str)
def test_what_is_no_number_of_goods_is_refused(value, code):
    assert refusals(state_line, quantity=value) == [("/lines/0/quantity", code)]


def test_the_largest_amount_that_fits_is_taken():
    assert state(subtotal=LARGEST_AMOUNT).body["lines"][0]["unit_price"] == 10**15


def test_a_line_that_amounts_to_more_than_fits_is_refused():
    assert state_line(unit_price=LARGEST_AMOUNT)
    assert refusals(state_line, quantity=2, unit_price=10**15 // 2 + 1) == [
        ("/lines/0", "out_of_range")
    ]


def test_an_order_that_amounts_to_more_than_fits_is_refused():
    assert state(subtotal=LARGEST_AMOUNT - 10, shipping=5, tax=5)
    assert refusals(state, subtotal=LARGEST_AMOUNT - 10, shipping=6, tax=5) == [
        ("", "out_of_range")
    ]


def test_the_taxes_of_lines_add_to_what_an_order_amounts_to():
    assert state_line(unit_price=LARGEST_AMOUNT - 10, tax=10)
    assert refusals(state_line, unit_price=LARGEST_AMOUNT - 10, tax=11) == [
        ("", "out_of_range")
    ]


def test_a_number_that_python_would_not_print_is_refused_as_well():
    assert refusals(state, shipping=10**5000) == [("/shipping", "out_of_range")]


# Sums


def test_a_discount_of_all_that_a_line_costs_is_taken_and_more_is_refused():
    assert state_line(quantity=2, discount=2000)
    assert refusals(state_line, quantity=2, discount=2001) == [
        ("/lines/0/discount", "inconsistent")
    ]


def test_a_discount_of_all_the_goods_is_taken_and_more_is_refused():
    lines = [PRICED | {"discount": 300}, PRICED]

    assert state(lines=lines, discount=1700, shipping=500)
    assert refusals(state, lines=lines, discount=1701, shipping=500) == [
        ("/discount", "inconsistent")
    ]


def test_an_included_tax_is_at_most_what_goods_and_shipping_cost():
    cost = {"discount": 200, "shipping": 50, "tax_included": True}

    assert state(**cost, tax=850)
    assert refusals(state, **cost, tax=851) == [("/tax", "inconsistent")]


def test_an_included_tax_of_a_line_is_at_most_what_it_costs():
    def state_tax(tax):
        line = PRICED | {"discount": 200, "tax": tax}
        return state(lines=[PRICED, line], tax_included=True)

    assert state_tax(800)
    assert refusals(state_tax, 801) == [("/lines/1/tax", "inconsistent")]


def test_a_tax_that_is_not_included_may_be_more_than_the_goods():
    assert state(tax=5000, lines=[PRICED | {"tax": 3000}])


def test_prices_that_add_up_to_more_than_fits_are_refused():
    half = PRICED | {"unit_price": LARGEST_AMOUNT // 2}

    assert state(lines=[half, half])
    more = half | {"unit_price": LARGEST_AMOUNT // 2 + 1}
    assert refusals(state, lines=[half, more]) == [("", "out_of_range")]
