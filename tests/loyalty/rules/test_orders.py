"""What an order is worth as it stands: subtotal, tax, total, and what rules may ask."""

import pytest

from core.errors import InvalidInput
from loyalty.rules.lines import Switches
from loyalty.rules.orders import order_facts
from tests.loyalty.rules.bodies import line, order


def amounts(facts):
    return [each.amount for each in facts.lines]


def test_a_lines_amount_is_its_price_times_quantity_less_its_discount():
    facts = order_facts(order(line(quantity=3, unit_price=1000, discount=250)))

    assert amounts(facts) == [2750]
    assert facts.subtotal == 2750


def test_an_order_discount_is_shared_by_amount_after_line_discounts():
    # 1000 and 3000 after line discounts: a quarter and three quarters of 100.
    facts = order_facts(
        order(
            line("1", unit_price=1500, discount=500),
            line("2", unit_price=3000),
            discount=100,
        )
    )

    assert amounts(facts) == [975, 2925]


def test_an_order_discount_that_does_not_divide_is_shared_to_the_last_cent():
    # 100 over three equal lines: the odd cent goes to the first.
    facts = order_facts(order(*(line(str(n)) for n in range(3)), discount=100))

    assert amounts(facts) == [966, 967, 967]
    assert facts.subtotal == 2900


def test_a_discount_of_more_than_the_goods_takes_what_there_is():
    facts = order_facts(order(line(unit_price=1000), discount=1500))

    assert facts.subtotal == 0


def test_the_total_is_subtotal_plus_tax_and_shipping():
    facts = order_facts(order(line(unit_price=10_000), tax=1900, shipping=490))

    assert (facts.subtotal, facts.tax, facts.total) == (10_000, 1900, 12_390)


def test_tax_of_the_order_is_shared_over_lines_and_shipping_by_amount():
    # 10 % on 600, 300 and 100 of shipping.
    facts = order_facts(
        order(line("1", unit_price=600), line("2", unit_price=300), tax=100, shipping=100)
    )

    assert [each.tax for each in (*facts.lines, facts.shipping)] == [60, 30, 10]


def test_included_tax_is_taken_out_of_lines_and_shipping():
    # 1190 and 119 contain a tax of 190 and 19.
    facts = order_facts(order(line(unit_price=1190), tax=209, tax_included=True, shipping=119))

    assert amounts(facts) == [1000]
    assert facts.shipping.amount == 100
    assert (facts.subtotal, facts.total) == (1000, 1309)


def test_tax_stated_with_lines_stands_and_the_rest_is_shared():
    # The order's 100 less the first line's 40 is shared 3:1.
    facts = order_facts(
        order(
            line("1", unit_price=1000, tax=40),
            line("2", unit_price=300),
            tax=100,
            shipping=100,
        )
    )

    assert [each.tax for each in (*facts.lines, facts.shipping)] == [40, 45, 15]


def test_tax_stated_with_all_lines_leaves_the_rest_to_shipping():
    facts = order_facts(order(line(tax=190), tax=200, shipping=0))

    assert (facts.lines[0].tax, facts.shipping.tax) == (190, 10)


def test_tax_of_lines_that_exceeds_the_orders_leaves_nothing_to_share():
    facts = order_facts(order(line("1", tax=190), line("2"), tax=100))

    assert [each.tax for each in facts.lines] == [190, 0]


def test_payment_by_points_or_gift_cards_lowers_neither_subtotal_nor_total():
    facts = order_facts(order(paid_with_points=500, paid_with_gift_cards=300))

    assert (facts.subtotal, facts.total) == (1000, 1000)


def test_a_subtotal_stands_for_one_line():
    body = order(subtotal=4200)
    del body["lines"]

    facts = order_facts(body)

    assert (facts.subtotal, facts.scope["quantity"], facts.scope["skus"]) == (4200, 1, [])


def test_prices_of_more_than_64_bits_are_refused():
    with pytest.raises(InvalidInput) as refused:
        order_facts(order(line("1"), line("2", quantity=2**40, unit_price=2**40)))

    assert [(p.pointer, p.code) for p in refused.value.problems] == [
        ("/lines/1/quantity", "out_of_range")
    ]


def test_the_largest_order_that_can_be_counted_is_taken():
    assert order_facts(order(line(unit_price=2**63 - 1))).subtotal == 2**63 - 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [("pending", False), ("paid", True), ("fulfilled", True), ("cancelled", False)],
)
def test_an_order_is_worth_something_when_paid_or_fulfilled(status, answer):
    assert order_facts(order(status=status)).is_worth_something is answer


def test_an_order_without_goods_left_is_worth_nothing():
    facts = order_facts(order(line(refunded_quantity=1), shipping=490))

    assert not facts.is_worth_something
    assert facts.total == 490


def test_free_goods_are_goods():
    facts = order_facts(order(line(unit_price=0)))

    assert facts.is_worth_something


# What expressions see


def test_rules_see_the_order_as_it_stands():
    facts = order_facts(
        order(
            line("1", sku="A", categories=["tea", "gift"], quantity=2, refunded_quantity=1),
            line("2", sku="B", categories=["coffee"], refunded_quantity=1),
            line("3", sku="A", categories=["tea"]),
            coupons=["SPRING"],
            channel="web",
            attributes={"gift": True},
        )
    )

    assert facts.scope == {
        "subtotal": 2000,
        "total": 2000,
        "currency": "EUR",
        "channel": "web",
        "store": None,
        "coupons": ["SPRING"],
        "skus": ["A"],
        "categories": ["tea", "gift"],
        "quantity": 2,
        "attributes": {"gift": True},
    }


def test_rules_see_each_line_as_it_stands():
    facts = order_facts(
        order(
            line("1", sku="A", name="Tea", categories=["tea", "gift"], quantity=3,
                 unit_price=500, refunded_quantity=1, attributes={"size": 2}),
            line("2"),
        )
    )  # fmt: skip

    assert facts.line_scopes[0] == {
        "sku": "A",
        "name": "Tea",
        "category": "tea",
        "categories": ["tea", "gift"],
        "quantity": 2,
        "unit_price": 500,
        "amount": 1000,
        "attributes": {"size": 2},
    }
    assert facts.line_scopes[1]["category"] == ""


# Bases


def bases(body, **switches):
    found = order_facts(body).bases(Switches(**switches))
    return [*found.lines, found.shipping]


FULL = order(
    line("1", unit_price=6000),
    line("2", unit_price=3000, gift_card=True),
    tax=1000,
    shipping=1000,
    discount=900,
    paid_with_points=500,
    paid_with_gift_cards=1000,
)
# Shared 6:3:1 - discount 600 and 300 (not over shipping); tax 600, 300, 100;
# points 300, 150, 50; gift cards 600, 300, 100.


def test_the_base_leaves_out_tax_shipping_payments_and_gift_card_products():
    assert bases(FULL) == [5400 - 300 - 600, 0, 0]


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("tax", [4500 + 600, 0, 0]),
        ("shipping", [4500, 0, 1000 - 50 - 100]),
        ("points_paid", [4500 + 300, 0, 0]),
        ("gift_cards_paid", [4500 + 600, 0, 0]),
        ("gift_card_products", [4500, 2700 - 150 - 300, 0]),
        ("ignore_discounts", [4500 + 600, 0, 0]),
    ],
)
def test_each_switch_counts_its_part_in(switch, expected):
    assert bases(FULL, **{switch: True}) == expected


def test_counted_shipping_is_followed_by_its_tax():
    assert bases(FULL, shipping=True, tax=True) == [5100, 0, 950]


def test_a_line_paid_for_in_full_by_points_counts_nothing():
    assert bases(order(line(), paid_with_points=5000)) == [0, 0]


# 1000 and a tax of 190, however it is stated; half of the price is taken off, and half
# of the tax with it.
HALVED = order(line(unit_price=1000), discount=500, tax=95, shipping=0)
HALVED_WITH_TAX = order(
    line(unit_price=1190), discount=595, tax=95, tax_included=True, shipping=0
)


@pytest.mark.parametrize("body", [HALVED, HALVED_WITH_TAX])
@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({}, 500),
        ({"tax": True}, 595),
        ({"ignore_discounts": True}, 1000),
        ({"ignore_discounts": True, "tax": True}, 1190),
    ],
)
def test_tax_counts_the_same_whether_prices_include_it_or_not(body, switches, expected):
    assert bases(body, **switches) == [expected, 0]


def test_the_tax_of_an_ignored_discount_shrinks_with_the_line_when_it_is_refunded():
    # 2 x 1190 contain 380; half off, half of it back: 1000 and 190 are left undiscounted.
    units = line(quantity=2, unit_price=1190, refunded_quantity=1)
    body = order(units, discount=1190, tax=190, tax_included=True, shipping=0)

    assert bases(body, ignore_discounts=True) == [1000, 0]
    assert bases(body, ignore_discounts=True, tax=True) == [1190, 0]


def test_ignored_order_discounts_shrink_with_the_line_when_it_is_refunded():
    # 2 x 1000 less 500: half of the line's net is back, and half of its gross.
    body = order(line(quantity=2, refunded_quantity=1), discount=500)

    assert bases(body, ignore_discounts=True) == [1000, 0]


def test_goods_that_a_discount_made_free_count_by_units_when_discounts_are_ignored():
    body = order(line(quantity=4, refunded_quantity=1), discount=4000)

    assert bases(body, ignore_discounts=True) == [3000, 0]


def test_payments_and_tax_follow_the_line_when_it_is_refunded():
    body = order(line(quantity=2, refunded_quantity=1), tax=200, paid_with_points=1000)

    assert bases(body, tax=True) == [1000 + 100 - 500, 0]


def test_refunded_shipping_counts_no_more():
    body = order(line(), shipping=400, refunded_shipping=100, tax=0)

    assert bases(body, shipping=True) == [1000, 300]
