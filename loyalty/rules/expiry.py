"""When points become available, and when they are gone. No database, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.errors import DomainError, Problem
from core.periods import (
    DateOutOfRange,
    MonthDay,
    Period,
    add_period,
    end_of,
    local_midnight,
    parse_month_day,
    yearly_date,
)
from loyalty.rules.forms import Form, raise_if_any, shown

ROUND_UPS = ("day", "month", "quarter", "half_year", "year")
DEFAULT_TIMEOUT = Period(60, "day")
DEFAULT_RESET_BY = ("earn", "redeem")
LONGEST_HOLD = 36_500

# Which date 29 February means elsewhere in a list of expiry dates: the last day
# of February in every year.
LEAP_DAY = "feb_28"


@dataclass(frozen=True, slots=True)
class Hold:
    """How long points stay pending.

    `days` count from payment, or from fulfilment where `after_fulfilled`; an
    order that is never fulfilled is released after `timeout`, or cancelled
    then where `lapses`.
    """

    days: int = 0
    after_fulfilled: bool = False
    timeout: Period = DEFAULT_TIMEOUT
    lapses: bool = False


@dataclass(frozen=True, slots=True)
class Expiry:
    """When released points expire; by default never.

    At most one of `after`, `dates` and `inactivity` is set. `existing` says what
    becomes of older lots when the policy changes.
    """

    after: Period | None = None
    round_up_to: str | None = None
    existing: str = "keep"
    dates: tuple[MonthDay, ...] = ()
    at_least: Period | None = None
    inactivity: Period | None = None
    reset_by: tuple[str, ...] = ()


class LotSchedule(NamedTuple):
    """The dates of one lot.

    `available_at` None is at once. Where `lapses`, the points are cancelled
    then and not released. Where `idle`, the wallet's inactivity ends the lot,
    and no date of its own.
    """

    available_at: datetime | None
    lapses: bool
    expires_at: datetime | None
    idle: bool


NO_HOLD = Hold()
NEVER = Expiry()


def schedule(
    hold: Hold,
    expiry: Expiry,
    *,
    paid_at: datetime,
    fulfilled_at: datetime | None,
    zone: ZoneInfo,
) -> LotSchedule:
    """Return the dates of points earned at `paid_at`; expiry counts from release."""
    release = available_at(hold, paid_at=paid_at, fulfilled_at=fulfilled_at, zone=zone)
    return LotSchedule(
        available_at=release,
        lapses=hold.after_fulfilled and hold.lapses and fulfilled_at is None,
        expires_at=expires_at(expiry, release or paid_at, zone),
        idle=expiry.inactivity is not None,
    )


def available_at(
    hold: Hold, *, paid_at: datetime, fulfilled_at: datetime | None, zone: ZoneInfo
) -> datetime | None:
    """Return when points are released; None is at once.

    Goods may be fulfilled before they are paid; points are never released
    before they are earned.
    """
    if not hold.after_fulfilled:
        if not hold.days:
            return None
        return add_period(paid_at, Period(hold.days, "day"), zone)
    if fulfilled_at is None:
        return add_period(paid_at, hold.timeout, zone)
    release = add_period(fulfilled_at, Period(hold.days, "day"), zone)
    return release if release > paid_at else None


def expires_at(expiry: Expiry, start: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when points released at `start` expire, exclusive; None is no date."""
    if expiry.after is not None:
        ends_at = add_period(start, expiry.after, zone)
        if expiry.round_up_to is None:
            return ends_at
        return end_of(expiry.round_up_to, ends_at, zone)
    if expiry.dates:
        return _next_date(expiry, start, zone)
    return None


def active_until(
    expiry: Expiry, activity: str, at: datetime, zone: ZoneInfo
) -> datetime | None:
    """Return until when an activity keeps a wallet alive; None if it does not count."""
    if expiry.inactivity is None or activity not in expiry.reset_by:
        return None
    return add_period(at, expiry.inactivity, zone)


def parse_hold(form: object, pointer: str = "") -> Hold:
    """Return the hold that a program file's form says.

    :raises InvalidInput: if it says none, with pointers that begin at `pointer`
    """
    problems: list[Problem] = []
    hold = read_hold(form, pointer, problems)
    raise_if_any(problems)
    return hold


def parse_expiry(form: object, pointer: str = "") -> Expiry:
    """Return the expiry that a program file's form says.

    :raises InvalidInput: if it says none, with pointers that begin at `pointer`
    """
    problems: list[Problem] = []
    expiry = read_expiry(form, pointer, problems)
    raise_if_any(problems)
    return expiry


def read_hold(value: object, pointer: str, problems: list[Problem]) -> Hold:
    """Return the hold of a form, and add what is wrong with it to `problems`."""
    if value is None or value == "none":
        return NO_HOLD
    if isinstance(value, str):
        problems.append(_unknown_word(value, pointer, "none", "{days: 14}"))
        return NO_HOLD
    form = Form(value, pointer, problems)
    days = form.whole("days", most=LONGEST_HOLD)
    if "after" not in form:
        form.take("after")
        form.require("days")
        form.forbid({"timeout", "on_timeout"}, "belongs to a hold after fulfilment")
        form.finish()
        return Hold(days)
    form.choice("after", ("fulfilled",), "fulfilled")
    hold = Hold(
        days,
        after_fulfilled=True,
        timeout=_positive(form, "timeout") or DEFAULT_TIMEOUT,
        lapses=form.choice("on_timeout", ("release", "cancel"), "release") == "cancel",
    )
    form.finish()
    return hold


def read_expiry(value: object, pointer: str, problems: list[Problem]) -> Expiry:
    """Return the expiry of a form, and add what is wrong with it to `problems`."""
    if value is None or value == "never":
        return NEVER
    if isinstance(value, str):
        problems.append(_unknown_word(value, pointer, "never", "{after: 12 months}"))
        return NEVER
    form = Form(value, pointer, problems)
    said = [key for key in ("after", "dates", "inactivity") if key in form]
    if len(said) != 1:
        form.refuse(None, "one_of", "an expiry states one of after, dates and inactivity")
        return NEVER
    expiry = _READERS[said[0]](form)
    for key in ("after", "dates", "inactivity"):
        form.take(key)
    form.finish()
    return expiry


def _read_after(form: Form) -> Expiry:
    rounds = form.choice("round_up_to", ROUND_UPS, "") or None
    return Expiry(
        after=_positive(form, "after"),
        round_up_to=rounds,
        existing=form.choice("existing", ("keep", "from_change"), "keep"),
    )


def _read_dates(form: Form) -> Expiry:
    dates = []
    for index, word in enumerate(form.words("dates")):
        try:
            dates.append(parse_month_day(word))
        except DomainError as error:
            form.adopt(("dates", index), error)
    if not form.take("dates"):
        form.refuse("dates", "required", 'name a date, such as "12-31"')
    return Expiry(dates=tuple(sorted(set(dates))), at_least=form.period("at_least"))


def _read_inactivity(form: Form) -> Expiry:
    period = _positive(form, "inactivity")
    reset_by = form.words("reset_by") or DEFAULT_RESET_BY
    for index, activity in enumerate(reset_by):
        event = activity.removeprefix("event:")
        if activity not in DEFAULT_RESET_BY and (event == activity or not event):
            form.refuse(
                ("reset_by", index),
                "not_a_choice",
                f'{shown(activity)} is not earn, redeem or "event:…"',
            )
    return Expiry(inactivity=period, reset_by=tuple(reset_by))


_READERS = {
    "after": _read_after,
    "dates": _read_dates,
    "inactivity": _read_inactivity,
}


def _positive(form: Form, key: str) -> Period | None:
    period = form.period(key)
    if period is not None and not period.count:
        form.refuse(key, "out_of_range", "must be longer than nothing")
        return None
    return period


def _next_date(expiry: Expiry, start: datetime, zone: ZoneInfo) -> datetime:
    """Return the end of the first listed day that is far enough from `start`."""
    earliest = add_period(start, expiry.at_least, zone) if expiry.at_least else start
    # An end of 31 December is the first instant of the year after.
    year = earliest.astimezone(zone).year - 1
    for candidate in range(year, year + 3):
        for date in expiry.dates:
            day = yearly_date(date.month, date.day, candidate, LEAP_DAY)
            ends_at = local_midnight(day + timedelta(days=1), zone)
            if ends_at > start and ends_at >= earliest:
                return ends_at
    raise DateOutOfRange("This leads beyond the years 1 to 9999.")


def _unknown_word(word: str, pointer: str, plain: str, mapping: str) -> Problem:
    detail = f'{shown(word)} is neither "{plain}" nor a mapping such as {mapping}'
    return Problem(pointer, "not_a_choice", detail)
