"""The quarter that is shipped, against counts taken from the file by other means."""

import gzip
import hashlib
from collections import Counter

import pytest

from seeds.data_summary import Reason
from seeds.online_retail import SHIPPED_QUARTER, read_days
from seeds.recompute import expected_points
from tests.seeds.conftest import Shop


@pytest.fixture(scope="module")
def quarter():
    shop = Shop()
    shop.days.extend(read_days(SHIPPED_QUARTER, shop.summary))
    return shop


def test_the_file_is_the_first_105335_lines_of_the_data_set_and_says_no_time():
    compressed = SHIPPED_QUARTER.read_bytes()

    assert compressed[4:8] == b"\0\0\0\0"
    assert hashlib.sha256(gzip.decompress(compressed)).hexdigest() == (
        "b888bb92572afb461d2650820ef1b8e4ba123c7d1fdc790552fcc4c311cc3314"
    )


def test_counts_of_lines_and_invoices_are_those_of_the_file(quarter):
    # `gzip -dc FILE | tail -n +2` piped into `wc -l`, into `cut -d, -f1 | sort -u |
    # wc -l`, and into `sort -u | wc -l` (104,360 distinct lines); UnitPrice = 0 by
    # csv.DictReader.
    summary = quarter.summary
    assert summary.lines == 105_335
    assert summary.invoices == 4_894
    assert summary.duplicate_lines == 105_335 - 104_360
    assert summary.zero_price_lines == 540
    assert summary.rounded_lines == 0


def test_counts_of_orders_and_members_are_those_of_the_file(quarter):
    # Invoices of six digits with a row of positive quantity whose StockCode is no
    # charge; of these, without CustomerID; and the distinct CustomerIDs.
    summary = quarter.summary
    assert (summary.orders, summary.guest_orders) == (3_872, 489)
    assert summary.worthless_orders == 130
    assert summary.members == 1_681


def test_what_was_sold_is_quantity_times_price_of_the_files_goods(quarter):
    # Sum of Quantity * UnitPrice over the rows of those invoices, carriage left out.
    assert quarter.summary.sold == 196_276_825
    assert quarter.summary.sold_to_members == 157_561_128


def test_cancellations_are_matched_as_a_running_balance_says(quarter):
    # One pass over the rows that keeps only a balance of units per customer and
    # StockCode (for M, and price), up on a sale and down on a cancellation, never
    # below 0: what fits is matched. It knows neither orders nor lines.
    summary = quarter.summary
    assert summary.cancellations == 805
    assert summary.cancelled_fully == 1_108
    assert summary.cancelled_partly == 9
    assert summary.cancelled_not == 787
    assert summary.units_cancelled == 83_591


def test_every_row_that_is_in_no_order_is_listed_with_its_reason(quarter):
    # The same pass, by reason.
    assert quarter.summary.left_out_by_reason == {
        Reason.GUEST: 52,
        Reason.DISCOUNT: 13,
        Reason.MANUAL: 19,
        Reason.NEVER_BOUGHT: 647,
        Reason.MORE_THAN_BOUGHT: 18,
        Reason.MORE_THAN_PAID: 2,
        Reason.CHARGE: 50,
        Reason.NEGATIVE_QUANTITY: 214,
    }


def test_money_and_statements_are_those_of_queues_of_lots(quarter):
    # A queue of [units, price, paid, given back] per customer and StockCode, in
    # fractions, and the set of (cancellation, invoice) pairs it touched.
    assert quarter.summary.credited == 10_358_931
    assert quarter.summary.restatements == 599


def test_points_of_the_quarter_are_those_of_queues_of_lots(quarter):
    # The same queues, summed by invoice: 1,481,640 for spending, 2,156 times 50.
    assert sum(expected_points(quarter.facts).values()) == 1_481_640 + 2_156 * 50


def test_every_line_of_a_cancellation_is_accounted_for(quarter):
    summary = quarter.summary
    assert summary.cancelled_fully + summary.cancelled_partly + summary.cancelled_not == 1_904


def test_no_more_comes_back_than_was_bought(quarter):
    for order in quarter.orders:
        for line in order.get("lines", []):
            paid = line["quantity"] * line["unit_price"] - line.get("discount", 0)
            assert 0 <= line.get("refunded_quantity", 0) <= line["quantity"]
            assert 0 <= line.get("refunded_amount", 0) <= paid
        assert order.get("refunded_shipping", 0) <= order.get("shipping", 0)


def test_the_units_that_came_back_are_those_of_the_last_statements(quarter):
    # The running balance again: 83,578 units of goods and 13 of carriage.
    latest = {order["id"]: order for order in quarter.orders}
    lines = [line for order in latest.values() for line in order.get("lines", [])]

    assert sum(line.get("refunded_quantity", 0) for line in lines) == 83_591 - 13


def test_versions_count_up_by_one_from_the_first_statement(quarter):
    seen = Counter()
    for order in quarter.orders:
        seen[order["id"]] += 1
        assert order["version"] == seen[order["id"]]


def test_every_member_is_enrolled_before_the_first_order(quarter):
    enrolled = set()
    for fact in quarter.facts:
        if fact["kind"] == "member":
            assert fact["id"] not in enrolled
            enrolled.add(fact["id"])
        else:
            assert fact.get("member") in enrolled | {None}


def test_days_go_forward_and_hold_their_own_orders(quarter):
    dates = [day.date for day in quarter.days]

    assert dates == sorted(set(dates))
    for day in quarter.days:
        new = [fact for fact in day.facts if fact.get("version") == 1]
        assert {fact["paid_at"][:10] for fact in new} <= {day.date.isoformat()}
