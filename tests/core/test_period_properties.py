"""What must hold in every time zone, most of all around its clock changes."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from core.periods import (
    CALENDAR_UNITS,
    LEAP_DAYS,
    MonthDay,
    Period,
    add_period,
    calendar_window,
    end_of,
    local_midnight,
    parse_period,
    start_of,
    subtract_period,
    window_of,
    yearly_date,
    yearly_window,
)
from core.zones import first_reading, reading

TICK = timedelta(microseconds=1)
# "localtime" is whatever the machine says.
NAMES = sorted(available_timezones() - {"localtime"})

# Clock changes of every kind: ordinary ones; by half an hour; at and over midnight;
# over a whole day; by 44.5 minutes; for the month of Ramadan; by two hours.
CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),
    ("America/Sao_Paulo", "2019-02-17T02:00Z"),
    ("Asia/Beirut", "2022-03-26T22:00Z"),
    ("Asia/Beirut", "2022-10-29T21:00Z"),
    ("America/Havana", "2026-11-01T05:00Z"),
    ("America/St_Johns", "2010-11-07T02:31Z"),
    ("Asia/Colombo", "1996-10-25T18:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00Z"),
    ("Africa/Monrovia", "1972-01-07T00:44:30Z"),
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00Z"),
    ("Asia/Pyongyang", "2018-05-04T15:00Z"),
]

ANYWHERE = st.tuples(
    st.sampled_from(NAMES).map(ZoneInfo),
    st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC)),
)
NEAR_A_CHANGE = st.builds(
    lambda change, away: (
        ZoneInfo(change[0]),
        datetime.fromisoformat(change[1]).astimezone(UTC) + away,
    ),
    st.sampled_from(CHANGES),
    st.timedeltas(timedelta(hours=-30), timedelta(hours=30))
    | st.integers(-8, 8).map(lambda quarters: timedelta(minutes=15 * quarters))
    | st.just(-TICK),
)
PLACES = ANYWHERE | NEAR_A_CHANGE
UNITS = st.sampled_from(CALENDAR_UNITS)
LATER = st.integers(0, 40).map(lambda days: timedelta(days=days))
MONTHS = st.integers(min_value=1, max_value=600)
DAYS = st.integers(min_value=1, max_value=3000)
MONTH_DAYS = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(
    lambda day: MonthDay(day.month, day.day)
)


@given(place=PLACES, unit=UNITS)
@settings(max_examples=300)
def test_a_unit_includes_its_start_and_not_its_end(place, unit):
    zone, instant = place

    assert start_of(unit, instant, zone) <= instant < end_of(unit, instant, zone)


@given(place=PLACES, unit=UNITS)
@settings(max_examples=300)
def test_every_end_is_the_start_of_the_next(place, unit):
    zone, instant = place
    end = end_of(unit, instant, zone)

    assert start_of(unit, end, zone) == end
    assert end_of(unit, end, zone) > end


@given(place=PLACES, unit=UNITS)
@settings(max_examples=300)
def test_every_instant_of_a_unit_has_the_same_unit(place, unit):
    zone, instant = place
    window = calendar_window(unit, instant, zone)

    assert calendar_window(unit, window.start, zone) == window
    assert calendar_window(unit, window.end - TICK, zone) == window


@given(place=PLACES)
def test_longer_units_are_made_of_whole_days(place):
    zone, instant = place

    for unit in ("week", "month", "quarter", "half_year", "year"):
        window = calendar_window(unit, instant, zone)
        assert start_of("day", window.start, zone) == window.start
        assert start_of("day", window.end, zone) == window.end


@given(place=PLACES)
def test_weeks_begin_on_monday_and_months_on_the_first(place):
    zone, instant = place
    noon = timedelta(hours=12)  # some days begin late, at a midnight that never comes

    assert reading(start_of("week", instant, zone) + noon, zone).weekday() == 0
    assert reading(start_of("month", instant, zone) + noon, zone).day == 1


@given(
    place=PLACES,
    per=st.sampled_from([*CALENDAR_UNITS, "lifetime"]),
    kind=st.sampled_from(["calendar", "rolling"]),
)
def test_every_window_has_the_instant_it_is_of(place, per, kind):
    zone, instant = place

    assert instant in window_of(per, kind, instant, zone)


@given(place=PLACES, starts=MONTH_DAYS, leap_day=st.sampled_from(LEAP_DAYS))
def test_yearly_windows_follow_one_another(place, starts, leap_day):
    zone, instant = place
    year = yearly_window(starts, instant, zone, leap_day)

    assert instant in year
    assert yearly_window(starts, year.end - TICK, zone, leap_day) == year
    assert yearly_window(starts, year.end, zone, leap_day).start == year.end


@given(place=PLACES, offset=st.timedeltas(timedelta(hours=-30), timedelta(hours=30)))
@settings(max_examples=300)
def test_nothing_earlier_reads_as_late_on_the_wall(place, offset):
    zone, instant = place
    wall = reading(instant, zone) + offset
    first = first_reading(wall, zone)

    assert reading(first, zone) >= wall
    assert reading(first - TICK, zone) < wall


@given(place=PLACES)
def test_a_day_begins_at_its_first_instant(place):
    zone, instant = place
    day = reading(instant, zone).date()
    midnight = local_midnight(day, zone)

    assert reading(midnight, zone) >= datetime.combine(day, time.min)
    assert reading(midnight - TICK, zone) < datetime.combine(day, time.min)


@given(place=PLACES, count=MONTHS)
def test_adding_months_clamps_to_the_end_of_a_shorter_one(place, count):
    zone, instant = place
    wall = reading(instant, zone)
    year, month = divmod(wall.year * 12 + wall.month - 1 + count, 12)
    day = min(wall.day, monthrange(year, month + 1)[1])
    expected = wall.replace(year=year, month=month + 1, day=day)

    added = add_period(instant, Period(count, "month"), zone)

    assert added == first_reading(expected, zone)


@given(place=PLACES, count=DAYS)
def test_subtracting_days_undoes_adding_them_on_the_wall(place, count):
    zone, instant = place
    period = Period(count, "day")
    later = add_period(instant, period, zone)
    wall = reading(instant, zone)

    if reading(later, zone) == wall + timedelta(days=count):
        back = subtract_period(later, period, zone)
        assert back == first_reading(wall, zone)


@given(place=PLACES, count=DAYS, unit=st.sampled_from(["minute", "hour"]))
def test_subtracting_elapsed_time_undoes_adding_it(place, count, unit):
    zone, instant = place
    period = Period(count, unit)

    assert subtract_period(add_period(instant, period, zone), period, zone) == instant


@given(place=PLACES, later=LATER, count=MONTHS)
def test_what_begins_later_never_ends_earlier_on_the_wall(place, later, count):
    zone, instant = place
    wall = reading(instant, zone)
    period = Period(count, "month")

    first = add_period(first_reading(wall, zone), period, zone)
    second = add_period(first_reading(wall + later, zone), period, zone)

    assert first <= second


@given(
    month_day=MONTH_DAYS,
    year=st.integers(1, 9999),
    leap_day=st.sampled_from(LEAP_DAYS),
)
def test_every_birthday_comes_once_a_year(month_day, year, leap_day):
    born = yearly_date(month_day.month, month_day.day, year, leap_day)

    assert born.year == year
    assert abs(born - date(year, month_day.month, 1)) <= timedelta(days=30)


@given(
    count=st.integers(0, 100),
    unit=st.sampled_from(["minute", "hour", "day", "week", "month", "year"]),
)
def test_a_period_that_is_written_reads_as_the_same(count, unit):
    assert parse_period(str(Period(count, unit))) == Period(count, unit)
