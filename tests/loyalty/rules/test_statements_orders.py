"""Orders as stated: what is taken, what is refused, where and by which name."""

from datetime import UTC, datetime

import pytest

from core.errors import InvalidInput
from loyalty.rules.statements import (
    GUEST_FIELDS,
    LINE_FIELDS,
    MOST_PROBLEMS,
    ORDER_FIELDS,
    parse_order,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

# The contract's own example, with the times of a paid order.
FULL = {
    "member": "c-42",
    "guest": None,
    "version": 3,
    "status": "paid",
    "currency": "EUR",
    "placed_at": "2026-05-01T10:00:00Z",
    "paid_at": None,
    "fulfilled_at": None,
    "cancelled_at": None,
    "lines": [
        {
            "id": "1",
            "sku": "A",
            "name": "Beans",
            "categories": ["coffee"],
            "quantity": 2,
            "unit_price": 2500,
            "discount": 0,
            "tax": None,
            "refunded_quantity": 1,
            "refunded_amount": None,
            "gift_card": False,
            "attributes": {},
        }
    ],
    "discount": 0,
    "tax": 399,
    "tax_included": False,
    "shipping": 490,
    "refunded_amount": 0,
    "refunded_shipping": 0,
    "paid_with_points": 0,
    "paid_with_gift_cards": 0,
    "redemptions": ["red_1"],
    "vouchers": ["HC-7K2M"],
    "referral_code": None,
    "coupons": [],
    "channel": "web",
    "store": "berlin",
    "attributes": {},
}
BESIDE_BODY = {
    "member",
    "guest",
    "version",
    "placed_at",
    "paid_at",
    "fulfilled_at",
    "cancelled_at",
}


def state(data=None, /, *, external_id="1001", now=NOON, **fields):
    """State a paid order of one line of 10.00, with other fields as given."""
    if data is None:
        data = {"status": "paid", "lines": [{"unit_price": 1000}]} | fields
        if data.get("subtotal") is not None and "lines" not in fields:
            del data["lines"]
    return parse_order(external_id, data, currency="EUR", now=now)


def state_line(**fields):
    return state(lines=[{"unit_price": 1000} | fields])


def refusals(stating, *args, **fields):
    with pytest.raises(InvalidInput) as caught:
        stating(*args, **fields)
    return [(p.pointer, p.code) for p in caught.value.problems]


def details(stating, *args, **fields):
    with pytest.raises(InvalidInput) as caught:
        stating(*args, **fields)
    return [p.detail for p in caught.value.problems]


# What is taken


def test_the_contracts_example_is_its_own_normal_form():
    order = state(FULL)

    assert order.body == {k: v for k, v in FULL.items() if k not in BESIDE_BODY}


def test_what_stands_beside_the_body_is_read_from_the_contracts_example():
    order = state(FULL)

    assert (order.id, order.member, order.version) == ("1001", "c-42", 3)
    assert (order.guest_email, order.guest_phone) == ("", "")
    assert (order.status, order.updated_at) == ("paid", None)
    assert order.placed_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert (order.paid_at, order.fulfilled_at, order.cancelled_at) == (None,) * 3


def test_only_status_and_lines_are_required_and_the_rest_has_defaults():
    order = state({"status": "pending", "lines": [{"unit_price": 5}]})

    assert order.body == {
        "status": "pending",
        "currency": "EUR",
        "lines": [
            {
                "id": "1",
                "sku": "",
                "name": "",
                "categories": [],
                "quantity": 1,
                "unit_price": 5,
                "discount": 0,
                "tax": None,
                "refunded_quantity": 0,
                "refunded_amount": None,
                "gift_card": False,
                "attributes": {},
            }
        ],
        "discount": 0,
        "tax": 0,
        "tax_included": False,
        "shipping": 0,
        "refunded_amount": 0,
        "refunded_shipping": 0,
        "paid_with_points": 0,
        "paid_with_gift_cards": 0,
        "redemptions": [],
        "vouchers": [],
        "referral_code": None,
        "coupons": [],
        "channel": "",
        "store": "",
        "attributes": {},
    }


def test_null_is_the_same_as_left_out():
    optional = set(ORDER_FIELDS) - {"status", "lines"}

    assert state(**dict.fromkeys(optional)) == state()


def test_null_in_a_line_is_the_same_as_left_out():
    optional = set(LINE_FIELDS) - {"unit_price"}

    assert state_line(**dict.fromkeys(optional)) == state_line()


def test_the_order_of_keys_makes_no_difference_to_the_body_not_even_in_bytes():
    backwards = dict(reversed(FULL.items()))
    backwards["lines"] = [dict(reversed(FULL["lines"][0].items()))]

    assert repr(state(backwards)) == repr(state(FULL))


def test_a_subtotal_stands_for_one_line():
    line = {"id": "1", "quantity": 1, "unit_price": 4000}

    assert state(subtotal=4000) == state(lines=[line])


def test_a_subtotal_may_stand_beside_an_empty_list_of_lines():
    assert state(subtotal=4000, lines=[]) == state(subtotal=4000)


def test_two_orders_with_defaults_share_no_list():
    state().body["coupons"].append("SPRING")

    assert state().body["coupons"] == []


def test_a_line_without_an_id_is_named_by_its_place():
    order = state(lines=[{"id": "a", "unit_price": 1}, {"unit_price": 1}])

    assert [line["id"] for line in order.body["lines"]] == ["a", "2"]


def test_a_coupon_named_twice_is_named_once():
    assert state(coupons=["B", "A", "B"]).body["coupons"] == ["B", "A"]


def test_an_empty_referral_code_is_none():
    assert state(referral_code="").body["referral_code"] is None


def test_a_time_is_kept_in_utc_to_the_microsecond():
    order = state(paid_at="2026-05-01T12:30:00.123456+02:00")

    assert order.paid_at == datetime(2026, 5, 1, 10, 30, 0, 123456, tzinfo=UTC)
    assert order.paid_at.tzinfo is UTC


def test_a_guests_addresses_are_brought_into_one_form():
    order = state(guest={"email": " Ada@Example.ORG ", "phone": "+49 (30) 12-34 56"})

    assert order.guest_email == "ada@example.org"
    assert order.guest_phone == "+4930123456"


def test_a_guest_of_whom_nothing_is_known_may_stand_beside_a_member():
    order = state(member="c-42", guest={"email": None, "phone": ""})

    assert (order.member, order.guest_email, order.guest_phone) == ("c-42", "", "")


def test_more_refunded_than_bought_is_left_to_be_clamped():
    line = state_line(quantity=1, refunded_quantity=9, refunded_amount=10**9)

    assert line.body["lines"][0]["refunded_quantity"] == 9


def test_more_paid_by_points_and_cards_than_the_total_is_left_to_be_clamped():
    order = state(subtotal=100, paid_with_points=500, paid_with_gift_cards=700)

    assert order.body["paid_with_points"] == 500
    assert order.body["paid_with_gift_cards"] == 700


# What an order must have


def test_a_body_that_is_no_object_is_refused():
    assert refusals(state, ["paid"]) == [("", "wrong_type")]


def test_an_order_without_status_or_lines_misses_both():
    assert refusals(state, {}) == [("/status", "required"), ("/lines", "required")]


def test_an_order_of_no_lines_is_refused():
    assert refusals(state, lines=[]) == [("/lines", "required")]


def test_lines_that_are_no_list_are_not_missed_as_well():
    assert refusals(state, lines={}) == [("/lines", "wrong_type")]


def test_a_subtotal_beside_lines_is_refused():
    assert refusals(state, subtotal=1000, lines=[{"unit_price": 1000}]) == [
        ("/subtotal", "inconsistent")
    ]


def test_a_line_without_a_price_is_refused():
    assert refusals(state, lines=[{"sku": "A"}]) == [("/lines/0/unit_price", "required")]


def test_a_line_that_is_no_object_is_refused():
    assert refusals(state, lines=[{"unit_price": 1}, 7]) == [("/lines/1", "wrong_type")]


def test_an_unknown_status_is_refused_and_the_known_are_named():
    assert refusals(state, status="Paid") == [("/status", "invalid_choice")]
    assert details(state, status="Paid") == [
        "must be one of pending, paid, fulfilled, cancelled"
    ]


@pytest.mark.parametrize("status", ["pending", "paid", "fulfilled", "cancelled"])
def test_each_known_status_is_taken(status):
    assert state(status=status).status == status


# Unknown fields


def test_an_unknown_field_is_refused_by_its_place_and_the_nearest_is_named():
    line = {"unit_price": 1000, "qty": 2}

    assert refusals(state, lines=[line]) == [("/lines/0/qty", "unknown_field")]
    assert details(state, lines=[line]) == [
        "there is no field 'qty' here; did you mean 'quantity'?"
    ]


def test_an_unknown_field_like_no_other_is_answered_with_what_there_is():
    assert details(state, guest={"fax": "1"}) == [
        "there is no field 'fax' here; known are email, phone"
    ]


def test_an_unknown_field_is_refused_even_if_it_is_null():
    assert refusals(state, shiping=None) == [("/shiping", "unknown_field")]


def test_an_unknown_key_is_escaped_as_json_pointers_ask():
    assert refusals(state, **{"a/b~c": 1}) == [("/a~1b~0c", "unknown_field")]


def test_an_unknown_key_that_nothing_can_keep_is_answered_in_clean_text():
    assert refusals(state, **{"\ud800\0": 1}) == [("/\ufffd\ufffd", "unknown_field")]


def test_a_very_long_unknown_key_is_answered_shortened():
    [(pointer, code)] = refusals(state, **{"x" * 100_000: 1})

    assert (len(pointer), code) == (257, "unknown_field")


def test_the_known_fields_are_those_of_the_contract():
    assert set(ORDER_FIELDS) == {*FULL, "updated_at", "subtotal"}
    assert set(LINE_FIELDS) == set(FULL["lines"][0])
    assert GUEST_FIELDS == ("email", "phone")


# All problems at once


def test_everything_that_is_wrong_is_told_at_once():
    problems = refusals(
        state,
        {
            "status": "done",
            "lines": [{"unit_price": -1, "qty": 2}, {"quantity": 0}],
            "shipping": 4.9,
            "paid_at": "yesterday",
            "coupons": [5],
        },
        external_id="",
    )

    assert problems == [
        ("/id", "blank"),
        ("/status", "invalid_choice"),
        ("/lines/0/unit_price", "negative"),
        ("/lines/0/qty", "unknown_field"),
        ("/lines/1/quantity", "out_of_range"),
        ("/lines/1/unit_price", "required"),
        ("/shipping", "not_an_integer"),
        ("/paid_at", "invalid_time"),
        ("/coupons/0", "wrong_type"),
    ]


def test_no_more_than_fifty_problems_are_told():
    lines = [{"unit_price": -1, "quantity": 0, "sku": 5} for _ in range(100)]

    assert len(refusals(state, lines=lines)) == MOST_PROBLEMS == 50


def test_a_refused_amount_is_not_held_against_the_sums():
    assert refusals(state_line, unit_price="10", discount=5) == [
        ("/lines/0/unit_price", "wrong_type")
    ]


def test_a_refused_line_is_not_held_against_the_discount_of_the_order():
    assert refusals(state, lines=[{"unit_price": "10"}], discount=5) == [
        ("/lines/0/unit_price", "wrong_type")
    ]


def test_a_misspelt_quantity_is_not_held_against_the_sums():
    assert refusals(state_line, qty=9, discount=5000) == [("/lines/0/qty", "unknown_field")]
