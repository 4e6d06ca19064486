"""Years of membership at a stationer's, invented: what is earned in them, and what it brings.

What members pay is what the storefront makes of its prices by their discount.
"""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

BERLIN = ZoneInfo("Europe/Berlin")
tell = Teller(BERLIN, "EUR")


def _buys(
    member: str, order: str, wall: str, price: int, *, percent: int = 0, **body: Any
) -> Fact:
    """Tell an order of one thing at its price in cents, less the member's discount."""
    line = {
        "id": "1",
        "sku": order,
        "quantity": 1,
        "unit_price": price,
        "discount": price * percent // 100,
    }
    return tell.buys(member, order, wall, lines=[line], **body)


# Her years begin on 29 February, or on the 28th where there is none. Step by step up in
# the first, and step by step down in those after it.
GRETA: list[Fact] = [
    tell.joins("greta", "2024-02-29 10:00", "Greta Winkler"),
    _buys("greta", "notebooks", "2024-03-10 12:00", 15000),
    _buys("greta", "desk", "2024-03-31 03:30", 80000, percent=5),
    tell.does("greta", "review", "review-desk", "2024-05-01 18:00"),
    tell.does("greta", "review", "review-notebooks", "2024-05-01 18:05"),
    _buys("greta", "chair", "2025-06-01 15:00", 30000, percent=10),
]

# What tiers give does not lift; what he spends does not lower; what he sends back does.
# The last evening of his year makes up for it.
HUGO: list[Fact] = [
    tell.joins("hugo", "2024-01-10 09:00", "Hugo Brandt"),
    tell.buys("hugo", "press", "2024-01-12 11:00", 95000, 140000),
    _buys("hugo", "ink", "2024-02-02 16:00", 5000, percent=10),
    tell.does("hugo", "review", "review-press", "2024-02-03 20:00"),
    tell.redeems("hugo", "fifty_euros", "hugo-fifty", "2024-02-04 12:00"),
    tell.returns("press", "2024-02-05 10:00", {"2": 1}),
    _buys("hugo", "paper", "2024-08-15 13:00", 100000, percent=10),
    _buys("hugo", "frames", "2025-01-09 23:30", 60000, percent=10),
    tell.does("hugo", "review", "review-frames", "2025-03-01 08:00"),
]

# By writing alone. The review that keeps her was written on the last day of her second
# year, and told when it was over.
IDA: list[Fact] = [
    tell.joins("ida", "2024-06-15 17:00", "Ida Sommer"),
    *(
        tell.does("ida", "review", f"review-ida-{day}", f"2024-07-{day:02} 19:00")
        for day in range(1, 7)
    ),
    _buys("ida", "fountain-pen", "2025-07-20 14:00", 22500, percent=5),
    tell.does("ida", "review", "review-pen", "2025-09-09 21:00"),
    tell.does("ida", "review", "review-late", "2026-06-14 23:00", told="2026-06-16 09:00"),
]


def live_through_discount_years() -> Iterator[Day]:
    """Yield the days on which somebody writes, buys, or sends something back."""
    return days_of([*GRETA, *HUGO, *IDA], BERLIN)
