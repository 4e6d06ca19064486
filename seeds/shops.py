"""The ready-made programs that `manage.py seed` knows, each with facts to live on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.program_file import ProgramFile, read_program
from seeds.coffee_week import live_through_week
from seeds.contents import Expect
from seeds.data_summary import DataSummary
from seeds.days import Day
from seeds.online_retail import SHIPPED_QUARTER, read_days
from seeds.recompute import expected_points

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Shop:
    """A program file, and the days that are replayed on it.

    `orders` is the file that its days are read from, if there is one; `expect`
    works out a second time what its orders should earn.
    """

    name: str
    about: str
    read: Callable[[Path, DataSummary], Iterator[Day]]
    orders: Path | None = None
    expect: Expect | None = None

    def program_file(self) -> ProgramFile:
        path = PROGRAMS / f"{self.name}.yaml"
        return read_program(path.read_bytes(), name=path.name)


def _invented_week(_path: Path, _summary: DataSummary) -> Iterator[Day]:
    return live_through_week()


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
            about="a café with points and stamps, and one week of its regulars",
            read=_invented_week,
        ),
    )
}
