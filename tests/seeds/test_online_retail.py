"""Invoices become orders and members, day by day."""

import pytest

from seeds.data_summary import write_left_out
from seeds.retail_rows import BrokenRow


def test_an_invoice_is_one_paid_order_of_an_enrolled_member(read, row):
    shop = read(row("536365", "85123A", 6, "2.55"), row("536365", "71053", 2, "3.39"))

    assert shop.facts == [
        {
            "kind": "member",
            "id": "17850",
            "joined_at": "2010-12-01T08:26:00Z",
            "attributes": {"country": "United Kingdom"},
        },
        {
            "kind": "order",
            "id": "536365",
            "member": "17850",
            "version": 1,
            "status": "paid",
            "currency": "GBP",
            "placed_at": "2010-12-01T08:26:00Z",
            "paid_at": "2010-12-01T08:26:00Z",
            "lines": [
                {
                    "id": "1",
                    "sku": "85123A",
                    "name": "LANTERN",
                    "quantity": 6,
                    "unit_price": 255,
                },
                {
                    "id": "2",
                    "sku": "71053",
                    "name": "LANTERN",
                    "quantity": 2,
                    "unit_price": 339,
                },
            ],
            "attributes": {"country": "United Kingdom"},
        },
    ]


def test_a_member_is_enrolled_once(read, row):
    shop = read(row("536365", "71053", 1, "1"), row("536366", "71053", 1, "1"))

    assert [fact["kind"] for fact in shop.facts] == ["member", "order", "order"]
    assert shop.summary.members == 1


def test_an_invoice_without_a_customer_is_a_guests_order(read, row):
    shop = read(row("536365", "71053", 1, "1", customer=""))

    assert [fact["kind"] for fact in shop.facts] == ["order"]
    assert not {"member", "guest"} & shop.facts[0].keys()
    assert (shop.summary.orders, shop.summary.guest_orders) == (1, 1)


def test_the_day_is_londons_and_ends_at_its_midnight(read, row):
    shop = read(
        row("536365", "71053", 1, "1", at="2011-03-26 10:00:00"),
        row("536366", "71053", 1, "1", at="2011-03-27 10:00:00"),
    )

    assert [day.ends_at.isoformat() for day in shop.days] == [
        "2011-03-27T00:00:00+00:00",
        "2011-03-27T23:00:00+00:00",
    ]
    assert shop.orders[1]["paid_at"] == "2011-03-27T09:00:00Z"


def test_lines_of_one_invoice_stay_together_when_another_is_written_in_between(read, row):
    shop = read(
        row("536365", "71053", 1, "1"),
        row("536366", "71053", 1, "1"),
        row("536365", "85123A", 1, "1"),
    )

    assert [(order["id"], len(order["lines"])) for order in shop.orders] == [
        ("536365", 2),
        ("536366", 1),
    ]


def test_lines_that_are_the_same_in_every_column_are_two_lines(read, row):
    shop = read(row("536365", "71053", 1, "1"), row("536365", "71053", 1, "1"))

    assert [line["id"] for line in shop.orders[0]["lines"]] == ["1", "2"]
    assert shop.summary.duplicate_lines == 1


def test_a_line_at_price_0_is_a_line(read, row):
    shop = read(row("536365", "71053", 1, "0.0"))

    assert shop.orders[0]["lines"][0]["unit_price"] == 0
    assert (shop.summary.zero_price_lines, shop.summary.worthless_orders) == (1, 1)


@pytest.mark.parametrize(
    ("quantity", "price", "unit_price", "discount"),
    [
        (1, "0.001", 1, 1),  # 0.1 pence is 0
        (3, "0.125", 13, 1),  # 37.5 pence is 38, of 39
        (8, "0.125", 13, 4),  # exactly 100 pence, of 104
        (1, "0.016", 2, 0),  # 1.6 pence is 2
    ],
)
def test_a_fraction_of_a_penny_is_rounded_once_for_the_line(
    read, row, quantity, price, unit_price, discount
):
    shop = read(row("536365", "71053", quantity, price))

    line = shop.orders[0]["lines"][0]
    assert (line["unit_price"], line.get("discount", 0)) == (unit_price, discount)


def test_a_line_counts_as_rounded_only_if_its_total_was_no_whole_pence(read, row):
    shop = read(row("536365", "71053", 1, "0.016"), row("536365", "71053", 8, "0.125"))

    assert shop.summary.rounded_lines == 1


def test_a_line_without_a_description_has_no_name(read):
    shop = read("536365,71053,,1,2010-12-01 08:26:00,0.0,,United Kingdom")

    assert shop.orders[0]["lines"] == [
        {"id": "1", "sku": "71053", "quantity": 1, "unit_price": 0}
    ]


def test_carriage_is_shipping(read, row):
    shop = read(
        row("536365", "71053", 1, "1"),
        row("536365", "POST", 2, "18.00"),
        row("536365", "DOT", 1, "1.50"),
    )

    assert shop.orders[0]["shipping"] == 3750
    assert [line["sku"] for line in shop.orders[0]["lines"]] == ["71053"]


def test_an_order_of_carriage_alone_has_a_subtotal_of_0(read, row):
    shop = read(row("536365", "C2", 1, "50.00"))

    assert (shop.orders[0]["subtotal"], shop.orders[0]["shipping"]) == (0, 5000)
    assert "lines" not in shop.orders[0]


def test_a_manual_entry_is_goods(read, row):
    shop = read(row("536365", "M", 1, "12.00"))

    assert shop.orders[0]["lines"][0]["sku"] == "M"


def test_a_gift_voucher_is_marked_as_one(read, row):
    shop = read(row("536365", "gift_0001_20", 1, "16.67"), row("536365", "71053", 1, "1"))

    assert [line.get("gift_card") for line in shop.orders[0]["lines"]] == [True, None]


def test_a_charge_is_no_goods_and_is_listed(read, row):
    shop = read(row("536365", "BANK CHARGES", 1, "15.00"), row("536365", "71053", 1, "1"))

    assert [line["sku"] for line in shop.orders[0]["lines"]] == ["71053"]
    assert shop.left_out == [("charge", 1, 1500)]


def test_an_invoice_of_charges_alone_is_no_order_and_enrols_nobody(read, row):
    shop = read(row("536365", "BANK CHARGES", 1, "15.00"))

    assert shop.facts == []
    assert (shop.summary.orders, shop.summary.members) == (0, 0)


def test_bookkeeping_is_no_order_and_is_listed(read, row):
    shop = read(row("A563186", "B", 1, "-11062.06", customer=""))

    assert shop.facts == []
    assert shop.left_out == [("bookkeeping", 1, -1106206)]


def test_stock_written_off_is_no_order_and_is_listed(read, row):
    shop = read(row("536365", "71053", -10, "0.0", customer=""))

    assert shop.facts == []
    assert shop.left_out == [("negative_quantity", 10, 0)]


def test_a_day_before_the_last_one_is_refused(read, row):
    with pytest.raises(BrokenRow, match=r"^line 3: expected a day not before 2010-12-01"):
        read(
            row("536365", "71053", 1, "1"),
            row("536366", "71053", 1, "1", at="2010-11-30 08:00:00"),
        )


def test_an_invoice_that_goes_on_another_day_is_refused(read, row):
    with pytest.raises(BrokenRow, match=r"^line 3: expected each invoice on one day"):
        read(
            row("536365", "71053", 1, "1"),
            row("536365", "71053", 1, "1", at="2010-12-02 08:00:00"),
        )


def test_an_invoice_of_two_customers_is_refused(read, row):
    with pytest.raises(
        BrokenRow, match=r"^line 3: expected one customer in the invoice \(17850"
    ):
        read(row("536365", "71053", 1, "1"), row("536365", "71053", 1, "1", customer="13047"))


def test_what_is_in_no_order_is_written_as_a_list(read, row, tmp_path):
    shop = read(row("C536379", "D", -1, "27.50"))

    write_left_out(tmp_path / "left.csv", shop.summary.left_out)

    assert (tmp_path / "left.csv").read_text(encoding="utf-8") == (
        "reason,day,invoice,line,member,sku,name,units,amount\n"
        "discount,2010-12-01,C536379,2,17850,D,LANTERN,1,2750\n"
    )
