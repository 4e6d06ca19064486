"""The wall clock of a time zone, which skips and repeats itself.

Of a wall time that comes twice the first counts; for one that never comes, the
moment at which the clock jumped over it.
"""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import DomainError


class InvalidTimezone(DomainError):
    """There is no such time zone."""

    code = "invalid_timezone"


def parse_zone(name: object) -> ZoneInfo:
    """Return the time zone of a name such as "Europe/Berlin".

    :raises InvalidTimezone: if there is none; "localtime" is another one on every
        machine, and so none
    """
    try:
        if isinstance(name, str) and name != "localtime":
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # names fail in many ways: unknown, a folder, too long, with a NUL
    raise InvalidTimezone(f"{name!r:.60} is not a time zone.")


def in_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC."""
    if instant.tzinfo is None:
        raise ValueError("a time without a zone is no instant")
    return instant.astimezone(UTC)


def written(instant: datetime) -> str:
    """Return an instant as answers and messages have it: RFC 3339, with a Z."""
    return in_utc(instant).isoformat().replace("+00:00", "Z")


def reading(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock on the wall shows at `instant` (without a zone)."""
    if instant.tzinfo is None:
        raise ValueError("a time without a zone is no instant")
    local = instant.astimezone(zone)
    # Ten times as fast as replace(tzinfo=None), and asked for with every order.
    wall = datetime.combine(local.date(), local.time())
    return wall.replace(fold=0) if wall.fold else wall


def first_reading(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant (UTC) at which the clock shows `wall` or later."""
    before = cast(timedelta, zone.utcoffset(wall))
    after = cast(timedelta, zone.utcoffset(wall.replace(fold=1)))
    if after <= before:
        wall -= before
        return datetime.combine(wall.date(), wall.time(), UTC)
    return _jump(wall.replace(microsecond=0), (before, after), zone)


def _jump(wall: datetime, gap: tuple[timedelta, timedelta], zone: ZoneInfo) -> datetime:
    """Return the instant, a whole second, at which the clock jumps over `wall`.

    `gap` has the offsets before and after.
    """
    before, after = gap
    earliest = (wall - after).replace(tzinfo=UTC)

    def shown_after(seconds: int) -> datetime:
        return reading(earliest + timedelta(seconds=seconds), zone)

    seconds = range(int((after - before).total_seconds()) + 1)
    return earliest + timedelta(seconds=bisect_left(seconds, wall, key=shown_after))
