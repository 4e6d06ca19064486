"""A year of three cards, invented: purchases paid with points, some of which came back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of

BERLIN = ZoneInfo("Europe/Berlin")
YEAR = 2026

# A month and a day of the year.
On = tuple[int, int]

CARDS: dict[str, tuple[On, str]] = {
    "ines": ((1, 5), "Ines Albrecht"),
    "jonas": ((1, 7), "Jonas Meier"),
    "kofi": ((8, 1), "Kofi Mensah"),
}


class Purchase(NamedTuple):
    """Goods at their prices in cents, bought at noon.

    `points` pay for a part of it; `asked` for more of them takes what can be taken.
    Later the first `back` of the goods come back, or it is `cancelled` as a whole.
    """

    order: str
    member: str
    on: On
    prices: tuple[int, ...]
    points: int = 0
    asked: int = 0
    changed_on: On | None = None
    back: int = 0
    cancelled: bool = False


PURCHASES = (
    # She pays half of something with points, and returns half of that.
    Purchase("fridge", "ines", (1, 10), (120000,)),
    Purchase(
        "lamps",
        "ines",
        (2, 10),
        (1500, 1500),
        points=1500,
        asked=9000,
        changed_on=(2, 20),
        back=1,
    ),
    *(Purchase(f"phone-{month}", "ines", (month, 28), (4990,)) for month in range(1, 13)),
    # He spends points for goods that he returns, and owes them.
    Purchase("sofa", "jonas", (1, 12), (200000,), changed_on=(3, 15), back=1),
    Purchase("coat", "jonas", (3, 1), (10000,), points=2000, changed_on=(7, 1), cancelled=True),
    Purchase("flight", "jonas", (4, 10), (90000,)),
    Purchase("hotel", "jonas", (6, 1), (70000,)),
    # He leaves a checkout, comes back the next day, and then returns everything.
    Purchase("bike", "kofi", (8, 1), (50000,)),
    Purchase("books", "kofi", (8, 21), (1200,), points=600, changed_on=(9, 2), back=1),
)
LEFT = Purchase("left", "kofi", (8, 20), (4000,), points=1000)


def live_through_bank_year() -> Iterator[Day]:
    """Yield the days on which something happens with the cards."""
    facts = [_enrolment(member) for member in CARDS]
    for purchase in PURCHASES:
        facts += _facts_of(purchase)
    return days_of([*facts, _payment(LEFT)], BERLIN)


def _at(on: On, hour: int, minute: int = 0) -> datetime:
    return datetime(YEAR, *on, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def _enrolment(member: str) -> Fact:
    on, name = CARDS[member]
    told_at = _at(on, 9)
    told = {"kind": "member", "id": member, "told_at": told_at}
    return told | {"name": name, "joined_at": told_at.isoformat()}


def _facts_of(purchase: Purchase) -> Iterator[Fact]:
    if purchase.points:
        yield _payment(purchase)
    yield _statement(purchase)
    if purchase.changed_on:
        yield _changed(purchase, purchase.changed_on)


def _payment(purchase: Purchase) -> Fact:
    """Return a payment with points that waits for its order."""
    return {
        "kind": "redemption",
        "id": f"pay-{purchase.order}",
        "told_at": _at(purchase.on, 11, 50),
        "member": purchase.member,
        "reward": "pay",
        "points": purchase.asked or purchase.points,
        "up_to": bool(purchase.asked),
        "order_total": sum(purchase.prices),
        "order": purchase.order,
    }


def _statement(purchase: Purchase) -> Fact:
    paid_at = _at(purchase.on, 12)
    fact: dict[str, Any] = {
        "kind": "order",
        "id": purchase.order,
        "told_at": paid_at,
        "version": 1,
        "member": purchase.member,
        "status": "paid",
        "currency": "EUR",
        "placed_at": paid_at.isoformat(),
        "paid_at": paid_at.isoformat(),
        "lines": [
            {"id": str(place), "sku": purchase.order, "quantity": 1, "unit_price": price}
            for place, price in enumerate(purchase.prices, start=1)
        ],
    }
    if purchase.points:
        # A point pays a cent.
        fact["paid_with_points"] = purchase.points
        fact["redemptions"] = [f"pay-{purchase.order}"]
    return fact


def _changed(purchase: Purchase, on: On) -> Fact:
    """Return a purchase as it stands when goods have come back, or all of it was undone."""
    fact = _statement(purchase) | {"version": 2, "told_at": _at(on, 15)}
    for line in fact["lines"][: purchase.back]:
        line["refunded_quantity"] = 1
    return fact | {"status": "cancelled"} if purchase.cancelled else fact
