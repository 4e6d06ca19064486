"""Five weeks at the café, invented: five regulars, their cards, and what they get for them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)

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
    """A round as it was paid, or stated anew because some of it came back.

    `free` is a drink that the voucher of a redemption (`card`) pays for.
    """

    day: int  # since the first Monday
    at: str
    number: str
    member: str | None
    items: dict[str, int]
    came_back: dict[str, int] | None = None
    free: str = ""
    card: str = ""
    status: str = "paid"

    @property
    def stated_at(self) -> datetime:
        return _moment(self.day, self.at)


class Card(NamedTuple):
    """Ten stamps exchanged for a free drink.

    On the phone it is for good. At the till it is meant for the bill that follows,
    and comes to nothing if none does.
    """

    day: int
    at: str
    name: str
    member: str
    on_the_phone: bool


FIRST_WEEK = (
    Bill(MON, "07:40", "mon-1", "anna", {"flat-white": 1, "croissant": 1}),
    Bill(MON, "08:10", "mon-2", "bilal", {"espresso": 2}),
    Bill(MON, "15:30", "mon-3", None, {"filter": 2, "cake": 1}),
    Bill(TUE, "07:35", "tue-1", "anna", {"flat-white": 1}),
    Bill(TUE, "16:00", "tue-2", "clara", {"filter": 1, "cake": 2}),
    Bill(WED, "08:55", "wed-1", "bilal", {"espresso": 1, "croissant": 2}),
    Bill(WED, "10:15", "tue-2", "clara", {"filter": 1, "cake": 2}, came_back={"cake": 1}),
    Bill(THU, "07:45", "thu-1", "anna", {"flat-white": 2, "croissant": 2}),
    Bill(THU, "12:20", "thu-2", "dora", {"beans": 2, "espresso": 1}),
    Bill(FRI, "08:05", "fri-1", "bilal", {"espresso": 2}),
    Bill(FRI, "17:10", "fri-2", "emil", {"flat-white": 2, "cake": 2}),
    Bill(SAT, "10:30", "sat-1", "clara", {"filter": 2, "croissant": 2}),
    Bill(SAT, "11:00", "sat-2", "dora", {"espresso": 1, "cake": 1}),
    Bill(SUN, "14:45", "sun-1", "emil", {"flat-white": 4, "cake": 3}),
)

# What they have in every later week: when, who, and what.
HABITS = (
    (MON, "07:40", "anna", {"flat-white": 1, "croissant": 1}),
    (MON, "08:10", "bilal", {"espresso": 2}),
    (MON, "15:30", None, {"filter": 2, "cake": 1}),
    (TUE, "07:40", "anna", {"flat-white": 1}),
    (TUE, "16:00", "clara", {"filter": 1, "cake": 1}),
    (WED, "07:40", "anna", {"flat-white": 1}),
    (WED, "08:55", "bilal", {"espresso": 2, "croissant": 1}),
    (THU, "07:40", "anna", {"flat-white": 1}),
    (THU, "12:20", "dora", {"espresso": 1, "beans": 1}),
    (FRI, "07:40", "anna", {"flat-white": 1}),
    (FRI, "08:05", "bilal", {"espresso": 2}),
    (SAT, "10:30", "clara", {"filter": 2, "croissant": 2}),
    (SUN, "14:45", "emil", {"flat-white": 4, "cake": 3}),
)
WEEKS = 5

SECOND, THIRD, FOURTH, FIFTH = 7, 14, 21, 28
CARDS = (
    Card(SECOND + FRI, "19:00", "bilal-1", "bilal", on_the_phone=True),
    # Never used: its voucher is good for 30 days.
    Card(SECOND + SUN, "21:30", "emil-1", "emil", on_the_phone=True),
    Card(THIRD + TUE, "07:39", "anna-1", "anna", on_the_phone=False),
    Card(FOURTH + FRI, "08:04", "bilal-2", "bilal", on_the_phone=False),
    # She pays for it after all.
    Card(FOURTH + SAT, "10:29", "clara-1", "clara", on_the_phone=False),
    Card(FIFTH + TUE, "15:59", "clara-2", "clara", on_the_phone=False),
    Card(FIFTH + WED, "07:39", "anna-2", "anna", on_the_phone=False),
)
# The bills of later weeks on which one of their usual drinks is free.
FREE = {
    (THIRD + TUE, "anna"): ("flat-white", "anna-1"),
    (THIRD + WED, "bilal"): ("espresso", "bilal-1"),
    (FOURTH + FRI, "bilal"): ("espresso", "bilal-2"),
    (FIFTH + TUE, "clara"): ("filter", "clara-2"),
    (FIFTH + WED, "anna"): ("flat-white", "anna-2"),
    (FIFTH + SAT, "clara"): ("filter", "clara-2"),
}
# Booked on the wrong table: its voucher is good for the next time.
WRONG_TABLE = (FIFTH + TUE, "clara", "16:05")


def live_through_weeks() -> Iterator[Day]:
    """Yield the days of the weeks; each regular enrols at the till, with the first bill."""
    facts: list[Fact] = [_exchange(card) for card in CARDS]
    enrolled: set[str] = set()
    stated: dict[str, Bill] = {}
    for bill in bills():
        facts += _enrolment(bill, enrolled)
        first = stated.setdefault(bill.number, bill)
        facts.append(_statement(bill, first))
    return days_of(facts, BERLIN)


def bills() -> Iterator[Bill]:
    """Yield all rounds in the order in which they are stated."""
    yield from FIRST_WEEK
    for week in range(1, WEEKS):
        for weekday, at, member, items in HABITS:
            day = 7 * week + weekday
            free, card = FREE.get((day, member or ""), ("", ""))
            number = f"w{week + 1}-{weekday + 1}-{member or 'guest'}"
            bill = Bill(day, at, number, member, items, free=free, card=card)
            yield bill
            if (day, member) == WRONG_TABLE[:2]:
                yield bill._replace(at=WRONG_TABLE[2], status="cancelled")


def _moment(day: int, at: str) -> datetime:
    wall = datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(at), BERLIN)
    return wall.astimezone(UTC)


def _exchange(card: Card) -> Fact:
    return {
        "kind": "redemption",
        "id": card.name,
        "told_at": _moment(card.day, card.at),
        "member": card.member,
        "reward": "free_drink",
        "capture": card.on_the_phone,
    }


def _enrolment(bill: Bill, enrolled: set[str]) -> list[Fact]:
    if bill.member is None or bill.member in enrolled:
        return []
    enrolled.add(bill.member)
    told = REGULARS[bill.member]
    return [
        {
            "kind": "member",
            "id": bill.member,
            "told_at": bill.stated_at,
            "joined_at": bill.stated_at.isoformat(),
            "locale": "de",
            **told,
        }
    ]


def _statement(bill: Bill, first: Bill) -> Fact:
    paid_at = first.stated_at.isoformat()
    order: Fact = {
        "kind": "order",
        "id": bill.number,
        "told_at": bill.stated_at,
        "version": 1 if bill is first else 2,
        "status": bill.status,
        "currency": "EUR",
        "placed_at": paid_at,
        "paid_at": paid_at,
        "tax_included": True,
        "lines": list(_lines(bill)),
    }
    if bill.member:
        order["member"] = bill.member
    if bill.card:
        order["vouchers"] = [bill.card]
    return order


def _lines(bill: Bill) -> Iterator[Fact]:
    """Yield what is on a bill; a free drink is a line of its own, at no price."""
    for sku, units in bill.items.items():
        paid = units - (sku == bill.free)
        if paid:
            yield _line(sku, paid) | {"refunded_quantity": (bill.came_back or {}).get(sku, 0)}
    if bill.free:
        _, price, _ = MENU[bill.free]
        yield _line(bill.free, 1) | {"id": f"{bill.free}-free", "discount": price}


def _line(sku: str, units: int) -> Fact:
    name, price, category = MENU[sku]
    return {
        "id": sku,
        "sku": sku,
        "name": name,
        "categories": [category],
        "quantity": units,
        "unit_price": price,
    }
