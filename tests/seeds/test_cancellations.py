"""What comes back is found among the customer's earlier lines, or said not to be."""

import pytest

NEXT_DAY = "2010-12-02 09:00:00"


def test_a_cancellation_restates_the_order_with_the_next_version_and_the_same_times(read, row):
    shop = read(
        row("536365", "71053", 6, "3.39"),
        row("C536379", "71053", -2, "3.39", at=NEXT_DAY),
    )

    first, again = shop.orders
    assert again == {
        **first,
        "version": 2,
        "lines": [{**first["lines"][0], "refunded_quantity": 2}],
    }
    assert [len(day.facts) for day in shop.days] == [2, 1]
    assert shop.summary.credited == 678


def test_the_oldest_order_gives_first_and_the_next_one_the_rest(read, row):
    shop = read(
        row("536365", "71053", 2, "1"),
        row("536366", "71053", 5, "1"),
        row("C536379", "71053", -3, "1"),
    )

    assert [
        (order["id"], order["lines"][0]["refunded_quantity"]) for order in shop.orders[2:]
    ] == [("536365", 2), ("536366", 1)]


def test_what_was_cancelled_before_is_not_cancelled_again(read, row):
    shop = read(
        row("536365", "71053", 2, "1"),
        row("536366", "71053", 2, "1"),
        row("C536379", "71053", -2, "1"),
        row("C536380", "71053", -1, "1"),
    )

    assert [(order["id"], order["version"]) for order in shop.orders[2:]] == [
        ("536365", 2),
        ("536366", 2),
    ]


def test_one_cancellation_states_an_order_once_however_many_lines_it_takes_back(read, row):
    shop = read(
        row("536365", "71053", 2, "1"),
        row("536365", "85123A", 2, "1"),
        row("C536379", "71053", -1, "1"),
        row("C536379", "85123A", -2, "1"),
    )

    [_, again] = shop.orders
    assert again["version"] == 2
    assert [line["refunded_quantity"] for line in again["lines"]] == [1, 2]
    assert shop.summary.restatements == 1


def test_two_cancellations_of_one_order_are_two_statements(read, row):
    shop = read(
        row("536365", "71053", 2, "1"),
        row("C536379", "71053", -1, "1"),
        row("C536380", "71053", -1, "1"),
    )

    assert [order["version"] for order in shop.orders] == [1, 2, 3]
    assert [order["lines"][0].get("refunded_quantity") for order in shop.orders] == [None, 1, 2]


def test_two_lines_of_one_article_in_one_order_are_used_up_in_their_order(read, row):
    shop = read(
        row("536365", "71053", 2, "1"),
        row("536365", "71053", 2, "1"),
        row("C536379", "71053", -3, "1"),
    )

    assert [line["refunded_quantity"] for line in shop.orders[1]["lines"]] == [2, 1]


def test_another_customers_lines_are_never_taken_back(read, row):
    shop = read(
        row("536365", "71053", 2, "1", customer="13047"), row("C536379", "71053", -1, "1")
    )

    assert len(shop.orders) == 1
    assert shop.left_out == [("never_bought", 1, 100)]


def test_what_is_bought_later_is_not_taken_back(read, row):
    shop = read(row("C536379", "71053", -1, "1"), row("536380", "71053", 1, "1"))

    assert [order["version"] for order in shop.orders] == [1]
    assert shop.left_out == [("never_bought", 1, 100)]


def test_a_customer_who_only_cancels_is_not_enrolled(read, row):
    shop = read(row("C536379", "71053", -1, "1"))

    assert shop.facts == []


def test_more_than_was_bought_is_taken_back_as_far_as_it_goes_and_the_rest_listed(read, row):
    shop = read(row("536365", "71053", 2, "1.50"), row("C536379", "71053", -5, "1.50"))

    assert shop.orders[1]["lines"][0]["refunded_quantity"] == 2
    assert shop.left_out == [("more_than_bought", 3, 450)]
    assert shop.summary.cancelled_partly == 1


def test_a_guests_cancellation_is_listed(read, row):
    shop = read(
        row("536365", "71053", 2, "1", customer=""),
        row("C536379", "71053", -1, "1", customer=""),
    )

    assert len(shop.orders) == 1
    assert shop.left_out == [("guest", 1, 100)]


@pytest.mark.parametrize(("sku", "reason"), [("D", "discount"), ("CRUK", "charge")])
def test_what_is_no_article_is_listed(read, row, sku, reason):
    shop = read(row("536365", "71053", 2, "1"), row("C536379", sku, -1, "1"))

    assert shop.left_out == [(reason, 1, 100)]
    assert shop.summary.cancelled_not == 1


def test_a_manual_entry_is_found_by_its_price(read, row):
    shop = read(
        row("536365", "M", 1, "40.00"),
        row("536366", "M", 1, "12.00"),
        row("C536379", "M", -1, "12.00"),
    )

    assert [(order["id"], order["version"]) for order in shop.orders[2:]] == [("536366", 2)]


def test_a_manual_entry_at_another_price_is_listed(read, row):
    shop = read(row("536365", "M", 1, "40.00"), row("C536379", "M", -1, "12.00"))

    assert len(shop.orders) == 1
    assert shop.left_out == [("manual", 1, 1200)]


def test_carriage_comes_back_as_refunded_shipping(read, row):
    shop = read(
        row("536365", "71053", 1, "1"),
        row("536365", "POST", 3, "18.00"),
        row("C536379", "POST", -1, "18.00"),
    )

    assert (shop.orders[1]["shipping"], shop.orders[1]["refunded_shipping"]) == (5400, 1800)
    assert "refunded_quantity" not in shop.orders[1]["lines"][0]


def test_a_credit_below_the_price_paid_is_refunded_as_the_money_it_was(read, row):
    shop = read(row("536365", "71053", 2, "3.00"), row("C536379", "71053", -2, "2.50"))

    line = shop.orders[1]["lines"][0]
    assert (line["refunded_quantity"], line["refunded_amount"]) == (2, 500)
    assert shop.left_out == []


def test_a_credit_above_the_price_paid_stops_at_what_the_line_cost(read, row):
    shop = read(
        row("536365", "71053", 2, "3.00"),
        row("C536379", "71053", -1, "4.00"),
        row("C536380", "71053", -1, "4.00"),
    )

    assert shop.orders[1]["lines"][0]["refunded_amount"] == 400
    assert "refunded_amount" not in shop.orders[2]["lines"][0]  # all of it: 600
    assert shop.left_out == [("more_than_paid", 0, 200)]
    assert (shop.summary.cancelled_fully, shop.summary.credited) == (2, 600)
