from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.periods import (
    ALWAYS,
    CALENDAR_UNITS,
    MonthDay,
    Period,
    Window,
    calendar_window,
    end_of,
    local_midnight,
    rolling_window,
    start_of,
    window_of,
    yearly_date,
    yearly_window,
)

TICK = timedelta(microseconds=1)
BERLIN = ZoneInfo("Europe/Berlin")
LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")
HAVANA = ZoneInfo("America/Havana")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
ST_JOHNS = ZoneInfo("America/St_Johns")
KOLKATA = ZoneInfo("Asia/Kolkata")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def in_berlin(text: str) -> datetime:
    """Return a wall time of Berlin that comes exactly once."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


# Boundaries


@pytest.mark.parametrize(
    ("unit", "start", "end"),
    [
        ("hour", "2026-08-13T15:00", "2026-08-13T16:00"),
        ("day", "2026-08-13", "2026-08-14"),
        ("week", "2026-08-10", "2026-08-17"),
        ("month", "2026-08-01", "2026-09-01"),
        ("quarter", "2026-07-01", "2026-10-01"),
        ("half_year", "2026-07-01", "2027-01-01"),
        ("year", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_unit_runs_from_its_first_instant_to_that_of_the_next(
    unit: str, start: str, end: str
):
    thursday = in_berlin("2026-08-13T15:37:42.123456")
    window = Window(in_berlin(start), in_berlin(end))

    assert start_of(unit, thursday, BERLIN) == window.start
    assert end_of(unit, thursday, BERLIN) == window.end
    assert calendar_window(unit, window.start, BERLIN) == window
    assert calendar_window(unit, window.end - TICK, BERLIN) == window


@pytest.mark.parametrize(
    ("zone", "day", "midnight"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00Z"),  # 00:00 -> 01:00
        ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00Z"),  # 00:00 -> 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00Z"),  # 01:00 -> 00:00
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z"),  # did not exist
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: str, midnight: str):
    assert local_midnight(date.fromisoformat(day), ZoneInfo(zone)) == at(midnight)


def test_a_day_without_midnight_begins_and_ends_with_its_instants():
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    noon = at("2018-11-04T12:00-02:00")

    assert calendar_window("day", noon, sao_paulo) == Window(
        at("2018-11-04T03:00Z"), at("2018-11-05T02:00Z")
    )


def test_a_day_on_which_midnight_comes_twice_has_both():
    second = at("2026-11-01T05:00Z")

    assert calendar_window("day", second, HAVANA) == Window(
        at("2026-11-01T04:00Z"), at("2026-11-02T05:00Z")
    )


def test_a_clock_that_goes_back_over_midnight_does_not_return_to_yesterday():
    # At 00:01 on the 7th the clocks of St. John's went back to 23:01 on the 6th.
    yesterday_again = at("2010-11-07T02:45Z")

    assert calendar_window("day", yesterday_again, ST_JOHNS) == Window(
        at("2010-11-07T02:30Z"), at("2010-11-08T03:30Z")
    )


def test_the_day_before_one_that_was_left_out_ends_where_the_next_begins():
    the_jump = at("2011-12-30T10:00Z")

    assert end_of("day", at("2011-12-29T22:00-10:00"), APIA) == the_jump
    assert start_of("day", at("2011-12-31T22:00+14:00"), APIA) == the_jump


@pytest.mark.parametrize(("first", "second"), [("00:10", "01:10"), ("00:59", "01:00")])
def test_the_hour_that_comes_twice_is_two_hours(first: str, second: str):
    in_first, in_second = at(f"2026-10-25T{first}Z"), at(f"2026-10-25T{second}Z")

    assert calendar_window("hour", in_first, BERLIN) == Window(
        at("2026-10-25T00:00Z"), at("2026-10-25T01:00Z")
    )
    assert calendar_window("hour", in_second, BERLIN) == Window(
        at("2026-10-25T01:00Z"), at("2026-10-25T02:00Z")
    )


def test_an_hour_follows_the_wall_clock_of_its_zone():
    assert calendar_window("hour", at("2026-05-01T10:15+05:30"), KOLKATA) == Window(
        at("2026-05-01T10:00+05:30"), at("2026-05-01T11:00+05:30")
    )


def test_half_an_hour_that_comes_twice_belongs_to_one_hour():
    # At 02:00 summer time the clocks of Lord Howe Island go back to 01:30.
    long_hour = Window(at("2026-04-04T14:00Z"), at("2026-04-04T15:30Z"))

    for instant in (long_hour.start, at("2026-04-04T15:10Z"), long_hour.end - TICK):
        assert calendar_window("hour", instant, LORD_HOWE) == long_hour


def test_an_instant_may_come_in_any_zone():
    instant = in_berlin("2026-08-13T15:37")

    assert start_of("day", instant.astimezone(NEW_YORK), BERLIN) == start_of(
        "day", instant, BERLIN
    )


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="fortnight"):
        start_of("fortnight", at("2026-05-01T12:00Z"), BERLIN)


@pytest.mark.parametrize("unit", CALENDAR_UNITS)
def test_a_time_without_a_zone_is_refused(unit: str):
    with pytest.raises(ValueError, match="no instant"):
        start_of(unit, datetime(2026, 5, 1), BERLIN)  # noqa: DTZ001


# Windows


@pytest.mark.parametrize("unit", CALENDAR_UNITS)
def test_a_calendar_window_is_the_unit_around_the_instant(unit: str):
    instant = in_berlin("2026-08-13T15:37:42")

    assert window_of(unit, "calendar", instant, BERLIN) == Window(
        start_of(unit, instant, BERLIN), end_of(unit, instant, BERLIN)
    )


@pytest.mark.parametrize(
    ("per", "before"),
    [
        ("hour", "2026-08-31T11:00"),
        ("day", "2026-08-30T12:00"),
        ("week", "2026-08-24T12:00"),
        ("month", "2026-07-31T12:00"),
        ("quarter", "2026-05-31T12:00"),
        ("half_year", "2026-02-28T12:00"),
        ("year", "2025-08-31T12:00"),
    ],
)
def test_a_rolling_window_has_the_instant_but_not_the_one_a_period_before(
    per: str, before: str
):
    instant = in_berlin("2026-08-31T12:00")
    window = window_of(per, "rolling", instant, BERLIN)

    assert instant in window
    assert instant + TICK not in window
    assert in_berlin(before) not in window
    assert in_berlin(before) + TICK in window


def test_a_rolling_day_has_its_instant_even_after_a_day_that_was_left_out():
    the_jump = at("2011-12-30T10:00Z")

    window = window_of("day", "rolling", the_jump, APIA)

    assert window == Window(the_jump, the_jump + TICK)


def test_a_rolling_window_can_have_any_length():
    instant = in_berlin("2026-08-31T12:00")
    window = rolling_window(Period(18, "month"), instant, BERLIN)

    assert window.start == in_berlin("2025-02-28T12:00") + TICK


@pytest.mark.parametrize("kind", ["calendar", "rolling"])
def test_the_window_of_a_lifetime_has_every_instant(kind: str):
    window = window_of("lifetime", kind, in_berlin("2026-08-31T12:00"), BERLIN)

    assert window == ALWAYS
    assert datetime.min.replace(tzinfo=UTC) in window
    assert at("9999-12-31T23:59Z") in window


@pytest.mark.parametrize(
    ("per", "kind"), [("fact", "calendar"), ("day", "tumbling"), ("fact", "rolling")]
)
def test_an_unknown_window_is_refused(per: str, kind: str):
    with pytest.raises(ValueError, match="window"):
        window_of(per, kind, at("2026-05-01T12:00Z"), BERLIN)


def test_a_fiscal_year_begins_at_local_midnight():
    sixth_of_april = at("2026-04-05T23:00Z")

    year = yearly_window(MonthDay(4, 6), sixth_of_april - TICK, LONDON)
    next_year = yearly_window(MonthDay(4, 6), sixth_of_april, LONDON)

    assert year == Window(at("2025-04-05T23:00Z"), sixth_of_april)
    assert next_year == Window(sixth_of_april, at("2027-04-05T23:00Z"))


@pytest.mark.parametrize(
    ("leap_day", "start", "end"),
    [
        ("feb_28", "2026-02-28", "2027-02-28"),
        ("mar_1", "2026-03-01", "2027-03-01"),
    ],
)
def test_a_year_of_membership_from_29_february_begins_by_setting(
    leap_day: str, start: str, end: str
):
    joined = MonthDay(2, 29)
    window = Window(in_berlin(start), in_berlin(end))

    assert yearly_window(joined, window.start, BERLIN, leap_day) == window
    assert yearly_window(joined, window.end - TICK, BERLIN, leap_day) == window


def test_a_year_of_membership_ends_on_29_february_when_there_is_one():
    instant = in_berlin("2027-08-13T12:00")

    assert yearly_window(MonthDay(2, 29), instant, BERLIN) == Window(
        in_berlin("2027-02-28"), in_berlin("2028-02-29")
    )


@pytest.mark.parametrize(
    ("year", "leap_day", "expected"),
    [
        (2026, "feb_28", date(2026, 2, 28)),
        (2026, "mar_1", date(2026, 3, 1)),
        (2028, "feb_28", date(2028, 2, 29)),
        (2028, "mar_1", date(2028, 2, 29)),
        (2100, "mar_1", date(2100, 3, 1)),
    ],
)
def test_29_february_is_a_day_of_every_year(year: int, leap_day: str, expected: date):
    assert yearly_date(2, 29, year, leap_day) == expected


def test_an_unknown_leap_day_is_refused():
    with pytest.raises(ValueError, match="feb_30"):
        yearly_date(2, 29, 2026, "feb_30")
