"""What a reward gives, and what that takes off an order."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rules.gives import gives_of
from loyalty.rules.paying import PayTerms, PointTypeFace

POINT_TYPES = {
    "points": PointTypeFace("spendable", Decimal("0.01")),
    "miles": PointTypeFace("spendable", Decimal(0)),
}


def gives(form, *, currency="EUR"):
    return gives_of(form, currency=currency, point_types=POINT_TYPES)


@pytest.mark.parametrize(
    ("form", "kind", "yields_voucher", "needs_work"),
    [
        ({"fixed": "10.00"}, "fixed", True, False),
        ({"percent": 50}, "percent", True, False),
        ({"free_product": "A"}, "free_product", True, False),
        ({"free_shipping": True}, "free_shipping", True, False),
        ({"buy": 2, "get": 1, "percent": 50}, "buy_get", True, False),
        ({"gift_card": "25.00"}, "gift_card", True, False),
        ({"entitlement": "storage_mb"}, "entitlement", False, False),
        ({"donation": "1.00"}, "donation", False, False),
        ({"points": 300, "point_type": "miles"}, "points", False, False),
        ({"pay": {}}, "pay", False, False),
        ({"physical": "Card"}, "physical", False, True),
        ({"custom": {"seats": 2}}, "custom", False, True),
    ],
)
def test_every_kind_knows_whether_it_yields_a_code_or_makes_work(
    form, kind, yields_voucher, needs_work
):
    given = gives(form)

    assert (given.kind, given.yields_voucher, given.needs_work) == (
        kind,
        yields_voucher,
        needs_work,
    )


def test_a_fixed_discount_is_at_most_the_subtotal():
    ten_off = gives({"fixed": "10.00"})

    assert [ten_off.discount(subtotal) for subtotal in (4000, 1000, 999, 0)] == [
        1000,
        1000,
        999,
        0,
    ]


def test_a_fixed_discount_asks_for_its_minimum_order():
    ten_off = gives({"fixed": "10.00", "minimum_order": "40.00"})

    assert (ten_off.discount(4000), ten_off.discount(3999)) == (1000, 0)


def test_a_fixed_discount_of_an_unknown_order_is_its_amount():
    assert gives({"fixed": "10.00", "minimum_order": "40.00"}).discount(None) == 1000


def test_money_has_the_decimals_of_its_currency():
    assert gives({"fixed": "500"}, currency="JPY").discount(None) == 500
    assert gives({"gift_card": "1.250"}, currency="KWD").amount == 1250


def test_a_percentage_drops_fractions_and_stops_at_its_cap():
    half = gives({"percent": 50, "at_most": "20.00"})

    assert [half.discount(subtotal) for subtotal in (999, 4000, 4001, 90_000)] == [
        499,
        2000,
        2000,
        2000,
    ]


def test_a_percentage_of_an_unknown_order_is_unknown():
    assert gives({"percent": 50}).discount(None) is None


def test_a_percentage_may_have_decimals():
    assert gives({"percent": "12.5"}).discount(1000) == 125


@pytest.mark.parametrize(
    "form", [{"free_product": "A"}, {"free_shipping": True}, {"buy": 1, "get": 1}]
)
def test_goods_and_shipping_have_prices_that_only_the_storefront_knows(form):
    assert gives(form).discount(4000) is None


def test_a_payment_is_kept_with_the_terms_that_held():
    pay = gives({"pay": {"minimum": 500}})

    assert pay.pay == PayTerms("points", Fraction(1), minimum=500)
    assert pay.form == {
        "pay": {
            "point_type": "points",
            "rate": "0.01",
            "minimum": 500,
            "step": 1,
            "at_most_percent": "100",
        }
    }


def test_what_is_kept_of_a_payment_reads_the_same_when_the_value_has_changed():
    kept = gives({"pay": {"at_most_percent": "12.5"}})

    worthless = {"points": PointTypeFace("spendable", Decimal(0))}
    again = gives_of(kept.form, currency="EUR", point_types=worthless)

    assert again.pay == kept.pay


def test_points_are_those_of_the_first_spendable_type_unless_one_is_named():
    assert gives({"points": 300}).form == {"points": 300, "point_type": "points"}
    assert gives({"points": 300, "point_type": "miles"}).point_type == "miles"


def test_a_right_is_to_one_of_something_unless_it_says_how_much():
    assert gives({"entitlement": "lounge"}).form == {"entitlement": "lounge", "quantity": 1}


@given(
    st.one_of(
        st.builds(lambda euros: {"fixed": f"{euros}.99"}, st.integers(0, 500)),
        st.builds(lambda percent: {"percent": percent}, st.integers(1, 100)),
        st.builds(lambda euros: {"gift_card": f"{euros}.00"}, st.integers(1, 500)),
    ),
    st.integers(0, 100_000),
)
def test_no_discount_is_negative_or_more_than_the_subtotal(form, subtotal):
    assert 0 <= gives(form).discount(subtotal) <= subtotal
