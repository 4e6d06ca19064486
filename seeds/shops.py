"""The ready-made programs that `manage.py seed` knows, each with facts to live on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.program_file import ProgramFile
from seeds.airline_years import live_through_airline_years
from seeds.bank_year import live_through_bank_year
from seeds.circle_years import live_through_circle_years
from seeds.coffee_weeks import live_through_weeks
from seeds.contents import Expect
from seeds.data_summary import DataSummary
from seeds.days import Day
from seeds.discount_years import live_through_discount_years
from seeds.milestone_weeks import live_through_milestone_weeks
from seeds.one_sided_months import live_through_one_sided_months
from seeds.online_retail import SHIPPED_QUARTER, read_days
from seeds.program_files import program_file
from seeds.recompute import expected_points
from seeds.storage_weeks import live_through_storage_weeks
from seeds.two_sided_months import live_through_two_sided_months
from seeds.vip_years import live_through_vip_years
from seeds.zoo_year import live_through_zoo_year

# How the days of a shop come about, from a file of orders if there is one.
Read = Callable[[Path, DataSummary], Iterator[Day]]


@dataclass(frozen=True)
class Shop:
    """A program file, and the days that are replayed on it.

    `orders` is the file that its days are read from, if there is one; `expect`
    works out a second time what its orders should earn.
    """

    name: str
    about: str
    read: Read
    orders: Path | None = None
    expect: Expect | None = None

    def program_file(self) -> ProgramFile:
        return program_file(self.name)


def _invented(
    days: Callable[[], Iterator[Day]],
) -> Callable[[Path, DataSummary], Iterator[Day]]:
    def read(_path: Path, _summary: DataSummary) -> Iterator[Day]:
        return days()

    return read


SHOPS = {
    shop.name: shop
    for shop in (
        Shop(
            name="gift_shop",
            about="the real orders of a British shop, December 2010 to February 2011",
            read=read_days,
            orders=SHIPPED_QUARTER,
            expect=expected_points,
        ),
        Shop(
            name="coffee_shop",
            about="a café: five weeks of its regulars, ten stamps for a free drink",
            read=_invented(live_through_weeks),
        ),
        Shop(
            name="bank_points",
            about="points that pay at the checkout, and a year of cards in use",
            read=_invented(live_through_bank_year),
        ),
        Shop(
            name="expiry_zoo",
            about="every way for points to expire, and a year in which they do",
            read=_invented(live_through_zoo_year),
        ),
        Shop(
            name="vip_500",
            about="over $500 in twelve months makes a VIP: two years of five customers",
            read=_invented(live_through_vip_years),
        ),
        Shop(
            name="discount_ladder",
            about="points for orders and reviews, bigger discounts for more of them",
            read=_invented(live_through_discount_years),
        ),
        Shop(
            name="airline",
            about="status points by calendar year, a month of grace and a soft landing",
            read=_invented(live_through_airline_years),
        ),
        Shop(
            name="members_only",
            about="a vault, early launches and a chat for those who are let in",
            read=_invented(live_through_circle_years),
        ),
        Shop(
            name="two_sided",
            about="$10 for you, half off for your friend: half a year of a teapot shop",
            read=_invented(live_through_two_sided_months),
        ),
        Shop(
            name="one_sided",
            about="two points for every dollar of a friend's order, five friends a month",
            read=_invented(live_through_one_sided_months),
        ),
        Shop(
            name="storage",
            about="500 MB for both when a friend stores a file, up to 16 GB",
            read=_invented(live_through_storage_weeks),
        ),
        Shop(
            name="milestones",
            about="points for each friend, more at the third and tenth, a box for every fifth",
            read=_invented(live_through_milestone_weeks),
        ),
    )
}
