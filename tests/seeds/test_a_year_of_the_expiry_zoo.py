"""A year and more at the zoo, against dates that plain Python counts."""

from calendar import monthrange
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.travel import move_clock
from loyalty.models import Entry
from seeds.program_files import program_file
from seeds.zoo_year import CHANGE, FEEDINGS, KEEPER, TREATS
from tests.factories import balance_of
from tests.proof import prove
from tests.seeds.living import live_through, member_of

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
CHANGED_AT = datetime.fromisoformat(CHANGE)
PORTION = 10


def instant(wall):
    """Return a time of the wall, the first if it comes twice, in UTC."""
    return wall.replace(tzinfo=BERLIN).astimezone(UTC)


def months_later(wall, months):
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    day = min(wall.day, monthrange(year, month + 1)[1])
    return wall.replace(year=year, month=month + 1, day=day)


def midnight(day):
    return datetime.combine(day, time.min)


def next_day(wall):
    return midnight(wall.date() + timedelta(days=1))


def end_of_months(wall, count):
    """Return the end of the month, quarter, half-year or year (count: 12) of a time."""
    first = (wall.month - 1) // count * count + 1
    return months_later(midnight(date(wall.year, first, 1)), count)


def next_listed(wall, *, at_least=0):
    ends = [midnight(date(year, month, 1)) for year in range(2024, 2027) for month in (1, 7)]
    earliest = wall + timedelta(days=at_least)
    return min(end for end in ends if end > wall and end >= earliest)


def kept(wall):
    return months_later(wall, 3 if wall < CHANGED_AT else 9)


def extended(wall):
    own = kept(wall)
    is_old = wall < CHANGED_AT < own
    return max(own, months_later(CHANGED_AT, 9)) if is_old else own


# When what was fed at a time of the wall is gone.
GONE = {
    "a_month": lambda wall: months_later(wall, 1),
    "to_day": lambda wall: next_day(months_later(wall, 1)),
    "to_month": lambda wall: end_of_months(months_later(wall, 1), 1),
    "to_quarter": lambda wall: end_of_months(wall + timedelta(days=45), 3),
    "to_half_year": lambda wall: end_of_months(months_later(wall, 3), 6),
    "to_year": lambda wall: end_of_months(months_later(wall, 6), 12),
    "on_dates": next_listed,
    "on_later_dates": lambda wall: next_listed(wall, at_least=20),
    "by_rule": lambda wall: months_later(wall, 3),
    "kept": kept,
    "extended": extended,
}

# Two months after the last activity; feedings and visits kept them until then. In the
# second half of the year ten were paid for the photograph, which counts as well.
WHILE_ACTIVE = {"2024-06-30 18:00": 40, "2024-12-31 08:00": 30, "2025-02-28 23:59": 10}


def expected():
    """Return how many points of which type expire when."""
    gone = Counter()
    for point_type, ends in GONE.items():
        for fed in FEEDINGS:
            gone[point_type, instant(ends(datetime.fromisoformat(fed)))] += PORTION
    for treat in TREATS:
        ends_at = datetime.fromisoformat(treat) + timedelta(days=10)
        gone["by_rule", instant(ends_at)] += PORTION
    for ends_at, points in WHILE_ACTIVE.items():
        gone["while_active", instant(datetime.fromisoformat(ends_at))] = points
    return gone


def written(program):
    """Return how many points of which type have expired when."""
    rows = Entry.objects.filter(program=program, kind="expire")
    columns = rows.values_list("wallet__point_type__code", "occurred_at", "available")
    gone = Counter()
    for code, at, points in columns:
        gone[code, at] -= points
    return gone


def test_all_points_expire_when_the_calendar_says():
    program = live_through("expiry_zoo")
    move_clock(program=program, to=datetime(2026, 1, 2, tzinfo=UTC))

    assert written(program) == expected()

    left = balance_of(member_of(program, KEEPER), "never").available
    kept_by_rule = balance_of(member_of(program, KEEPER), "by_rule").available
    assert (left, kept_by_rule) == (PORTION * len(FEEDINGS), PORTION)
    prove(program)


def test_a_reader_sees_the_same_a_year_ahead_though_nothing_was_written():
    program = live_through("expiry_zoo")
    noah = member_of(program, KEEPER)

    for (point_type, ends_at), points in expected().items():
        if ends_at > program.now():
            before = balance_of(noah, point_type, at=ends_at - timedelta(seconds=1))
            after = balance_of(noah, point_type, at=ends_at)
            assert before.available - after.available == points, (point_type, ends_at)


def test_the_file_from_july_on_changes_two_policies_and_nothing_else():
    first, second = (program_file(name).data for name in ("expiry_zoo", "expiry_zoo_from_july"))

    changed = {"kept": {"after": "9 months"}}
    changed["extended"] = {"after": "9 months", "existing": "from_change"}
    policies = {code: {"expiry": expiry} for code, expiry in changed.items()}

    assert second == first | {"point_types": first["point_types"] | policies}
