"""The gift shop's file: what is refused, by line and by name."""

import gzip

import pytest

from seeds.online_retail import SHIPPED_QUARTER
from seeds.retail_rows import BrokenRow, read_rows

GOOD = "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850,United Kingdom"


def test_a_row_is_read_with_its_time_in_london_and_its_price_in_pence(shop_file):
    [row] = read_rows(shop_file(GOOD.replace("2010-12-01", "2011-06-01")))

    assert (row.line, row.invoice, row.sku, row.quantity) == (2, "536365", "85123A", 6)
    assert row.at.isoformat() == "2011-06-01T08:26:00+01:00"
    assert row.price == 255


def test_a_compressed_file_reads_like_a_plain_one(shop_file):
    plain = shop_file(GOOD)
    compressed = plain.with_suffix(".csv.gz")
    compressed.write_bytes(gzip.compress(plain.read_bytes()))

    assert list(read_rows(compressed)) == list(read_rows(plain))


@pytest.mark.parametrize(
    ("good", "broken", "expected"),
    [
        ("536365", "X36365", "InvoiceNo as six digits"),
        ("85123A", "", "StockCode as letters"),
        ("LANTERN", "LAN\0TERN", "Description as printable UTF-8 text"),
        ("LANTERN", "L" * 201, "Description as printable UTF-8 text"),
        (",6,", ",six,", "Quantity as a whole number"),
        (",6,", ",0,", "Quantity as a whole number"),
        (",6,", f",{10**30},", "Quantity as a whole number"),
        ("2010-12-01", "2010-13-01", "InvoiceDate as a time"),
        ("2010-12-01", "9999-12-31", "InvoiceDate as a time"),
        ("2.55", "NaN", "UnitPrice as pounds"),
        ("2.55", "1e30", "UnitPrice as pounds"),
        ("2.55", "-2.55", "a UnitPrice of 0 or more"),
        ("17850", "17850.0", "CustomerID as five digits"),
        (",6,", ",6,6,", "8 columns, got '9"),
        ("536365", "C536365", "a negative Quantity in a cancellation"),
        ("LANTERN", '"LANTERN', "a whole CSV record"),
    ],
)
def test_a_broken_row_is_refused_by_its_line_and_what_was_expected(
    shop_file, good, broken, expected
):
    path = shop_file(GOOD, GOOD.replace(good, broken, 1))

    with pytest.raises(BrokenRow, match=f"^line 3: expected {expected}"):
        list(read_rows(path))


def test_rows_before_the_broken_one_are_read(shop_file):
    rows = read_rows(shop_file(GOOD, "broken"))

    assert next(rows).invoice == "536365"


def test_text_in_another_encoding_is_refused_by_its_line(shop_file):
    path = shop_file(GOOD, GOOD)
    path.write_bytes(path.read_bytes()[::-1].replace(b"NRETNAL", b"\xa3", 1)[::-1])

    with pytest.raises(BrokenRow, match=r"^line 3: expected Description as printable UTF-8"):
        list(read_rows(path))


def test_a_file_with_another_header_is_refused(shop_file):
    path = shop_file(GOOD)
    path.write_text("Invoice,StockCode\n", encoding="utf-8")

    with pytest.raises(BrokenRow, match=r"^line 1: expected InvoiceNo,StockCode,"):
        list(read_rows(path))


def test_an_empty_file_is_refused(shop_file):
    path = shop_file()
    path.write_text("", encoding="utf-8")

    with pytest.raises(BrokenRow, match=r"^line 1: expected InvoiceNo"):
        list(read_rows(path))


def test_a_compressed_file_that_was_cut_off_is_refused(tmp_path):
    path = tmp_path / "half.csv.gz"
    path.write_bytes(SHIPPED_QUARTER.read_bytes()[:100_000])

    with pytest.raises(BrokenRow, match="expected a whole CSV record"):
        list(read_rows(path))


def test_a_file_that_is_not_compressed_at_all_is_refused(shop_file):
    path = shop_file(GOOD).rename(shop_file(GOOD).with_suffix(".gz"))

    with pytest.raises(BrokenRow, match=r"^line 1: expected a whole CSV record"):
        list(read_rows(path))
