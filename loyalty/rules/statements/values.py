"""Single values of a statement: each is brought into its normal form or refused."""

import re
from datetime import UTC, date, datetime
from functools import cache
from unicodedata import category, normalize
from zoneinfo import available_timezones

from loyalty.rules.statements.reading import Fault, kind_of, parse_list, wrong_type

MAX_NUMBER = 2**63 - 1
LONGEST_ID = 255
LONGEST_TEXT = 255
LONGEST_NAME = 1000
MOST_LABELS = 100
LONGEST_EMAIL = 254
LONGEST_LOCALE = 20

# No shopper is older, and near year 1 some zones have no local time.
EARLIEST_YEAR = 1900
# Periods of up to a century are counted from a moment; the calendar ends with 9999.
LATEST_YEAR = 8999

# Control characters, and Unicode's own ends of line and paragraph.
UNFIT_FOR_ID = frozenset(("Cc", "Zl", "Zp"))
SURROGATE = re.compile("[\ud800-\udfff]")
# RFC 3339, section 5.6, with the space its note allows between date and time.
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,20})?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SLUG = re.compile(r"[a-z0-9_.-]{1,60}")
LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
CURRENCY = re.compile(r"[A-Z]{3}")
# Looser than RFC 5321 in the local part, since shoppers have such addresses, but
# without its quoted form. Any script, as in RFC 6531.
EMAIL = re.compile(
    r"[^\s\x00-\x20\x7f@<>()\[\],;:\\\"]{1,64}@"
    r"(?:[^\s\x00-,./:-@\[-`{-\x7f]{1,63}\.)+[^\s\x00-,./:-@\[-`{-\x7f]{1,63}"
)
# ITU-T E.164: a country code and at most 15 digits in all.
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
PHONE_FILLERS = str.maketrans("", "", " \u00a0-\u2010\u2011\u2013()[]")


def parse_text(value: object, most: int = LONGEST_TEXT) -> str:
    """Return text that any database can keep, unchanged."""
    if isinstance(value, str) and value.isprintable() and len(value) <= most:
        return value
    if not isinstance(value, str):
        raise wrong_type("text", value)
    if len(value) > most:
        raise Fault.of("too_long", f"at most {most:,} characters")
    if "\0" in value:
        raise Fault.of("nul_character", "a NUL character cannot be kept")
    if SURROGATE.search(value):
        raise Fault.of("not_unicode", "half of a surrogate pair is not a character")
    return value


def parse_name(value: object) -> str:
    return parse_text(value, LONGEST_NAME)


def parse_label(value: object, most: int = LONGEST_TEXT) -> str:
    """Return text that says something."""
    text = parse_text(value, most)
    if text and not text.isspace():
        return text
    raise Fault.of("blank", "must not be blank")


def parse_labels(value: object) -> list[str]:
    """Return a list of labels, each once, in the order stated."""
    if value == []:
        return []
    return list(dict.fromkeys(parse_list(value, parse_label, MOST_LABELS)))


def parse_id(value: object) -> str:
    """Return a storefront's id as it is spelt: ids are never changed to match."""
    text = parse_label(value, LONGEST_ID)
    if text.isprintable():
        return text
    if not UNFIT_FOR_ID.isdisjoint(map(category, text)):
        raise Fault.of("control_character", "an id has no control characters")
    return text


def parse_whole(value: object) -> int:
    """Return a whole number from 0 up that fits in 64 bits."""
    if type(value) is int and 0 <= value <= MAX_NUMBER:
        return value
    if kind_of(value) != "a number":
        raise wrong_type("a whole number", value)
    if not isinstance(value, int):
        raise Fault.of("not_an_integer", "expected a whole number, not a fraction")
    if value < 0:
        raise Fault.of("negative", "must not be negative")
    raise Fault.of("out_of_range", f"must be at most {MAX_NUMBER}")


def parse_quantity(value: object) -> int:
    """Return a whole number from 1 up."""
    number = parse_whole(value)
    if number == 0:
        raise Fault.of("out_of_range", "must be at least 1")
    return number


def parse_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise wrong_type("true or false", value)
    return value


def parse_time(value: object) -> datetime:
    """Return the time of something that has happened, in UTC (see `parse_moment`)."""
    time = _written_time(value)
    if time.year > LATEST_YEAR:
        raise Fault.of("in_the_future", "must not be ahead of the clock")
    return time.astimezone(UTC)


def parse_moment(value: object) -> datetime:
    """Return an RFC 3339 time in UTC, past or to come.

    Digits beyond the microsecond are cut off.
    """
    time = _written_time(value)
    if time.year > LATEST_YEAR:
        raise Fault.of("out_of_range", f"must not be after the year {LATEST_YEAR}")
    return time.astimezone(UTC)


def _written_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise wrong_type("a time as text", value)
    if not TIME.fullmatch(value):
        raise Fault.of(
            "invalid_time",
            "expected an RFC 3339 time with a zone, such as 2026-05-01T10:00:00Z",
        )
    if value[17:19] == "60":
        raise Fault.of("invalid_time", "a leap second cannot be kept; use second 59")
    try:
        time = datetime.fromisoformat(value.upper())
    except ValueError:
        raise Fault.of("invalid_time", "there is no such day") from None
    if time.year < EARLIEST_YEAR:
        raise Fault.of("out_of_range", f"must not be before {EARLIEST_YEAR}")
    return time


def parse_date(value: object) -> date:
    if not isinstance(value, str):
        raise wrong_type("a date as text", value)
    if not DATE.fullmatch(value):
        raise Fault.of("invalid_date", "expected a date such as 2026-05-01")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Fault.of("invalid_date", "there is no such day") from None
    if day.year < EARLIEST_YEAR:
        raise Fault.of("out_of_range", f"must not be before {EARLIEST_YEAR}")
    return day


def parse_currency(value: object) -> str:
    text = parse_text(value)
    if not CURRENCY.fullmatch(text):
        raise Fault.of("invalid_currency", "expected a code of ISO 4217, such as EUR")
    return text


def parse_email(value: object) -> str:
    """Return an address lower-cased and composed (NFC), so that equal ones match."""
    # Lower case comes first: lower-casing can take a composed letter apart.
    email = normalize("NFC", parse_text(value, LONGEST_EMAIL).strip().lower())
    if len(email) > LONGEST_EMAIL:
        raise Fault.of("too_long", f"at most {LONGEST_EMAIL} characters")
    if not EMAIL.fullmatch(email) or not email.isprintable():
        raise Fault.of("invalid_email", "expected an address such as ada@example.org")
    return email


def parse_phone(value: object) -> str:
    """Return a number in E.164, such as +4930123456."""
    text = parse_text(value)
    phone = text.translate(PHONE_FILLERS)
    # "+49 (0)30 …" is how people write it; with the zero it is another number.
    if not PHONE.fullmatch(phone) or "(0)" in text.replace(" ", ""):
        raise Fault.of("invalid_phone", "expected E.164 with its +, such as +4930123456")
    return phone


def parse_slug(value: object) -> str:
    text = parse_label(value)
    if not SLUG.fullmatch(text):
        raise Fault.of(
            "invalid_slug",
            "expected up to 60 of the characters a-z, 0-9, dot, dash and underscore",
        )
    return text


def parse_locale(value: object) -> str:
    text = parse_text(value)
    if len(text) > LONGEST_LOCALE or not LOCALE.fullmatch(text):
        raise Fault.of("invalid_locale", "expected a language tag such as en or de-AT")
    return text


def parse_timezone(value: object) -> str:
    text = parse_text(value)
    if text not in _timezones():
        raise Fault.of("unknown_timezone", "expected an IANA name, such as Europe/Berlin")
    return text


@cache
def _timezones() -> frozenset[str]:
    """Return every zone's name. Finding them opens hundreds of files: once."""
    # These two mean another time on each machine, or none.
    return frozenset(available_timezones() - {"localtime", "Factory"})
