"""The leap year 2024 at the expiry zoo, invented: Noah comes by, feeds, and pays once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of

BERLIN = ZoneInfo("Europe/Berlin")
KEEPER = "noah"

# Each brings ten points of every kind. Local times.
FEEDINGS = (
    "2024-01-01 00:00:00",  # the first moment of a year
    "2024-01-31 10:00:00",  # February has no such day
    "2024-02-29 12:30:00",
    "2024-04-30 18:00:00",
    "2024-06-30 23:59:59",  # the last second of a half-year
    "2024-07-15 09:00:00",
    "2024-09-27 02:30:00",  # a month later this time comes twice
    "2024-10-31 08:00:00",
    "2024-12-31 23:59:00",
)
# Ten points that live by rules of their own.
TREATS = ("2024-03-25 16:00:00",)  # over the day on which clocks go forward
KEEPSAKES = ("2024-05-01 16:00:00",)
# Visits without a feeding, and a photograph for ten points that live by activity.
VISITS = ("2024-04-20 14:00:00", "2024-07-01 15:00:00")
PHOTOGRAPH = "2024-08-20 12:00:00"
# When the changed program file is loaded.
CHANGE = "2024-07-01 12:00:00"


def live_through_zoo_year() -> Iterator[Day]:
    """Yield the days on which something happens at the zoo."""
    enrolment = {"joined_at": moment(FEEDINGS[0]).isoformat(), "name": "Noah Okafor"}
    redemption = {"member": KEEPER, "reward": "photo", "capture": True}
    facts = [
        _told("member", KEEPER, FEEDINGS[0], enrolment),
        *_events("feeding", FEEDINGS),
        *_events("treat", TREATS),
        *_events("keepsake", KEEPSAKES),
        *_events("visit", VISITS),
        _told("redemption", "photo-1", PHOTOGRAPH, redemption),
        _told("program", "expiry_zoo_from_july", CHANGE, {}),
    ]
    return days_of(facts, BERLIN)


def moment(wall: str) -> datetime:
    """Return a local time, in UTC."""
    return datetime.fromisoformat(wall).replace(tzinfo=BERLIN).astimezone(UTC)


def _events(kind: str, walls: tuple[str, ...]) -> Iterator[Fact]:
    for number, wall in enumerate(walls, start=1):
        body = {"type": kind, "member": KEEPER, "occurred_at": moment(wall).isoformat()}
        yield _told("event", f"{kind}-{number}", wall, body)


def _told(kind: str, name: str, wall: str, body: Fact) -> Fact:
    return {"kind": kind, "id": name, "told_at": moment(wall)} | body
