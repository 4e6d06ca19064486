"""Two months of a bookshop, invented: one reader whose friends all follow his advice."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

NEW_YORK = ZoneInfo("America/New_York")
CODE = "THEO-READS"
tell = Teller(NEW_YORK, "USD")

THEO: list[Fact] = [
    tell.joins("theo", "2024-11-01 09:00", "Theo Marsh"),
    tell.chooses("theo", CODE, "2024-11-01 09:10"),
    tell.buys("theo", "own", "2024-12-20 12:00", 1800),
]

# Fractions of points are dropped; the hour of the second one comes twice.
NOVEMBER: list[Fact] = [
    tell.joins("uma", "2024-11-02 23:00", "Uma Reddy", referral_code=CODE),
    tell.buys("uma", "u-1", "2024-11-02 23:30", 1299),
    tell.joins("vik", "2024-11-03 01:00", "Vik Larsen", referral_code=CODE),
    tell.buys("vik", "v-1", "2024-11-03 01:30", 10000),
]

# A cent is missing. Here the next order is as good as the first.
WES: list[Fact] = [
    tell.joins("wes", "2024-11-10 12:00", "Wes Amari", referral_code=CODE),
    tell.buys("wes", "w-1", "2024-11-10 12:05", 999),
    tell.buys("wes", "w-2", "2024-11-12 12:00", 1000),
]

# What comes back is the shop's loss: what was given is kept.
XIA: list[Fact] = [
    tell.joins("xia", "2024-11-15 12:00", "Xia Chen", referral_code=CODE),
    tell.buys("xia", "x-1", "2024-11-15 12:05", 5000),
    tell.returns("x-1", "2024-11-20 12:00", {"1": 1}),
]

# The fifth of November; on its last evening one for whom nothing is to be had any more;
# and the first of December.
AROUND_THE_CAP: list[Fact] = [
    tell.joins("yan", "2024-11-20 18:00", "Yan Novak", referral_code=CODE),
    tell.buys("yan", "y-1", "2024-11-20 18:05", 3000),
    tell.joins("zed", "2024-11-30 23:00", "Zed Ferrer", referral_code=CODE),
    tell.buys("zed", "z-1", "2024-11-30 23:30", 4000),
    tell.joins("amy", "2024-12-01 00:15", "Amy Stone", referral_code=CODE),
    tell.buys("amy", "a-1", "2024-12-01 00:30", 4000),
]

# Two on one tablet. The score is kept, to see what it is good for, and nothing comes of it.
ON_ONE_TABLET: list[Fact] = [
    fact
    for name, day in (("sam", 5), ("joe", 6))
    for fact in (
        tell.follows(name, CODE, f"2024-12-0{day} 10:00",
                     email=f"{name}@example.com", device="tablet"),
        tell.joins(name, f"2024-12-0{day} 10:05", name.title(), email=f"{name}@example.com"),
        tell.buys(name, f"{name}-1", f"2024-12-0{day} 10:10", 2500),
    )
]  # fmt: skip


def live_through_one_sided_months() -> Iterator[Day]:
    """Yield the days on which a friend comes or buys."""
    return days_of([*THEO, *NOVEMBER, *WES, *XIA, *AROUND_THE_CAP, *ON_ONE_TABLET], NEW_YORK)
