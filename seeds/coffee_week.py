"""A week at the café, invented: five regulars, a few rounds, one cake that came back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)

# Name, price in cents, and the category that rules look at.
MENU = {
    "espresso": ("Espresso", 240, "coffee"),
    "flat-white": ("Flat White", 390, "coffee"),
    "filter": ("Filterkaffee", 280, "coffee"),
    "croissant": ("Croissant", 250, "bakery"),
    "cake": ("Käsekuchen", 420, "bakery"),
    "beans": ("Bohnen, 250 g", 950, "beans"),
}

REGULARS = {
    "anna": {"name": "Anna Petersen", "birthday": "1991-03-14"},
    "bilal": {"name": "Bilal Demir"},
    "clara": {"name": "Clara Brandt", "birthday": "1978-08-02"},
    "dora": {"name": "Dora Lindqvist"},
    "emil": {"name": "Emil Hansen"},
}


class Bill(NamedTuple):
    """A round as it was paid, or stated anew because some of it came back."""

    day: int  # of the week; Monday is 0
    at: str
    number: str
    member: str | None
    items: dict[str, int]
    came_back: dict[str, int] | None = None

    @property
    def stated_at(self) -> datetime:
        day = MONDAY + timedelta(days=self.day)
        return datetime.combine(day, time.fromisoformat(self.at), BERLIN).astimezone(UTC)


WEEK = (
    Bill(0, "07:40", "mon-1", "anna", {"flat-white": 1, "croissant": 1}),
    Bill(0, "08:10", "mon-2", "bilal", {"espresso": 2}),
    Bill(0, "15:30", "mon-3", None, {"filter": 2, "cake": 1}),
    Bill(1, "07:35", "tue-1", "anna", {"flat-white": 1}),
    Bill(1, "16:00", "tue-2", "clara", {"filter": 1, "cake": 2}),
    Bill(2, "08:55", "wed-1", "bilal", {"espresso": 1, "croissant": 2}),
    Bill(2, "10:15", "tue-2", "clara", {"filter": 1, "cake": 2}, came_back={"cake": 1}),
    Bill(3, "07:45", "thu-1", "anna", {"flat-white": 2, "croissant": 2}),
    Bill(3, "12:20", "thu-2", "dora", {"beans": 2, "espresso": 1}),
    Bill(4, "08:05", "fri-1", "bilal", {"espresso": 2}),
    Bill(4, "17:10", "fri-2", "emil", {"flat-white": 2, "cake": 2}),
    Bill(5, "10:30", "sat-1", "clara", {"filter": 2, "croissant": 2}),
    Bill(5, "11:00", "sat-2", "dora", {"espresso": 1, "cake": 1}),
    Bill(6, "14:45", "sun-1", "emil", {"flat-white": 4, "cake": 3}),
)


def live_through_week() -> Iterator[Day]:
    """Yield the week's days; each regular enrols at the till, with the first bill."""
    enrolled: set[str] = set()
    paid_at: dict[str, str] = {}
    for number, bills in groupby(WEEK, key=lambda bill: bill.day):
        facts: list[Fact] = []
        for bill in bills:
            stated_at = bill.stated_at.isoformat()
            version = 2 if bill.number in paid_at else 1
            facts += _enrolment(bill, stated_at, enrolled)
            paid = paid_at.setdefault(bill.number, stated_at)
            facts.append(_statement(bill, paid, version))
        yield Day(MONDAY + timedelta(days=number), facts, BERLIN)


def _enrolment(bill: Bill, at: str, enrolled: set[str]) -> list[Fact]:
    if bill.member is None or bill.member in enrolled:
        return []
    enrolled.add(bill.member)
    told = REGULARS[bill.member]
    return [{"kind": "member", "id": bill.member, "joined_at": at, "locale": "de", **told}]


def _statement(bill: Bill, paid_at: str, version: int) -> Fact:
    order: Fact = {
        "kind": "order",
        "id": bill.number,
        "version": version,
        "status": "paid",
        "currency": "EUR",
        "placed_at": paid_at,
        "paid_at": paid_at,
        "tax_included": True,
        "lines": [_line(sku, units, bill.came_back or {}) for sku, units in bill.items.items()],
    }
    return order | {"member": bill.member} if bill.member else order


def _line(sku: str, units: int, came_back: dict[str, int]) -> Fact:
    name, price, category = MENU[sku]
    return {
        "id": sku,
        "sku": sku,
        "name": name,
        "categories": [category],
        "quantity": units,
        "unit_price": price,
        "refunded_quantity": came_back.get(sku, 0),
    }
