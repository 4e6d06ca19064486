"""What was read, what became of it, and what has no place in any order."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Reason(StrEnum):
    """Why a row, or a part of one, is in no order."""

    # of cancellations
    GUEST = "guest"  # no customer, hence no earlier lines to look at
    DISCOUNT = "discount"  # money given back for no article
    MANUAL = "manual"  # typed in by hand, and nothing bought by hand at that price is left
    NEVER_BOUGHT = "never_bought"  # no earlier line of the article in the file
    MORE_THAN_BOUGHT = "more_than_bought"  # earlier lines, but too few units left on them
    MORE_THAN_PAID = "more_than_paid"  # units found, but more money credited than they had cost
    # of any invoice
    CHARGE = "charge"  # a fee, samples, a commission: not goods
    # of other invoices
    BOOKKEEPING = "bookkeeping"  # an invoice beginning with A
    NEGATIVE_QUANTITY = "negative_quantity"  # stock written off outside a cancellation


class LeftOut(NamedTuple):
    """A row that no order shows, or the part of it that none shows."""

    reason: Reason
    day: date
    invoice: str
    line: int  # of the file
    member: str
    sku: str
    name: str
    units: int  # without sign
    amount: int  # pence


@dataclass
class DataSummary:
    """Counts of the data side of a replay. Exact when the last day has been read."""

    first_day: date | None = None
    last_day: date | None = None
    lines: int = 0
    invoices: int = 0
    duplicate_lines: int = 0  # the same in every column as another of the invoice; both count
    zero_price_lines: int = 0
    rounded_lines: int = 0  # order lines that are no whole pence before rounding
    members: int = 0
    orders: int = 0
    guest_orders: int = 0
    worthless_orders: int = 0  # nothing but zero prices
    sold: int = 0  # pence of goods in orders
    sold_to_members: int = 0
    cancellations: int = 0  # invoices
    cancelled_fully: int = 0  # lines of cancellations
    cancelled_partly: int = 0
    cancelled_not: int = 0
    units_cancelled: int = 0
    credited: int = 0  # pence of goods and carriage given back
    restatements: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def left_out_by_reason(self) -> Counter[Reason]:
        return Counter(row.reason for row in self.left_out)


def write_left_out(path: Path, rows: Iterable[LeftOut]) -> None:
    """Write what no order shows as a CSV file with a header, amounts in pence."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(LeftOut._fields)
        writer.writerows(rows)
