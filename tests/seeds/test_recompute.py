"""The second opinion on every order's points, against sums done by hand."""

import pytest

from seeds.recompute import expected_points, points_of


def order(*lines: dict, **other: object) -> dict:
    return {
        "kind": "order",
        "id": "536365",
        "member": "17850",
        "version": 1,
        "paid_at": "2011-01-05T10:00:00Z",
        "lines": [{"sku": "71053", "quantity": 1, "unit_price": 100, **line} for line in lines],
        **other,
    }


@pytest.mark.parametrize(("paid", "points"), [(99, 0), (100, 1), (1999, 19)])
def test_a_full_pound_is_a_point(paid, points):
    assert points_of(order({"unit_price": paid})) == points


def test_pence_of_several_lines_add_up_to_points():
    assert points_of(order({"unit_price": 150}, {"unit_price": 150})) == 3


def test_carriage_earns_nothing():
    assert points_of(order({"unit_price": 100}, shipping=5000)) == 1


def test_a_guest_earns_nothing():
    assert points_of(order({"unit_price": 1000}, member=None)) == 0


def test_an_order_without_lines_earns_nothing():
    assert points_of({**order(), "subtotal": 0}) == 0


@pytest.mark.parametrize(("paid", "points"), [(19999, 199), (20000, 250)])
def test_an_order_of_200_pounds_brings_50_more(paid, points):
    assert points_of(order({"unit_price": paid})) == points


def test_a_refund_to_below_200_pounds_takes_the_50_back():
    bought = {"quantity": 10, "unit_price": 2000}

    assert points_of(order({**bought, "refunded_quantity": 1})) == 180


@pytest.mark.parametrize(
    ("paid_at", "points"),
    [
        ("2010-12-01T08:26:00Z", 20),
        ("2010-12-24T23:59:59Z", 20),
        ("2010-12-25T00:00:00Z", 10),
        ("2011-12-05T10:00:00Z", 10),
    ],
)
def test_christmas_articles_count_twice_until_christmas(paid_at, points):
    assert points_of(order({"sku": "22086", "unit_price": 1000}, paid_at=paid_at)) == points


def test_christmas_counts_twice_only_the_christmas_lines():
    lines = {"sku": "22086", "unit_price": 175}, {"sku": "71053", "unit_price": 160}

    assert points_of(order(*lines, paid_at="2010-12-05T10:00:00Z")) == 5  # 350 + 160 pence


def test_christmas_does_not_help_to_reach_200_pounds():
    line = {"sku": "22086", "unit_price": 15000}

    assert points_of(order(line, paid_at="2010-12-05T10:00:00Z")) == 300


def test_a_refund_by_quantity_is_worth_its_share_rounded_half_up():
    line = {"quantity": 4, "unit_price": 101, "discount": 2}  # 402: two units are 201

    assert points_of(order({**line, "refunded_quantity": 1})) == 3  # 402 - 101 (of 100.5)
    assert points_of(order({**line, "refunded_quantity": 2})) == 2  # 402 - 201
    assert points_of(order({**line, "refunded_quantity": 4})) == 0


def test_a_refunded_amount_counts_instead_of_the_quantity():
    line = {"quantity": 3, "unit_price": 300, "refunded_quantity": 2, "refunded_amount": 400}

    assert points_of(order(line)) == 5


def test_money_kept_of_a_line_that_came_back_counts_while_other_goods_are_left():
    back = {"unit_price": 300, "refunded_quantity": 1, "refunded_amount": 200}

    assert points_of(order(back, {"unit_price": 400})) == 5


def test_an_order_that_came_back_as_a_whole_earns_nothing_whatever_was_kept():
    back = {"unit_price": 300, "refunded_quantity": 1, "refunded_amount": 200}

    assert points_of(order(back)) == 0


def test_money_kept_of_christmas_articles_counts_twice_while_some_are_left():
    gone = {"sku": "22086", "unit_price": 300, "refunded_quantity": 1, "refunded_amount": 100}
    christmas = {"paid_at": "2010-12-05T10:00:00Z"}

    assert points_of(order(gone, {"unit_price": 400}, **christmas)) == 2 + 4
    left = {"sku": "22910", "unit_price": 400}
    assert points_of(order(gone, left, **christmas)) == 2 * 2 + 2 * 4


def test_a_gift_voucher_earns_no_points_but_counts_towards_200_pounds():
    lines = {"unit_price": 12000}, {"unit_price": 8000, "gift_card": True}

    assert points_of(order(*lines)) == 170


def test_the_latest_version_of_an_order_is_what_counts():
    latest = order({"unit_price": 300}, version=3)
    stale = order({"unit_price": 900}, version=2)

    assert expected_points([{"kind": "member", "id": "17850"}, latest, stale]) == {"536365": 3}
