"""Two years of shopping in New York, invented: who becomes a VIP, and for how long."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

NEW_YORK = ZoneInfo("America/New_York")
tell = Teller(NEW_YORK, "USD")

# Exactly $500.00 is not enough; a card on the leap day is what was missing. She spends
# her points, falls a year later, and comes back on the day on which clocks go forward.
OLIVIA: list[Fact] = [
    tell.joins("olivia", "2024-01-15 12:00", "Olivia Reyes"),
    tell.buys("olivia", "boots", "2024-01-15 12:00", 32000),
    tell.buys("olivia", "bag", "2024-02-10 17:30", 18000),
    tell.buys("olivia", "card", "2024-02-29 09:15", 499),
    tell.buys("olivia", "socks", "2024-11-30 11:00", 6000),
    tell.redeems("olivia", "ten_dollars", "olivia-ten", "2024-12-01 20:00"),
    tell.buys("olivia", "parka", "2025-03-09 03:30", 45000),
]

# A cent over $500 in one order. The scarf comes back, and with it all that came of it;
# he has to spend beyond $500.00 again. A year later he has done so once more, and stays.
LIAM: list[Fact] = [
    tell.joins("liam", "2024-03-05 10:00", "Liam O'Connor"),
    tell.buys("liam", "coat", "2024-03-05 10:00", 45000, 5001),
    tell.buys("liam", "gloves", "2024-03-08 18:20", 4000),
    tell.returns("coat", "2024-03-12 13:00", {"2": 1}),
    tell.buys("liam", "polish", "2024-03-20 08:45", 1000),
    tell.buys("liam", "belt", "2024-04-02 16:10", 2500),
    tell.buys("liam", "gifts", "2024-12-24 15:00", 30000),
    tell.buys("liam", "jacket", "2025-02-14 12:30", 22000),
]

# The receipt that keeps her was written in Boston before her year was over, and told
# after it.
EMMA: list[Fact] = [
    tell.joins("emma", "2024-06-01 14:00", "Emma Castellano"),
    tell.buys("emma", "tent", "2024-06-01 14:00", 60000),
    tell.buys("emma", "skis", "2025-01-10 10:00", 48000),
    tell.buys("emma", "lamp", "2025-05-28 16:00", 3500, told="2025-06-05 09:00"),
]

# A VIP in the hour that comes twice, and no longer one when half of it comes back.
NOAH: list[Fact] = [
    tell.joins("noah", "2024-11-02 23:30", "Noah Whitfield"),
    tell.buys("noah", "kayak", "2024-11-02 23:30", 26000),
    tell.buys("noah", "paddle", "2024-11-03 01:30", 25000),
    tell.returns("paddle", "2025-12-01 10:00", {"1": 1}),
]

# She buys as a guest, and enrols with the same address nine days later.
AVA: list[Fact] = [
    tell.buys(None, "bike", "2024-07-01 11:00", 50001, guest={"email": "ava@example.com"}),
    tell.joins("ava", "2024-07-10 19:00", "Ava Lindholm", email="ava@example.com"),
]


def live_through_vip_years() -> Iterator[Day]:
    """Yield the days on which something happens in the shop."""
    return days_of([*OLIVIA, *LIAM, *EMMA, *NOAH, *AVA], NEW_YORK)
