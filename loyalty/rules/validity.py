"""When a rule is valid: between two moments, on some weekdays, at some hours."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.errors import DomainError
from core.periods import parse_moment
from loyalty.rules.forms import Form
from loyalty.rules.words import WhyNot

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Validity:
    """The times at which a rule counts. Ends are exclusive, local time throughout.

    `opens` and `closes` are minutes of the day. Hours that cross midnight belong
    to the weekday on which they begin: Friday from 22:00 to 02:00 includes one
    o'clock on Saturday.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    weekdays: frozenset[int] | None = None
    opens: int = 0
    closes: int = _MINUTES_A_DAY

    def why_not(self, local: datetime) -> WhyNot | None:
        """Return why the rule is not valid at this local time; None if it is."""
        if self.starts_at is not None and local < self.starts_at:
            return WhyNot.NOT_VALID_YET
        if self.ends_at is not None and local >= self.ends_at:
            return WhyNot.NOT_VALID_ANY_MORE
        minute = local.hour * 60 + local.minute
        began = local.weekday()
        if self.opens < self.closes:
            if not self.opens <= minute < self.closes:
                return WhyNot.NOT_AT_THIS_HOUR
        elif minute < self.closes:
            began = (began - 1) % 7
        elif minute < self.opens:
            return WhyNot.NOT_AT_THIS_HOUR
        if self.weekdays is not None and began not in self.weekdays:
            return WhyNot.NOT_ON_THIS_WEEKDAY
        return None


def read_validity(form: Form, zone: ZoneInfo) -> Validity:
    """Return what a rule's `valid` says; dates are local midnights of `zone`."""
    starts_at = _moment(form, "from", zone)
    ends_at = _moment(form, "until", zone)
    if starts_at and ends_at and ends_at <= starts_at:
        form.refuse("until", "out_of_order", "ends before it starts")
    weekdays = _weekdays(form)
    opens, closes = _hours(form)
    form.finish()
    return Validity(starts_at, ends_at, weekdays, opens, closes)


def _moment(form: Form, key: str, zone: ZoneInfo) -> datetime | None:
    value = form.take(key)
    if value is None:
        return None
    try:
        return parse_moment(value, zone)
    except DomainError as error:
        form.adopt(key, error)
        return None


def _weekdays(form: Form) -> frozenset[int] | None:
    if "weekdays" not in form:
        form.take("weekdays")
        return None
    words = form.words("weekdays")
    for index, word in enumerate(words):
        if word not in WEEKDAYS:
            form.refuse(
                ("weekdays", index),
                "not_a_choice",
                f"{word!r} is not one of {', '.join(WEEKDAYS)}",
            )
    if not words:
        form.refuse("weekdays", "required", "name a weekday, or leave it out")
    return frozenset(WEEKDAYS.index(word) for word in words if word in WEEKDAYS)


def _hours(form: Form) -> tuple[int, int]:
    text = form.text("hours")
    if text is None:
        return 0, _MINUTES_A_DAY
    if not (match := _HOURS.fullmatch(text)):
        form.refuse("hours", "wrong_type", 'write hours as "08:00-11:00"')
        return 0, _MINUTES_A_DAY
    opens = int(match[1]) * 60 + int(match[2])
    closes = int(match[3]) * 60 + int(match[4])
    if closes > _MINUTES_A_DAY or opens == closes:
        form.refuse(
            "hours", "out_of_range", "hours end at another time, by 24:00 at the latest"
        )
    return opens, closes
