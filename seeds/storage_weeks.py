"""Weeks of a service that stores files, invented: more room for each friend, up to a limit."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
FRIENDS = 33
tell = Teller(LOS_ANGELES, "USD")

VERA: list[Fact] = [
    tell.joins("vera", "2025-03-01 09:00", "Vera Lindt"),
    tell.chooses("vera", "VERA-BOX", "2025-03-01 09:05"),
]


def _date(number: int) -> str:
    """Return a day for each friend: 2 March for the first, 3 April for the last."""
    month, day = (3, number + 1) if number <= 30 else (4, number - 30)
    return f"2025-{month:02}-{day:02}"


def _friend(number: int) -> Iterator[Fact]:
    name, on = f"friend-{number:02}", _date(number)
    yield tell.joins(name, f"{on} 12:00", f"Friend {number}", referral_code="VERA-BOX")
    # Storing is told each time that somebody does it; the first time is what counts.
    for place in (1, 2, 3) if number == 7 else (1,):
        yield tell.does(name, "first_file", f"{name}-file-{place}", f"{on} 12:0{place}")


# A friend of a friend, who stores nothing for three weeks; and one who never does.
WIM: list[Fact] = [
    tell.chooses("friend-05", "WIM-BOX", "2025-04-10 09:00"),
    tell.joins("xena", "2025-04-10 12:00", "Xena Ward", referral_code="WIM-BOX"),
    tell.joins("yara", "2025-04-11 12:00", "Yara Holt", referral_code="WIM-BOX"),
    tell.does("xena", "first_file", "xena-file-1", "2025-05-01 12:00"),
]


def live_through_storage_weeks() -> Iterator[Day]:
    """Yield the days on which somebody joins, or stores a file."""
    friends = [fact for number in range(1, FRIENDS + 1) for fact in _friend(number)]
    return days_of([*VERA, *friends, *WIM], LOS_ANGELES)
