"""Weeks of a club in Berlin, invented: the more friends, the more each is worth."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

BERLIN = ZoneInfo("Europe/Berlin")
tell = Teller(BERLIN, "EUR")

HANNA: list[Fact] = [
    tell.joins("hanna", "2026-03-01 10:00", "Hanna Vogt", email="hanna.vogt@gmail.com"),
    tell.chooses("hanna", "HANNA-1", "2026-03-01 10:05"),
]

# One a day, the last of them on the day on which clocks go forward.
FRIENDS: list[Fact] = [
    tell.joins(f"friend-{number:02}", f"2026-03-{18 + number} 12:00", f"Friend {number}",
               referral_code="HANNA-1")
    for number in range(1, 12)
]  # fmt: skip

# Herself once more; and two whom somebody has looked at, and turns down.
DOUBTS: list[Fact] = [
    tell.joins("hanna-2", "2026-03-30 12:00", "H. V.", email="hannavogt+2@gmail.com",
               referral_code="HANNA-1"),
    tell.decides("reject", "friend-11", "2026-04-07 09:00", "Nobody lives there"),
    tell.decides("reject", "friend-10", "2026-04-08 09:00", "Nor there"),
]  # fmt: skip


def live_through_milestone_weeks() -> Iterator[Day]:
    """Yield the days on which a friend joins, or is looked at."""
    return days_of([*HANNA, *FRIENDS, *DOUBTS], BERLIN)
