from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.periods import (
    DateOutOfRange,
    InvalidPeriod,
    InvalidTime,
    MonthDay,
    Period,
    add_period,
    end_of,
    local_midnight,
    parse_moment,
    parse_month_day,
    parse_period,
    start_of,
    subtract_period,
    window_of,
    yearly_date,
    yearly_window,
)

BERLIN = ZoneInfo("Europe/Berlin")
APIA = ZoneInfo("Pacific/Apia")
UTC_ZONE = ZoneInfo("UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def in_berlin(text: str) -> datetime:
    """Return a wall time of Berlin that comes exactly once."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def plus(instant: datetime, period: str, zone: ZoneInfo = BERLIN) -> datetime:
    return add_period(instant, parse_period(period), zone)


def minus(instant: datetime, period: str, zone: ZoneInfo = BERLIN) -> datetime:
    return subtract_period(instant, parse_period(period), zone)


# Words


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("30 minutes", Period(30, "minute")),
        ("1 hour", Period(1, "hour")),
        ("14 days", Period(14, "day")),
        ("1 days", Period(1, "day")),
        ("2 week", Period(2, "week")),
        ("12 months", Period(12, "month")),
        ("100 years", Period(100, "year")),
        ("1200 months", Period(1200, "month")),
        ("0 days", Period(0, "day")),
    ],
)
def test_a_period_is_read_from_words(text: str, period: Period):
    assert parse_period(text) == period


@pytest.mark.parametrize("text", ["1 minute", "30 minutes", "1 year", "0 days"])
def test_a_period_is_written_in_words(text: str):
    assert str(parse_period(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "14", "days", "14days", "14  days", " 14 days", "14 days\n", "14 Days"),
        *("-1 days", "+1 days", "1.5 days", "1e3 days", "014 days", "\u0661 day"),
        *("14 quarters", "14 dayss", "14 days\0", "\ud800", "9" * 5000 + " days"),
        *("101 years", "1201 months", "999999999 days", "52704001 minutes"),
        *(None, 14, ["14 days"], True),
    ],
)
def test_what_is_not_a_sensible_period_is_refused(text: object):
    with pytest.raises(InvalidPeriod) as refusal:
        parse_period(text)

    assert refusal.value.code == "invalid_period"


@pytest.mark.parametrize(("count", "unit"), [(-1, "day"), (101, "year"), (1, "eon")])
def test_no_period_is_made_that_could_not_be_read(count: int, unit: str):
    with pytest.raises(InvalidPeriod):
        Period(count, unit)


def test_a_day_of_every_year_is_read():
    assert parse_month_day("12-31") == MonthDay(12, 31)
    assert parse_month_day("02-29") == MonthDay(2, 29)


@pytest.mark.parametrize(
    "text", ["", "1-1", "13-01", "00-10", "02-30", "06-31", "12-31\n", "١٢-٣١", 1231]
)
def test_a_day_that_no_year_has_is_refused(text: object):
    with pytest.raises(InvalidTime):
        parse_month_day(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01", "2026-04-30T22:00Z"),
        ("2026-12-01", "2026-11-30T23:00Z"),
        ("2026-05-01T09:00:00Z", "2026-05-01T09:00Z"),
        ("2026-05-01t09:00:00z", "2026-05-01T09:00Z"),
        ("2026-05-01 09:00:00.25-04:30", "2026-05-01T13:30:00.25Z"),
    ],
)
def test_a_date_means_local_midnight_and_a_time_its_instant(text: str, instant: str):
    assert parse_moment(text, BERLIN) == at(instant)
    assert parse_moment(text, BERLIN).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026", "2026-5-1", "20260501", "2026-06-31", "2026-W18-5"),
        *("2026-05-01T09:00:00", "2026-05-01T09:00Z", "2026-05-01T25:00:00Z"),
        *("2026-05-01T09:00:60Z", "2026-05-01T09:00:00+0200", "0000-01-01"),
        *("2026-05-01\0", "٢٠٢٦-05-01", "\ud800", None, 20260501, date(2026, 5, 1)),
    ],
)
def test_what_is_neither_a_date_nor_an_instant_is_refused(text: object):
    with pytest.raises(InvalidTime) as refusal:
        parse_moment(text, BERLIN)

    assert refusal.value.code == "invalid_time"


# Adding and subtracting


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        ("2026-01-31T12:00", "1 month", "2026-02-28T12:00"),
        ("2028-01-31T12:00", "1 month", "2028-02-29T12:00"),
        ("2026-01-31T12:00", "2 months", "2026-03-31T12:00"),
        ("2026-11-30T12:00", "3 months", "2027-02-28T12:00"),
        ("2028-02-29T12:00", "1 year", "2029-02-28T12:00"),
        ("2028-02-29T12:00", "4 years", "2032-02-29T12:00"),
        ("2026-12-31T23:59:59.999999", "1 day", "2027-01-01T23:59:59.999999"),
        ("2026-05-01T12:00", "2 weeks", "2026-05-15T12:00"),
    ],
)
def test_months_clamp_and_the_time_of_day_stays(start: str, period: str, end: str):
    assert plus(in_berlin(start), period) == in_berlin(end)


def test_months_are_counted_from_the_original_date():
    january = in_berlin("2026-01-31T12:00")

    assert plus(plus(january, "1 month"), "1 month") == in_berlin("2026-03-28T12:00")
    assert plus(january, "2 months") == in_berlin("2026-03-31T12:00")


@pytest.mark.parametrize(
    ("end", "period", "start"),
    [
        ("2026-03-31T12:00", "1 month", "2026-02-28T12:00"),
        ("2026-01-15T12:00", "2 months", "2025-11-15T12:00"),
        ("2028-02-29T12:00", "1 year", "2027-02-28T12:00"),
        ("2026-03-29T12:00", "1 day", "2026-03-28T12:00"),
        ("2026-03-01T12:00", "1 week", "2026-02-22T12:00"),
    ],
)
def test_periods_are_subtracted_on_the_wall_clock(end: str, period: str, start: str):
    assert minus(in_berlin(end), period) == in_berlin(start)


def test_a_day_over_a_clock_change_has_another_number_of_hours():
    spring, autumn = in_berlin("2026-03-28T12:00"), in_berlin("2026-10-24T12:00")

    assert plus(spring, "1 day") - spring == timedelta(hours=23)
    assert plus(autumn, "1 day") - autumn == timedelta(hours=25)


def test_hours_are_elapsed_time_over_a_clock_change():
    spring = in_berlin("2026-03-28T12:00")

    assert plus(spring, "24 hours") - spring == timedelta(hours=24)
    assert minus(spring, "90 minutes") == spring - timedelta(minutes=90)


def test_a_wall_time_that_never_comes_is_the_moment_of_the_change():
    assert plus(in_berlin("2026-03-28T02:30"), "1 day") == at("2026-03-29T01:00Z")
    assert minus(in_berlin("2026-03-30T02:30"), "1 day") == at("2026-03-29T01:00Z")


def test_of_a_wall_time_that_comes_twice_the_first_counts():
    assert plus(in_berlin("2026-10-24T02:30"), "1 day") == at("2026-10-25T00:30Z")
    assert minus(in_berlin("2026-10-26T02:30"), "1 day") == at("2026-10-25T00:30Z")


@pytest.mark.parametrize("period", ["0 days", "0 months", "0 years", "0 minutes"])
def test_no_time_at_all_leads_nowhere_even_when_it_comes_twice(period: str):
    second = at("2026-10-25T01:30Z")

    assert plus(second, period) == minus(second, period) == second


def test_a_day_that_a_zone_leaves_out_is_the_moment_it_was_left_out():
    the_29th = at("2011-12-29T22:00-10:00")

    assert plus(the_29th, "1 day", APIA) == at("2011-12-30T10:00Z")
    assert plus(the_29th, "2 days", APIA) == at("2011-12-31T22:00+14:00")


# The ends of the calendar


LAST = datetime(9999, 12, 31, 12, tzinfo=UTC)
FIRST = datetime(1, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "leap",
    [
        lambda: plus(LAST, "1 day"),
        lambda: plus(LAST, "1 month"),
        lambda: plus(LAST, "1 year"),
        lambda: plus(LAST, "24 hours"),
        lambda: minus(FIRST, "1 week"),
        lambda: minus(FIRST, "1 year"),
        lambda: end_of("day", LAST, UTC_ZONE),
        lambda: start_of("year", LAST, BERLIN),
        lambda: end_of("hour", LAST + timedelta(hours=11, minutes=59), UTC_ZONE),
        lambda: window_of("month", "rolling", FIRST, BERLIN),
        lambda: yearly_window(MonthDay(4, 6), LAST, BERLIN),
        lambda: yearly_window(MonthDay(4, 6), FIRST, BERLIN),
        lambda: yearly_date(4, 6, 10_000, "feb_28"),
        lambda: local_midnight(date.min, ZoneInfo("Asia/Tokyo")),
        lambda: parse_moment("0001-01-01", ZoneInfo("Asia/Tokyo")),
        lambda: parse_moment("9999-12-31T23:00:00-05:00", UTC_ZONE),
        lambda: start_of("day", datetime.max.replace(tzinfo=UTC), APIA),
    ],
)
def test_what_leads_beyond_the_calendar_is_refused_by_name(leap):
    with pytest.raises(DateOutOfRange) as refusal:
        leap()

    assert refusal.value.code == "out_of_range"
