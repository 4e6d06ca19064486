"""What refunds leave of an order, in whatever form they are told."""

import pytest

from loyalty.rules.orders import order_facts
from tests.loyalty.rules.bodies import line, order, refund


def left(body, *refunds):
    """Return the units and the amount left of each line."""
    facts = order_facts(body, refunds)
    return [(each.units, each.amount) for each in facts.lines]


def test_a_returned_quantity_is_worth_its_share_of_the_net_amount():
    # 3 x 1000 less 500: one of three is worth 833, rounded half up.
    body = order(line(quantity=3, refunded_quantity=1), discount=500)

    assert left(body) == [(2, 1667)]


def test_the_last_unit_closes_the_line():
    body = order(line(quantity=3, unit_price=0, refunded_quantity=3), line("2"))
    odd = order(line(quantity=3, unit_price=1000, discount=1), line("2"))

    assert left(body)[0] == (0, 0)
    assert [left(odd, refund(_1=n))[0] for n in (1, 2, 3)] == [
        (2, 1999),
        (1, 1000),
        (0, 0),
    ]


def test_a_stated_amount_counts_instead_of_the_quantitys_worth():
    body = order(line(quantity=2, refunded_quantity=1, refunded_amount=700))

    assert left(body) == [(1, 1300)]


def test_an_amount_without_a_quantity_leaves_the_units():
    assert left(order(line(quantity=2, refunded_amount=700))) == [(2, 1300)]


def test_when_all_the_money_is_back_no_units_are_left():
    assert left(order(line(quantity=2, refunded_amount=2000))) == [(0, 0)]


def test_a_posted_quantity_adds_to_a_stated_one():
    body = order(line(quantity=3, discount=2, refunded_quantity=1))

    assert left(body, refund(_1=1)) == [(1, 2998 - 1999)]


def test_a_posted_quantity_adds_to_a_stated_amount():
    # 700 was stated for the first unit; the second is worth 1000.
    body = order(line(quantity=3, refunded_quantity=1, refunded_amount=700))

    assert left(body, refund(_1=1)) == [(1, 1300)]


def test_posted_refunds_of_one_line_add_up_over_refunds():
    body = order(line(quantity=3))

    assert left(body, refund("a", _1=1), refund("b", _1=1)) == [(1, 1000)]


def test_money_not_tied_to_lines_is_shared_over_what_is_left():
    # The second line is back already; 300 fall 2:1 on the others.
    body = order(
        line("1", unit_price=2000),
        line("2", unit_price=5000, refunded_quantity=1),
        line("3", unit_price=1000),
        refunded_amount=300,
    )

    assert left(body) == [(1, 1800), (0, 0), (1, 900)]


def test_stated_and_posted_money_add_up():
    body = order(line(unit_price=1000), refunded_amount=100)

    assert left(body, refund("a", 200), refund("b", 300)) == [(1, 400)]


def test_money_that_takes_all_takes_the_units_too():
    facts = order_facts(order(line(), line("2")), [refund(amount=2000)])

    assert not facts.goods_left
    assert facts.clamped == 0


def test_free_goods_are_left_when_the_money_is_back():
    facts = order_facts(order(line(unit_price=0), line("2")), [refund(amount=1000)])

    assert facts.goods_left
    assert facts.scope["quantity"] == 1


# More than there is


@pytest.mark.parametrize(
    ("body", "refunds", "clamped"),
    [
        (order(line(quantity=2, refunded_quantity=3)), (), 1000),
        (order(line(quantity=2, refunded_amount=2500)), (), 500),
        (order(line(quantity=2)), (refund(_1=5),), 3000),
        (order(line(refunded_quantity=1)), (refund(_1=1),), 1000),
        (order(line(), refunded_amount=1200), (), 200),
        (order(line(), refunded_amount=600), (refund(amount=600),), 200),
        (order(line(refunded_quantity=1)), (refund(amount=1),), 1),
        (order(line(), shipping=400, refunded_shipping=500), (), 100),
        (order(line(quantity=2, refunded_quantity=2, refunded_amount=1500)), (), 0),
    ],
)
def test_what_is_asked_back_beyond_what_is_left_is_clamped_and_told(body, refunds, clamped):
    facts = order_facts(body, refunds)

    assert facts.clamped == clamped
    assert facts.subtotal >= 0
    assert facts.shipping.amount >= 0


def test_units_already_back_do_not_come_back_for_money_again():
    # Both units are back for 1500; a third asks for what is not there.
    body = order(line(quantity=2, refunded_quantity=2, refunded_amount=1500), line("2"))

    assert left(body, refund(_1=1))[0] == (0, 500)
    assert order_facts(body, [refund(_1=1)]).clamped == 1000


def test_a_refund_of_a_line_that_the_order_does_not_have_is_named():
    facts = order_facts(order(line("1")), [refund(_9=1, _1=1)])

    assert facts.unknown_refund_lines == ("9",)
    assert not facts.goods_left


# Tax


def test_tax_goes_back_with_its_line():
    facts = order_facts(order(line(quantity=2, refunded_quantity=1), tax=380))

    assert (facts.subtotal, facts.tax, facts.total) == (1000, 190, 1190)


def test_included_tax_goes_back_with_its_line():
    # 2 x 1190 with 380 of tax; one is back.
    facts = order_facts(
        order(
            line(quantity=2, unit_price=1190, refunded_quantity=1),
            tax=380,
            tax_included=True,
        )
    )

    assert (facts.subtotal, facts.tax, facts.total) == (1000, 190, 1190)


# Points that were spent
