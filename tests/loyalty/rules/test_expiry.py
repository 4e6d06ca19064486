"""When points are released, and when they expire."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.errors import InvalidInput
from core.periods import Period
from loyalty.rules.expiry import (
    NEVER,
    NO_HOLD,
    Expiry,
    Hold,
    LotSchedule,
    parse_expiry,
    parse_hold,
    schedule,
)

BERLIN = ZoneInfo("Europe/Berlin")


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


PAID = at("2026-05-01T12:00:00+02:00")


def dates(hold=None, expiry=None, paid=PAID, fulfilled=None, zone=BERLIN):
    return schedule(
        parse_hold(hold), parse_expiry(expiry), paid_at=paid, fulfilled_at=fulfilled, zone=zone
    )


def expires(expiry, paid, zone=BERLIN):
    return dates(expiry=expiry, paid=at(paid), zone=zone).expires_at


# Hold


def test_without_a_hold_points_are_there_at_once_and_for_ever():
    assert dates() == LotSchedule(None, False, None, False)


def test_held_days_keep_the_local_wall_time():
    # The clocks go forward on 29 March 2026.
    paid = at("2026-03-28T12:00:00+01:00")

    assert dates({"days": 2}, paid=paid).available_at == at("2026-03-30T12:00:00+02:00")


def test_a_hold_of_no_days_is_none():
    assert dates({"days": 0}).available_at is None


FULFILLED = {"after": "fulfilled", "days": 14, "timeout": "60 days", "on_timeout": "cancel"}


def test_a_hold_after_fulfilment_counts_from_there():
    fulfilled = at("2026-05-03T09:00:00+02:00")

    found = dates(FULFILLED, fulfilled=fulfilled)

    assert (found.available_at, found.lapses) == (at("2026-05-17T09:00:00+02:00"), False)


def test_an_order_that_is_never_fulfilled_loses_its_points_if_the_rule_says_cancel():
    found = dates(FULFILLED)

    assert (found.available_at, found.lapses) == (at("2026-06-30T12:00:00+02:00"), True)


def test_an_order_that_is_never_fulfilled_keeps_its_points_otherwise():
    found = dates(FULFILLED | {"on_timeout": "release"})

    assert (found.available_at, found.lapses) == (at("2026-06-30T12:00:00+02:00"), False)


def test_the_timeout_is_60_days_unless_said():
    found = dates({"after": "fulfilled", "days": 14})

    assert (found.available_at, found.lapses) == (at("2026-06-30T12:00:00+02:00"), False)


def test_points_are_never_released_before_they_are_earned():
    # Delivered in March, paid for in May.
    found = dates(FULFILLED, fulfilled=at("2026-03-01T12:00:00+01:00"))

    assert (found.available_at, found.lapses) == (None, False)


# Expiry


def test_points_expire_a_period_after_they_are_earned_at_the_same_wall_time():
    # Summer time in May, winter time in November.
    assert expires({"after": "6 months"}, "2026-05-01T12:00:00+02:00") == at(
        "2026-11-01T12:00:00+01:00"
    )


def test_the_expiry_clock_starts_at_release():
    found = dates({"days": 14}, {"after": "30 days"})

    assert found.expires_at == at("2026-06-14T12:00:00+02:00")


@pytest.mark.parametrize(
    ("unit", "end"),
    [
        ("day", "2027-05-02T00:00:00+02:00"),
        ("month", "2027-06-01T00:00:00+02:00"),
        ("quarter", "2027-07-01T00:00:00+02:00"),
        ("half_year", "2027-07-01T00:00:00+02:00"),
        ("year", "2028-01-01T00:00:00+01:00"),
    ],
)
def test_expiry_may_be_rounded_up_to_the_end_of_a_local_unit(unit, end):
    assert expires({"after": "12 months", "round_up_to": unit}, str(PAID)) == at(end)


def test_points_of_a_month_expire_together_also_those_of_its_first_instant():
    policy = {"after": "12 months", "round_up_to": "month"}

    first = expires(policy, "2026-05-01T00:00:00+02:00")
    last = expires(policy, "2026-05-31T23:59:59+02:00")

    assert first == last == at("2027-06-01T00:00:00+02:00")


@pytest.mark.parametrize(
    ("paid", "end"),
    [
        ("2026-05-01T12:00:00+02:00", "2026-07-01T00:00:00+02:00"),
        ("2026-06-30T23:59:59+02:00", "2026-07-01T00:00:00+02:00"),
        ("2026-07-01T00:00:00+02:00", "2027-01-01T00:00:00+01:00"),
        ("2026-12-31T12:00:00+01:00", "2027-01-01T00:00:00+01:00"),
    ],
)
def test_fixed_dates_last_to_the_end_of_that_local_day(paid, end):
    assert expires({"dates": ["12-31", "06-30"]}, paid) == at(end)


@pytest.mark.parametrize(
    ("paid", "end"),
    [
        ("2026-12-16T23:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-12-17T00:00:00+01:00", "2027-01-01T00:00:00+01:00"),
        ("2026-12-17T00:00:01+01:00", "2028-01-01T00:00:00+01:00"),
    ],
)
def test_lots_nearer_than_at_least_move_to_the_next_date(paid, end):
    assert expires({"dates": ["12-31"], "at_least": "15 days"}, paid) == at(end)


def test_a_lot_moves_over_every_date_that_is_too_near():
    policy = {"dates": ["06-30", "07-05", "07-20"], "at_least": "15 days"}

    assert expires(policy, "2026-06-25T12:00:00+02:00") == at("2026-07-21T00:00:00+02:00")


def test_29_february_is_the_last_day_of_february_in_other_years():
    policy = {"dates": ["02-29"]}

    assert expires(policy, "2027-01-15T12:00:00+01:00") == at("2027-03-01T00:00:00+01:00")
    assert expires(policy, "2028-01-15T12:00:00+01:00") == at("2028-03-01T00:00:00+01:00")


def test_a_day_whose_midnight_does_not_exist_ends_when_the_clock_jumps():
    # In Santiago the clocks went from 24:00 on 7 September 2024 to 01:00.
    santiago = ZoneInfo("America/Santiago")

    assert expires({"dates": ["09-07"]}, "2024-08-01T12:00:00-04:00", santiago) == at(
        "2024-09-08T01:00:00-03:00"
    )


def test_inactivity_sets_no_date_of_its_own():
    found = dates(expiry={"inactivity": "6 months"})

    assert found == LotSchedule(None, False, None, True)


# Forms


@pytest.mark.parametrize(
    ("form", "hold"),
    [
        (None, NO_HOLD),
        ("none", NO_HOLD),
        ({"days": 14}, Hold(14)),
        ({"after": "fulfilled"}, Hold(0, after_fulfilled=True)),
        (
            {"after": "fulfilled", "days": 14, "timeout": "30 days", "on_timeout": "cancel"},
            Hold(14, after_fulfilled=True, timeout=Period(30, "day"), lapses=True),
        ),
        ({"after": None, "days": 3}, Hold(3)),
    ],
)
def test_every_form_of_a_hold_is_read(form, hold):
    assert parse_hold(form) == hold


@pytest.mark.parametrize(
    ("form", "expiry"),
    [
        (None, NEVER),
        ("never", NEVER),
        (
            {"after": "12 months", "round_up_to": "month", "existing": "from_change"},
            Expiry(Period(12, "month"), "month", "from_change"),
        ),
        (
            {"dates": ["12-31", "06-30"], "at_least": "15 days"},
            Expiry(dates=((6, 30), (12, 31)), at_least=Period(15, "day")),
        ),
        (
            {"inactivity": "6 months"},
            Expiry(inactivity=Period(6, "month"), reset_by=("earn", "redeem")),
        ),
        (
            {"inactivity": "6 months", "reset_by": ["redeem", "event:visit"]},
            Expiry(inactivity=Period(6, "month"), reset_by=("redeem", "event:visit")),
        ),
    ],
)
def test_every_form_of_expiry_is_read(form, expiry):
    assert parse_expiry(form) == expiry


@pytest.mark.parametrize(
    ("form", "pointer", "code"),
    [
        ("always", "/hold", "not_a_choice"),
        (14, "/hold", "wrong_type"),
        ({}, "/hold", "required"),
        ({"days": "14"}, "/hold/days", "wrong_type"),
        ({"days": 40_000}, "/hold/days", "out_of_range"),
        ({"days": 1, "timeout": "60 days"}, "/hold/timeout", "not_here"),
        ({"after": "paid"}, "/hold/after", "not_a_choice"),
        ({"after": "fulfilled", "timeout": "0 days"}, "/hold/timeout", "out_of_range"),
        ({"after": "fulfilled", "on_timeout": "keep"}, "/hold/on_timeout", "not_a_choice"),
        ({"weeks": 2}, "/hold/weeks", "unknown_key"),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(form, pointer, code):
    with pytest.raises(InvalidInput) as refused:
        parse_hold(form, "/hold")

    assert (pointer, code) in [(p.pointer, p.code) for p in refused.value.problems]


@pytest.mark.parametrize(
    ("form", "pointer", "code"),
    [
        ("soon", "", "not_a_choice"),
        ({}, "", "one_of"),
        ({"after": "1 year", "dates": ["12-31"]}, "", "one_of"),
        ({"after": 12}, "/after", "wrong_type"),
        ({"after": "1000 years"}, "/after", "invalid_period"),
        ({"after": "1 year", "round_up_to": "week"}, "/round_up_to", "not_a_choice"),
        ({"after": "1 year", "existing": "drop"}, "/existing", "not_a_choice"),
        ({"after": "1 year", "at_least": "1 day"}, "/at_least", "unknown_key"),
        ({"dates": []}, "/dates", "required"),
        ({"dates": ["02-30"]}, "/dates/0", "invalid_time"),
        ({"dates": "12-31"}, "/dates", "wrong_type"),
        ({"dates": ["12-31"], "at_least": "soon"}, "/at_least", "invalid_period"),
        ({"inactivity": "6 months", "reset_by": ["sleep"]}, "/reset_by/0", "not_a_choice"),
        ({"inactivity": "6 months", "reset_by": ["event:"]}, "/reset_by/0", "not_a_choice"),
    ],
)
def test_an_expiry_that_makes_no_sense_is_refused(form, pointer, code):
    with pytest.raises(InvalidInput) as refused:
        parse_expiry(form)

    assert (pointer, code) in [(p.pointer, p.code) for p in refused.value.problems]
