"""A shop of a few invoices, written down and read back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from seeds.contents import Expected, look_through
from seeds.data_summary import DataSummary
from seeds.days import Day
from seeds.online_retail import read_days
from seeds.recompute import expected_points

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@dataclass
class Shop:
    """What reading a file came to."""

    days: list[Day] = field(default_factory=list)
    summary: DataSummary = field(default_factory=DataSummary)

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [fact for day in self.days for fact in day.facts]

    @property
    def orders(self) -> list[dict[str, Any]]:
        return [fact for fact in self.facts if fact["kind"] == "order"]

    @property
    def left_out(self) -> list[tuple[str, int, int]]:
        return [(row.reason.value, row.units, row.amount) for row in self.summary.left_out]


@pytest.fixture
def shop_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes rows below the header."""

    def write(*rows: str) -> Path:
        path = tmp_path / "shop.csv"
        path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        return path

    return write


@pytest.fixture
def read(shop_file: Callable[..., Path]) -> Callable[..., Shop]:
    """Return a function that reads a shop of the rows given."""

    def read_rows(*rows: str) -> Shop:
        shop = Shop()
        shop.days.extend(read_days(shop_file(*rows), shop.summary))
        return shop

    return read_rows


@pytest.fixture
def row() -> Callable[..., str]:
    """Return a function that writes a row, of one member at one time unless told."""

    def write(invoice: str, sku: str, quantity: int, price: str, **other: str) -> str:
        at = other.get("at", "2010-12-01 08:26:00")
        customer = other.get("customer", "17850")
        return f"{invoice},{sku},LANTERN,{quantity},{at},{price},{customer},United Kingdom"

    return write


def expected_of(days: list[Day]) -> dict[str, Expected]:
    """Return what the orders of some days should have earned in the gift shop."""
    return look_through(iter(days), None, expect=expected_points).expected
