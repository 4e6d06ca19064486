"""Three winters of flying out of Lisbon, invented: status earned, kept, and softly lost."""

from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

LISBON = ZoneInfo("Europe/Lisbon")
tell = Teller(LISBON, "EUR")


class Fare(NamedTuple):
    """So many segments, short or long, in business if it says so, at their price in cents."""

    segments: int
    haul: str
    price: int


def _ticket(
    member: str, ticket: str, wall: str, fare: Fare, *, flown: str = ""
) -> Iterator[Fact]:
    """Tell that a ticket was bought and, later, that it was flown."""
    line = {
        "id": "1",
        "sku": fare.haul.replace(" ", "-"),
        "categories": fare.haul.split(),
        "quantity": fare.segments,
        "unit_price": fare.price,
    }
    bought = tell.buys(member, ticket, wall, lines=[line])
    yield bought
    if flown:
        flown_at = tell.moment(flown)
        later = {"version": 2, "status": "fulfilled", "fulfilled_at": flown_at.isoformat()}
        yield bought | later | {"told_at": flown_at}


def _partner(member: str, flight: str, wall: str, status: int, *, told: str = "") -> Fact:
    return tell.does(member, "partner_flight", flight, wall, told=told, status=status)


# Gold by the last evening of 2023, and then hardly ever in the air: down by one step in
# February 2025, and by one more a year later.
BEATRIZ: list[Fact] = [
    tell.joins("beatriz", "2023-11-02 10:00", "Beatriz Almeida"),
    *_ticket("beatriz", "b-rio", "2023-11-02 10:00", Fare(2, "long business", 60000),
             flown="2023-11-20 08:00"),
    *_ticket("beatriz", "b-porto", "2023-11-25 12:00", Fare(4, "short", 7500),
             flown="2023-12-30 23:30"),
    *_ticket("beatriz", "b-madrid", "2024-05-01 09:00", Fare(2, "short", 10000),
             flown="2024-06-01 09:00"),
]  # fmt: skip

# Silver each year by what he carries over, and in the end by a flight of December that a
# partner reports in January.
CARLOS: list[Fact] = [
    tell.joins("carlos", "2023-11-05 10:00", "Carlos Pinto"),
    *_ticket("carlos", "c-boston", "2023-11-05 10:00", Fare(2, "long business", 80000),
             flown="2023-11-30 07:00"),
    *_ticket("carlos", "c-accra", "2024-08-10 10:00", Fare(1, "long", 50000),
             flown="2024-09-01 22:00"),
    *_ticket("carlos", "c-luanda", "2025-04-10 10:00", Fare(1, "long", 50000),
             flown="2025-05-05 22:00"),
    _partner("carlos", "c-partner", "2025-12-28 12:00", 60, told="2026-01-15 09:00"),
]  # fmt: skip

# Gold on the day on which clocks go forward, and half a gold carried on. What a partner
# reports in February of the last December undoes his fall.
DUARTE: list[Fact] = [
    tell.joins("duarte", "2024-02-29 10:00", "Duarte Nunes"),
    *_ticket("duarte", "d-lima", "2024-02-29 10:00", Fare(3, "long business", 70000),
             flown="2024-03-31 00:30"),
    *_ticket("duarte", "d-recife", "2025-02-10 10:00", Fare(2, "long", 40000),
             flown="2025-03-10 06:00"),
    *_ticket("duarte", "d-faro", "2025-06-01 10:00", Fare(2, "short", 6000),
             flown="2025-06-20 06:00"),
    _partner("duarte", "d-partner", "2025-12-31 23:59", 60, told="2026-02-10 09:00"),
]  # fmt: skip

# Half of what made her silver was refunded; she is back in the hour that comes twice. A
# ticket that she never uses never counts.
ELENA: list[Fact] = [
    tell.joins("elena", "2024-05-20 10:00", "Elena Rocha"),
    *_ticket("elena", "e-dakar", "2024-05-20 10:00", Fare(2, "long business", 45000),
             flown="2024-06-10 11:00"),
    tell.returns("e-dakar", "2024-07-01 15:00", {"1": 1}),
    *_ticket("elena", "e-natal", "2024-09-15 10:00", Fare(1, "long", 39000),
             flown="2024-10-27 01:30"),
    *_ticket("elena", "e-never", "2025-03-01 10:00", Fare(2, "long", 30000)),
]  # fmt: skip


def live_through_airline_years() -> Iterator[Day]:
    """Yield the days on which tickets are bought, flown, refunded or reported."""
    return days_of([*BEATRIZ, *CARLOS, *DUARTE, *ELENA], LISBON)
