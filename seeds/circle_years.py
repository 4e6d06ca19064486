"""Two years of a label's orders, invented: who is let in, by orders, by money or by hand."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

SYDNEY = ZoneInfo("Australia/Sydney")
tell = Teller(SYDNEY, "AUD")

# In by her third order, in the hour that comes twice; out again when one of the three came
# back as a whole, and in once more. An order of which something is left is an order. She
# buys at the launch, rises to the inner circle, and a year later is back by one.
ZOE: list[Fact] = [
    tell.joins("zoe", "2024-01-20 10:00", "Zoe Marshall"),
    tell.buys("zoe", "z-1", "2024-01-20 10:00", 9000, 6000),
    tell.buys("zoe", "z-2", "2024-02-29 10:00", 12000),
    tell.buys("zoe", "z-3", "2024-04-07 02:30", 8000),
    tell.returns("z-2", "2024-04-20 16:00", {"1": 1}),
    tell.returns("z-1", "2024-04-25 16:00", {"2": 1}),
    tell.buys("zoe", "z-4", "2024-05-05 19:00", 5000),
    tell.redeems("zoe", "sample_box", "z-box", "2024-08-02 09:00"),
    tell.buys("zoe", "z-5", "2024-08-01 19:00", 11000),
    tell.buys("zoe", "z-6", "2024-09-01 19:00", 4000),
    tell.buys("zoe", "z-7", "2024-10-06 10:00", 18000),
    tell.buys("zoe", "z-8", "2024-11-01 19:00", 3000),
    tell.buys("zoe", "z-9", "2024-12-01 19:00", 7000),
    tell.buys("zoe", "z-10", "2025-03-01 19:00", 6000),
    tell.buys("zoe", "z-11", "2025-06-03 09:00", 25000),
    tell.buys("zoe", "z-12", "2025-09-09 19:00", 5000),
]

# A photographer who is let in by hand for as long as she works on the lookbook.
MIA: list[Fact] = [
    tell.joins("mia", "2024-03-20 10:00", "Mia Novak"),
    tell.buys("mia", "m-1", "2024-03-20 10:00", 4000),
    {
        "kind": "tier",
        "id": "mia-insider",
        "told_at": tell.moment("2024-04-10 09:00"),
        "member": "mia",
        "ladder": "circle",
        "tier": "insider",
        "until": tell.moment("2024-07-01 00:00"),
        "reason": "Shoots the winter lookbook",
    },
    tell.buys("mia", "m-2", "2024-04-10 11:00", 3000),
]

# A patron by two large orders, and for ever, although one of them comes back.
FINN: list[Fact] = [
    tell.joins("finn", "2024-03-15 10:00", "Finn Gallagher"),
    tell.buys("finn", "f-1", "2024-03-15 10:00", 150000),
    tell.buys("finn", "f-2", "2024-08-20 10:00", 60000),
    tell.returns("f-2", "2024-09-01 12:00", {"1": 1}),
]

# In by the last minute of June. A year later the order that keeps her in is told late: it
# was taken at a market stall without a network.
RUBY: list[Fact] = [
    tell.joins("ruby", "2024-05-11 10:00", "Ruby Tran"),
    tell.buys("ruby", "r-1", "2024-05-11 10:00", 5000),
    tell.buys("ruby", "r-2", "2024-06-01 10:00", 5000),
    tell.buys("ruby", "r-3", "2024-06-30 23:59", 5000),
    tell.buys("ruby", "r-4", "2024-12-10 10:00", 5000),
    tell.buys("ruby", "r-5", "2025-02-10 10:00", 5000),
    tell.buys("ruby", "r-6", "2025-06-29 13:00", 5000, told="2025-07-03 08:00"),
]


def live_through_circle_years() -> Iterator[Day]:
    """Yield the days on which somebody buys, sends something back, or is let in."""
    return days_of([*ZOE, *MIA, *FINN, *RUBY], SYDNEY)
