"""How many spent points come back with the goods of an order."""

import pytest

from loyalty.rules.orders import order_facts
from loyalty.rules.spending import returned_so_far
from tests.loyalty.rules.bodies import line, order


def back(spent, body, policy="prorated"):
    return returned_so_far(spent, order_facts(body), policy=policy)


def test_spent_points_come_back_in_proportion_to_the_goods_rounded_down():
    # 833 of 2500 came back: 33.3 of a hundred points.
    assert back(100, order(line(quantity=3, refunded_quantity=1), discount=500)) == 33


def test_all_spent_points_come_back_with_all_goods_whatever_fee_was_kept():
    body = order(line(quantity=1, refunded_quantity=1, refunded_amount=900))

    assert back(101, body) == 101


def test_all_spent_points_come_back_when_the_order_is_cancelled():
    assert back(101, order(line(), status="cancelled")) == 101


def test_no_spent_points_come_back_while_free_goods_are_kept():
    assert back(100, order(line(unit_price=0))) == 0


@pytest.mark.parametrize(
    ("policy", "half", "all_of_them"), [("full_refund_only", 0, 100), ("never", 0, 0)]
)
def test_the_policy_says_what_comes_back(policy, half, all_of_them):
    assert back(100, order(line(quantity=2, refunded_quantity=1)), policy) == half
    assert back(100, order(line(quantity=2, refunded_quantity=2)), policy) == all_of_them
