"""Who has something to celebrate, and when."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.db.models import Min, Q, QuerySet

from core.periods import local_midnight
from loyalty.models import Member
from loyalty.queries.setup import Setup
from loyalty.rules.celebrations import Celebration, celebrations, codes_kept_on

# By which column those are found who celebrate, by what they celebrate.
COLUMNS = {"birthday": "born_on", "anniversary": "joined_on"}

ONE_DAY = timedelta(days=1)


def due_celebrations(
    setup: Setup, member: Member, *, until: datetime, after: datetime | None = None
) -> list[Celebration]:
    """Return what a member has to celebrate by `until` and nobody has stated, oldest first.

    Only what some rule listened to at its moment. Asks the member's row alone, so
    that any fact may ask; `after` is how far it was stated, where not as noted.
    """
    stated = after or member.celebrated_until
    if stated is None or stated >= until or not setup.celebrated:
        return []
    found = [
        celebration
        for kind in setup.celebrated
        for celebration in _of(setup, member, kind, stated, until)
        if setup.listens_at(kind, celebration.at)
    ]
    return sorted(found, key=lambda one: one.at)


def _of(
    setup: Setup, member: Member, kind: str, after: datetime, until: datetime
) -> Iterator[Celebration]:
    zone = zone_of(member.timezone, setup)
    day = member.birthday
    if kind == "anniversary":
        day = member.joined_at.astimezone(zone).date()
    if day is None:
        return iter(())
    return celebrations(kind, day, zone=zone, leap_day=setup.leap_day, after=after, until=until)


def zone_of(timezone: str, setup: Setup) -> ZoneInfo:
    """Return the zone whose midnights a member lives by."""
    return ZoneInfo(timezone) if timezone else setup.zone


def next_midnight(setup: Setup, *, after: datetime, until: datetime) -> datetime | None:
    """Return when somebody celebrates next, later than `after` and by `until`, if at all.

    It may be a moment too many, when all who have that day were asked before. Costs
    nothing but for the minutes in which a new day begins somewhere.
    """
    begun = _days_begun(setup, after, until)
    if not begun:
        return None
    codes = _codes(setup, [day for days in begun.values() for day in days])
    zones = _celebrating(setup, codes).filter(timezone__in=begun)
    moments = [
        local_midnight(day, zone_of(name, setup))
        for name in zones.values_list("timezone", flat=True).distinct()
        for day in begun[name]
    ]
    return min((at for at in moments if after < at <= until), default=None)


def quiet_until(setup: Setup, *, after: datetime, until: datetime) -> datetime:
    """Return up to when surely nobody celebrates: `after` or later, `until` at most.

    One look at all days of the year, for a job that has days to catch up with.
    """
    day = after.astimezone(setup.zone).date()
    if until <= local_midnight(day + ONE_DAY, setup.zone):
        return after
    kept: set[int | None] = set()
    members = Member.objects.filter(program_id=setup.program_id)
    for kind in setup.celebrated:
        kept.update(members.values_list(COLUMNS[kind], flat=True).distinct())
    # Elsewhere it may be another date by two.
    around = range(-2, 4)
    while not any(kept & codes_kept_on(day + n * ONE_DAY, setup.leap_day) for n in around):
        day += ONE_DAY
        after = local_midnight(day, setup.zone)
        if after >= until:
            return until
    return after


def oldest_to_celebrate(setup: Setup) -> datetime | None:
    """Return since when somebody may have had something to celebrate."""
    members = Member.objects.filter(program_id=setup.program_id)
    since: datetime | None = members.aggregate(since=Min("celebrated_until"))["since"]
    return since


def celebrating_members(
    setup: Setup, *, at: datetime, after_id: int, most: int
) -> list[Member]:
    """Return the next members for whom the day that begins at `at` may be theirs, by id."""
    begun = _days_begun(setup, at - timedelta(microseconds=1), at)
    codes = _codes(setup, [day for days in begun.values() for day in days])
    members = _celebrating(setup, codes).filter(timezone__in=begun, pk__gt=after_id)
    return list(members.order_by("pk")[:most])


def _celebrating(setup: Setup, codes: set[int]) -> QuerySet[Member]:
    wanted = Q()
    for kind in setup.celebrated:
        wanted |= Q(**{f"{COLUMNS[kind]}__in": codes})
    return Member.objects.filter(wanted, program_id=setup.program_id)


def _codes(setup: Setup, days: Sequence[date]) -> set[int]:
    return {code for day in set(days) for code in codes_kept_on(day, setup.leap_day)}


def _days_begun(setup: Setup, after: datetime, until: datetime) -> Mapping[str, list[date]]:
    """Return the dates that begin in (after, until], by zone; "" is the program's own."""
    zones = {"": setup.zone, **_zones()}
    begun = {}
    for name, zone in zones.items():
        last, first = until.astimezone(zone).date(), after.astimezone(zone).date()
        if last > first:
            days = range(1, (last - first).days + 1)
            begun[name] = [first + days_on * ONE_DAY for days_on in days]
    return begun


@cache
def _zones() -> dict[str, ZoneInfo]:
    return {name: ZoneInfo(name) for name in sorted(available_timezones())}
