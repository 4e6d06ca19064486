"""Orders as stated: ids, buyers, currency, lists and the limits of size."""

from datetime import UTC, datetime
from time import perf_counter

import pytest

from core.errors import InvalidInput
from loyalty.rules.statements import parse_order

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PRICED = {"unit_price": 1000}


def state(*, external_id="1001", **fields):
    """State a paid order of one line of 10.00, with other fields as given."""
    data = {"status": "paid", "lines": [PRICED]} | fields
    return parse_order(external_id, data, currency="EUR", now=NOON)


def state_line(**fields):
    return state(lines=[PRICED | fields])


def refusals(stating, *args, **fields):
    with pytest.raises(InvalidInput) as caught:
        stating(*args, **fields)
    return [(p.pointer, p.code) for p in caught.value.problems]


# Ids


def test_two_lines_with_the_same_id_are_refused():
    assert state(lines=[PRICED | {"id": "a"}, PRICED | {"id": "A"}])
    assert refusals(state, lines=[PRICED | {"id": "a"}, PRICED | {"id": "a"}]) == [
        ("/lines/1/id", "duplicate")
    ]


def test_an_id_that_is_the_place_of_another_line_is_refused():
    assert refusals(state, lines=[PRICED | {"id": "2"}, PRICED]) == [
        ("/lines/1/id", "duplicate")
    ]


FIT_IDS = ["1", "x" * 255, "a/b?c#d", "#1001", "ä ö", "注文", " 1 ", "a\u00a0b", "👩\u200d🚀"]
UNFIT_IDS = [
    ("", "blank"),
    ("  ", "blank"),
    ("x" * 256, "too_long"),
    ("a\0", "nul_character"),
    ("a\ud800", "not_unicode"),
    ("a\nb", "control_character"),
    ("a\x7f", "control_character"),
    ("a\u2028b", "control_character"),
    (42, "wrong_type"),
    (["42"], "wrong_type"),
]


@pytest.mark.parametrize("fit", FIT_IDS)
def test_an_id_is_kept_as_it_is_spelt(fit):
    order = state(external_id=fit, member=fit, lines=[PRICED | {"id": fit}])

    assert (order.id, order.member, order.body["lines"][0]["id"]) == (fit, fit, fit)


@pytest.mark.parametrize(("unfit", "code"), UNFIT_IDS)
def test_what_is_no_id_is_refused(unfit, code):
    line = PRICED | {"id": unfit}

    assert sorted(refusals(state, external_id=unfit, member=unfit, lines=[line])) == [
        ("/id", code),
        ("/lines/0/id", code),
        ("/member", code),
    ]


def test_an_order_without_an_id_misses_it():
    assert refusals(state, external_id=None) == [("/id", "required")]


# Currency


def test_the_programs_currency_may_be_stated_or_left_out():
    assert state(currency="EUR").body == state().body


@pytest.mark.parametrize(
    ("currency", "code"),
    [
        ("USD", "currency_mismatch"),
        ("eur", "invalid_currency"),
        ("EURO", "invalid_currency"),
        ("", "invalid_currency"),
        ("EU\0", "nul_character"),
        (978, "wrong_type"),
    ],
)
def test_another_currency_is_refused(currency, code):
    assert refusals(state, currency=currency) == [("/currency", code)]


# Buyers


def test_an_order_of_a_member_and_a_guest_is_refused():
    assert refusals(state, member="c-42", guest={"email": "ada@example.org"}) == [
        ("/guest", "inconsistent")
    ]


def test_what_a_guest_cannot_have_is_refused():
    assert refusals(state, guest={"name": "Ada"}) == [("/guest/name", "unknown_field")]
    assert refusals(state, guest="ada@example.org") == [("/guest", "wrong_type")]


# Text, flags and lists


@pytest.mark.parametrize("field", ["channel", "store", "referral_code"])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (5, "wrong_type"),
        ({}, "wrong_type"),
        ("a\0b", "nul_character"),
        ("\udc80", "not_unicode"),
        ("x" * 256, "too_long"),
    ],
)
def test_what_is_no_text_is_refused(field, value, code):
    assert refusals(state, **{field: value}) == [(f"/{field}", code)]


def test_the_name_of_an_article_may_be_long_and_have_lines():
    name = "Beans\n" + "x" * 994

    assert state_line(name=name).body["lines"][0]["name"] == name
    assert refusals(state_line, name=name + "x") == [("/lines/0/name", "too_long")]


@pytest.mark.parametrize("value", [0, 1, "true", [], {}])
def test_what_is_neither_true_nor_false_is_refused(value):
    assert refusals(state, tax_included=value) == [("/tax_included", "wrong_type")]
    assert refusals(state_line, gift_card=value) == [("/lines/0/gift_card", "wrong_type")]


@pytest.mark.parametrize("field", ["coupons", "redemptions", "vouchers"])
@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ("SPRING", "", "wrong_type"),
        ({}, "", "wrong_type"),
        (["A", 5], "/1", "wrong_type"),
        ([None], "/0", "wrong_type"),
        (["A", ""], "/1", "blank"),
        (["\t"], "/0", "blank"),
        (["x" * 256], "/0", "too_long"),
        (["\0"], "/0", "nul_character"),
        ([str(n) for n in range(101)], "", "too_many"),
    ],
)
def test_what_is_no_list_of_words_is_refused(field, value, pointer, code):
    assert refusals(state, **{field: value}) == [(f"/{field}{pointer}", code)]


def test_a_hundred_coupons_are_taken():
    coupons = [str(number) for number in range(100)]

    assert state(coupons=coupons).body["coupons"] == coupons


def test_a_category_that_says_nothing_is_refused_by_its_place():
    assert refusals(state_line, categories=["coffee", " "]) == [
        ("/lines/0/categories/1", "blank")
    ]


# Size


def test_two_thousand_lines_are_taken_and_one_more_is_refused():
    assert len(state(lines=[PRICED] * 2000).body["lines"]) == 2000
    assert refusals(state, lines=[PRICED] * 2001) == [("/lines", "too_many")]


def test_a_body_beyond_two_million_characters_is_refused():
    long = PRICED | {"attributes": {f"a{n}": "x" * 1000 for n in range(19)}}

    assert state(lines=[long] * 100)
    assert refusals(state, lines=[long] * 110) == [("", "too_long")]


def test_a_long_order_may_say_when_it_was_placed():
    order = state(lines=[PRICED] * 21, placed_at="2026-05-01T10:00:00Z")

    assert len(order.body["lines"]) == 21


def test_a_great_heap_of_unknown_fields_is_refused_in_no_time():
    heap = {f"field {number}": 1 for number in range(200_000)}
    begun = perf_counter()

    assert len(refusals(state, **heap)) == 50
    assert perf_counter() - begun < 5
