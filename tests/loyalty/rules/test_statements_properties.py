"""What holds for anything that JSON can say: it is taken, or refused by name."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InvalidInput
from loyalty.rules.statements import (
    EVENT_FIELDS,
    GUEST_FIELDS,
    LINE_FIELDS,
    MEMBER_FIELDS,
    MOST_PROBLEMS,
    ORDER_FIELDS,
    REFUND_FIELDS,
    REFUND_LINE_FIELDS,
    STATUSES,
    parse_event,
    parse_member,
    parse_order,
    parse_refund,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

PARSERS = [
    lambda data: parse_order("1001", data, currency="EUR", now=NOON),
    lambda data: parse_refund("1001", data, now=NOON),
    lambda data: parse_event(data, now=NOON),
    lambda data: parse_member("c-42", data, now=NOON),
]
FIELDS = sorted({
    *ORDER_FIELDS, *LINE_FIELDS, *GUEST_FIELDS, *REFUND_FIELDS, *REFUND_LINE_FIELDS,
    *EVENT_FIELDS, *MEMBER_FIELDS,
})  # fmt: skip

# Text with NULs and halves of surrogate pairs, as JSON can have it.
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 2**63 - 1, 2**63, -(2**63), 10**400]),
    st.floats(),
    st.decimals(),
    any_text,
    st.sampled_from(STATUSES),
    st.sampled_from(["EUR", "2026-05-01T10:00:00Z", "1990-02-28", "c-42", "+4930123456"]),
)
names = st.sampled_from(FIELDS) | any_text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=25,
)

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"]), max_size=9)
labels = words.filter(lambda word: word.strip())
amounts = st.none() | st.integers(0, 10**6)
small = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | words
mixed = small | st.lists(small, max_size=3)
attributes = st.none() | st.dictionaries(labels, mixed, max_size=3)
lists = st.none() | st.lists(labels, max_size=3)
lines = st.fixed_dictionaries(
    {"unit_price": st.integers(100, 10**6)},
    optional={
        "sku": st.none() | words,
        "name": st.none() | words,
        "categories": lists,
        "quantity": st.none() | st.integers(1, 50),
        "discount": st.none() | st.integers(0, 100),
        "tax": amounts,
        "refunded_quantity": amounts,
        "refunded_amount": amounts,
        "gift_card": st.none() | st.booleans(),
        "attributes": attributes,
    },
)
orders = st.fixed_dictionaries(
    {"status": st.sampled_from(STATUSES), "lines": st.lists(lines, min_size=1, max_size=4)},
    optional={
        "currency": st.sampled_from([None, "EUR"]),
        "discount": st.none() | st.just(0),
        **dict.fromkeys(["tax", "shipping", "refunded_amount", "refunded_shipping"], amounts),
        **dict.fromkeys(["paid_with_points", "paid_with_gift_cards"], amounts),
        "tax_included": st.none() | st.just(False),
        **dict.fromkeys(["redemptions", "vouchers", "coupons"], lists),
        **dict.fromkeys(["referral_code", "channel", "store"], st.none() | words),
        "attributes": attributes,
    },
)


@pytest.mark.parametrize("parse", PARSERS)
@given(data=values | st.dictionaries(names, values, max_size=8))
@example(data={"status": "paid", "lines": [{"unit_price": 10**5000}]})
@example(data={"id": "\ud800", "\ud800": float("nan")})
def test_whatever_json_can_say_is_taken_or_refused_by_name(parse, data):
    try:
        parse(data)
    except InvalidInput as refusal:
        assert 1 <= len(refusal.problems) <= MOST_PROBLEMS
        for problem in refusal.problems:
            assert problem.pointer == "" or problem.pointer.startswith("/")
            assert "\0" not in problem.pointer + problem.detail
            assert (problem.pointer + problem.detail).encode()


@given(order=orders)
def test_a_normalised_order_is_its_own_normal_form(order):
    once = PARSERS[0](order).body

    again = PARSERS[0](json.loads(json.dumps(once))).body

    assert json.dumps(again) == json.dumps(once)


@given(order=orders, data=st.data())
def test_an_order_is_the_same_with_defaults_left_out_or_null_and_keys_in_any_order(order, data):
    shuffled = {key: order[key] for key in data.draw(st.permutations(list(order)))}
    bare = {key: value for key, value in shuffled.items() if value is not None}
    nulls = dict.fromkeys(set(ORDER_FIELDS) - set(bare) - {"subtotal"}) | bare

    assert PARSERS[0](nulls) == PARSERS[0](bare) == PARSERS[0](order)


@given(given_fields=st.dictionaries(labels, mixed, max_size=4))
def test_normalised_properties_are_their_own_normal_form(given_fields):
    def properties(stated):
        data = {"id": "e", "type": "visit", "member": "c-42", "properties": stated}
        return PARSERS[2](data).properties

    once = properties(given_fields)

    assert json.dumps(properties(json.loads(json.dumps(once)))) == json.dumps(once)
