"""The gift shop's invoices as facts, day by day.

One invoice is one order, paid when it was written. A customer becomes a member
before their first order; an invoice without a customer is a guest's order. A
cancellation becomes new statements of the orders it takes goods back from, one
per cancellation and order. What fits no order is counted and listed in the
summary.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

from seeds.cancellations import Match, take_back
from seeds.data_summary import DataSummary, LeftOut, Reason
from seeds.days import Day, Fact
from seeds.purchases import CARRIAGE, CHARGES, DISCOUNT, Line, Purchase, moment, pence
from seeds.retail_rows import LONDON, BrokenRow, Row, read_rows

DATA = Path(__file__).parent / "data"
SHIPPED_QUARTER = DATA / "online_retail_2010-12-01_to_2011-02-28.csv.gz"


def read_days(path: Path, summary: DataSummary) -> Iterator[Day]:
    """Yield the days on which something happened, and count into `summary`.

    Holds one day of rows and, because any of them may still come back, what the
    members bought; guests' orders and everything else are let go.

    :raises BrokenRow: if a row is not what it must be, or stands in the wrong place
    """
    shop = _Shop(summary)
    for day, rows in groupby(read_rows(path), key=lambda row: row.at.date()):
        invoices = shop.open_day(day, rows)
        yield Day(day, [fact for invoice in invoices for fact in shop.facts(invoice)], LONDON)


class _Shop:
    """What the shop remembers from one invoice to the next."""

    def __init__(self, summary: DataSummary) -> None:
        self.summary = summary
        self.invoices: set[str] = set()
        self.bought: dict[str, list[Purchase]] = defaultdict(list)

    def open_day(self, day: date, rows: Iterable[Row]) -> list[list[Row]]:
        """Return the day's rows by invoice; two tills may have written at once."""
        invoices: dict[str, list[Row]] = {}
        for row in rows:
            self._refuse_misplaced(day, row, invoices.get(row.invoice))
            invoices.setdefault(row.invoice, []).append(row)
        self.invoices.update(invoices)
        self.summary.first_day = self.summary.first_day or day
        self.summary.last_day = day
        return list(invoices.values())

    def facts(self, invoice: list[Row]) -> list[Fact]:
        """Return what an invoice states: nothing, an order, or orders once more."""
        self._count(invoice)
        first = invoice[0]
        if first.is_bookkeeping:
            for row in invoice:
                self._leave_out(row, Reason.BOOKKEEPING)
            return []
        if first.is_cancellation:
            return self._cancellation(invoice)
        return self._sale(invoice)

    def _sale(self, invoice: list[Row]) -> list[Fact]:
        first = invoice[0]
        purchase = Purchase(first.invoice, first.customer or None, first.at, first.country)
        for row in invoice:
            if reason := _reason_to_leave_out(row):
                self._leave_out(row, reason)
                continue
            lines = purchase.carriage if row.sku in CARRIAGE else purchase.lines
            lines.append(Line(row.sku, row.name, row.quantity, row.price))
        if not purchase.lines and not purchase.carriage:
            return []
        self._count_order(purchase)
        return [*self._enrolment(purchase), purchase.statement()]

    def _enrolment(self, purchase: Purchase) -> list[Fact]:
        """Remember what a member bought; return the enrolment if it is the first."""
        if purchase.member is None:
            return []
        earlier = self.bought[purchase.member]
        earlier.append(purchase)
        if len(earlier) > 1:
            return []
        self.summary.members += 1
        return [
            {
                "kind": "member",
                "id": purchase.member,
                "joined_at": moment(purchase.at),
                "attributes": {"country": purchase.country},
            }
        ]

    def _cancellation(self, invoice: list[Row]) -> list[Fact]:
        self.summary.cancellations += 1
        bought = self.bought.get(invoice[0].customer, [])
        restated: dict[str, Purchase] = {}
        for row in invoice:
            match = take_back(row, bought)
            self._count_match(row, match)
            restated.update((purchase.id, purchase) for purchase in match.restated)
        for purchase in restated.values():
            purchase.version += 1
        self.summary.restatements += len(restated)
        return [purchase.statement() for purchase in restated.values()]

    def _refuse_misplaced(self, day: date, row: Row, invoice: list[Row] | None) -> None:
        last = self.summary.last_day
        if last and day < last:
            raise BrokenRow(row.line, expected=f"a day not before {last}", got=str(day))
        if row.invoice in self.invoices:
            raise BrokenRow(row.line, expected="each invoice on one day", got=row.invoice)
        if invoice and invoice[0].customer != row.customer:
            expected = f"one customer in the invoice ({invoice[0].customer or 'none'})"
            raise BrokenRow(row.line, expected=expected, got=row.customer)

    def _leave_out(self, row: Row, reason: Reason, units: int | None = None) -> None:
        units = abs(row.quantity) if units is None else units
        self._list(row, reason, units, pence(row.price, units))

    def _list(self, row: Row, reason: Reason, units: int, amount: int) -> None:
        self.summary.left_out.append(
            LeftOut(
                reason=reason,
                day=row.at.date(),
                invoice=row.invoice,
                line=row.line,
                member=row.customer,
                sku=row.sku,
                name=row.name.strip(),
                units=units,
                amount=amount,
            )
        )

    def _count(self, invoice: list[Row]) -> None:
        summary = self.summary
        summary.invoices += 1
        summary.lines += len(invoice)
        summary.duplicate_lines += len(invoice) - len({row[1:] for row in invoice})
        summary.zero_price_lines += sum(row.price == 0 for row in invoice)

    def _count_order(self, purchase: Purchase) -> None:
        summary = self.summary
        goods = sum(line.worth for line in purchase.lines)
        summary.orders += 1
        summary.sold += goods
        if purchase.member:
            summary.sold_to_members += goods
        else:
            summary.guest_orders += 1
        lines = purchase.lines + purchase.carriage
        summary.worthless_orders += not any(line.price for line in lines)
        summary.rounded_lines += sum(line.is_rounded for line in lines)

    def _count_match(self, row: Row, match: Match) -> None:
        summary = self.summary
        summary.units_cancelled += match.units
        summary.credited += pence(row.price, match.units) - match.excess
        if match.excess:
            self._list(row, Reason.MORE_THAN_PAID, 0, match.excess)
        if match.reason is None:
            summary.cancelled_fully += 1
            return
        self._leave_out(row, match.reason, match.missing)
        if match.units:
            summary.cancelled_partly += 1
        else:
            summary.cancelled_not += 1


def _reason_to_leave_out(row: Row) -> Reason | None:
    if row.quantity < 0:
        return Reason.NEGATIVE_QUANTITY
    if row.sku in CHARGES:
        return Reason.CHARGE
    if row.sku in DISCOUNT:
        return Reason.DISCOUNT
    return None
