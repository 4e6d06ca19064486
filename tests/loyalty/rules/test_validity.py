"""Weekdays and hours over midnight, and on the two nights on which clocks change."""

from datetime import UTC, datetime

import pytest

from core.errors import InvalidInput
from tests.loyalty.rules.bodies import judge, order, rule_set, why_not

SUNDAY_NIGHT = {"weekdays": ["sun"], "hours": "22:00-02:00"}


def reason(valid, moment, **given):
    """Return why a rule is not valid at a moment, written as local time with its offset."""
    instant = datetime.fromisoformat(moment).astimezone(UTC)
    rule = {"award": {"points": 1}, "valid": valid}
    return why_not(judge({"rule": rule}, order(), at=instant, **given)).get("rule")


# The night that begins on Sunday 3 May 2026, in Berlin's summer.


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-05-03T21:59:59.999999+02:00", "not_at_this_hour"),
        ("2026-05-03T22:00:00+02:00", None),
        ("2026-05-03T23:59:59.999999+02:00", None),
        ("2026-05-04T00:00:00+02:00", None),
        ("2026-05-04T01:59:59.999999+02:00", None),
        ("2026-05-04T02:00:00+02:00", "not_at_this_hour"),
    ],
)
def test_sunday_night_lasts_into_monday(moment, expected):
    assert reason(SUNDAY_NIGHT, moment) == expected


@pytest.mark.parametrize(
    "moment",
    [
        "2026-05-02T22:00:00+02:00",
        "2026-05-03T00:00:00+02:00",
        "2026-05-03T01:59:59.999999+02:00",
    ],
)
def test_the_first_hours_of_sunday_are_saturday_night(moment):
    assert reason(SUNDAY_NIGHT, moment) == "not_on_this_weekday"


@pytest.mark.parametrize("moment", ["2026-05-04T22:00:00+02:00", "2026-05-05T01:00:00+02:00"])
def test_monday_night_is_not_sunday_night(moment):
    assert reason(SUNDAY_NIGHT, moment) == "not_on_this_weekday"


def test_a_night_belongs_to_its_local_day_wherever_the_instant_is_written():
    assert reason(SUNDAY_NIGHT, "2026-05-03T16:00:00-04:00") is None
    assert reason(SUNDAY_NIGHT, "2026-05-03T22:00:00-04:00") == "not_at_this_hour"


def test_the_night_after_the_last_day_is_over_with_it():
    valid = SUNDAY_NIGHT | {"until": "2026-05-04"}

    assert reason(valid, "2026-05-03T23:59:59+02:00") is None
    assert reason(valid, "2026-05-04T00:00:00+02:00") == "not_valid_any_more"


def test_a_rule_that_starts_at_midnight_has_the_rest_of_that_night():
    valid = SUNDAY_NIGHT | {"from": "2026-05-04"}

    assert reason(valid, "2026-05-03T23:59:59+02:00") == "not_valid_yet"
    assert reason(valid, "2026-05-04T00:00:00+02:00") is None


def test_hours_to_midnight_cross_nothing_however_it_is_written():
    for hours in ("18:00-24:00", "18:00-00:00"):
        valid = {"weekdays": ["sun"], "hours": hours}

        assert reason(valid, "2026-05-03T23:59:59+02:00") is None
        assert reason(valid, "2026-05-04T00:00:00+02:00") == "not_at_this_hour"
        assert reason(valid, "2026-05-03T00:00:00+02:00") == "not_at_this_hour"


def test_hours_across_midnight_may_leave_out_a_single_minute():
    valid = {"weekdays": ["sun"], "hours": "12:01-12:00"}

    assert reason(valid, "2026-05-03T12:00:00+02:00") == "not_at_this_hour"
    assert reason(valid, "2026-05-03T12:01:00+02:00") is None
    assert reason(valid, "2026-05-04T11:59:59+02:00") is None
    assert reason(valid, "2026-05-03T11:59:59+02:00") == "not_on_this_weekday"


# Clocks go forward on Sunday 29 March 2026, from 02:00 +01:00 to 03:00 +02:00.


def test_saturday_night_ends_where_the_clock_leaves_its_end_out():
    saturday_night = {"weekdays": ["sat"], "hours": "22:00-02:30"}

    assert reason(saturday_night, "2026-03-29T01:59:59.999999+01:00") is None
    assert reason(saturday_night, "2026-03-29T03:00:00+02:00") == "not_at_this_hour"


def test_an_hour_that_the_clock_leaves_out_never_comes():
    valid = {"hours": "02:00-03:00"}

    assert reason(valid, "2026-03-29T01:59:59.999999+01:00") == "not_at_this_hour"
    assert reason(valid, "2026-03-29T03:00:00+02:00") == "not_at_this_hour"


def test_sunday_night_is_as_long_as_ever_after_the_clock_has_gone_forward():
    assert reason(SUNDAY_NIGHT, "2026-03-29T21:59:59+02:00") == "not_at_this_hour"
    assert reason(SUNDAY_NIGHT, "2026-03-29T22:00:00+02:00") is None
    assert reason(SUNDAY_NIGHT, "2026-03-30T01:59:59+02:00") is None
    assert reason(SUNDAY_NIGHT, "2026-03-30T02:00:00+02:00") == "not_at_this_hour"


# Clocks go back on Sunday 25 October 2026, from 03:00 +02:00 to 02:00 +01:00.


def test_an_hour_that_comes_twice_counts_twice():
    valid = {"weekdays": ["sun"], "hours": "02:00-03:00"}

    assert reason(valid, "2026-10-25T02:30:00+02:00") is None
    assert reason(valid, "2026-10-25T02:30:00+01:00") is None
    assert reason(valid, "2026-10-25T03:00:00+01:00") == "not_at_this_hour"


def test_saturday_night_has_both_of_its_last_half_hours_when_the_clock_goes_back():
    saturday_night = {"weekdays": ["sat"], "hours": "22:00-02:30"}

    expected = {
        "2026-10-25T02:29:59+02:00": None,
        "2026-10-25T02:30:00+02:00": "not_at_this_hour",
        "2026-10-25T02:59:59+02:00": "not_at_this_hour",
        "2026-10-25T02:00:00+01:00": None,
        "2026-10-25T02:29:59+01:00": None,
        "2026-10-25T02:30:00+01:00": "not_at_this_hour",
    }
    assert {moment: reason(saturday_night, moment) for moment in expected} == expected


# In Beirut midnight itself moves: on Sunday 29 March 2026 there is none, and on
# Sunday 25 October 2026 the last hour of Saturday comes twice.


def test_a_night_whose_midnight_never_comes_goes_on_after_it():
    saturday_night = {"weekdays": ["sat"], "hours": "22:00-02:00"}
    beirut = {"timezone": "Asia/Beirut"}

    assert reason(saturday_night, "2026-03-28T23:59:59+02:00", **beirut) is None
    assert reason(saturday_night, "2026-03-29T01:00:00+03:00", **beirut) is None
    assert reason(saturday_night, "2026-03-29T02:00:00+03:00", **beirut) == "not_at_this_hour"


def test_the_hour_before_midnight_that_comes_twice_is_of_the_same_night():
    saturday_night = {"weekdays": ["sat"], "hours": "22:00-02:00"}
    beirut = {"timezone": "Asia/Beirut"}

    assert reason(saturday_night, "2026-10-24T23:30:00+03:00", **beirut) is None
    assert reason(saturday_night, "2026-10-24T23:30:00+02:00", **beirut) is None
    assert reason(saturday_night, "2026-10-25T01:59:59+02:00", **beirut) is None


# What cannot be meant


@pytest.mark.parametrize("hours", ["22:00-22:00", "00:00-00:00", "22:00-24:01", "22:00-24:30"])
def test_hours_that_last_no_time_or_past_the_end_of_a_day_are_refused(hours):
    rule = {"on": "order", "award": {"points": 1}, "valid": {"hours": hours}}

    with pytest.raises(InvalidInput) as refused:
        rule_set({"rule": rule})

    (problem,) = refused.value.problems
    assert (problem.pointer, problem.code) == ("/rules/rule/valid/hours", "out_of_range")
