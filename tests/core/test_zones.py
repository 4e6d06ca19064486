from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.zones import InvalidTimezone, first_reading, in_utc, parse_zone, reading

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Indiana/Knox"])
def test_a_zone_is_found_by_its_name(name: str):
    assert parse_zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "Europe", "Europe/Atlantis", "europe/berlin\0", "\ud800", "x" * 5000),
        *("/etc/passwd", "../../etc/passwd", "Europe/../Europe/Berlin", "localtime"),
        *(None, 1, ["UTC"]),
    ],
)
def test_what_names_no_zone_is_refused(name: object):
    with pytest.raises(InvalidTimezone) as refusal:
        parse_zone(name)

    assert refusal.value.code == "invalid_timezone"


def test_the_wall_shows_the_same_time_twice_when_the_clock_goes_back():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    wall = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001

    assert reading(first, BERLIN) == reading(second, BERLIN) == wall
    assert first_reading(wall, BERLIN) == first


def test_every_time_the_clock_jumps_over_is_the_moment_of_the_jump():
    jump = datetime(2026, 3, 29, 1, tzinfo=UTC)

    for minute, microsecond in [(0, 0), (0, 1), (30, 0), (59, 999_999)]:
        wall = datetime(2026, 3, 29, 2, minute, 0, microsecond)  # noqa: DTZ001
        assert first_reading(wall, BERLIN) == jump


def test_instants_come_back_in_utc():
    instant = datetime(2026, 5, 1, 12, tzinfo=BERLIN)

    assert in_utc(instant) == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert in_utc(instant).tzinfo is UTC


@pytest.mark.parametrize("look", [in_utc, lambda naive: reading(naive, BERLIN)])
def test_a_time_without_a_zone_is_no_instant(look):
    with pytest.raises(ValueError, match="no instant"):
        look(datetime(2026, 5, 1, 12))  # noqa: DTZ001
