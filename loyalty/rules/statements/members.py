"""A member as a storefront states it."""

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.errors import Problem
from loyalty.rules.codes import compared
from loyalty.rules.statements.attributes import Consent, parse_changes, parse_consents
from loyalty.rules.statements.reading import (
    Fault,
    Parser,
    ahead,
    check_id,
    raise_any,
    read_body,
    token,
    unless_empty,
)
from loyalty.rules.statements.values import (
    parse_date,
    parse_email,
    parse_id,
    parse_label,
    parse_locale,
    parse_phone,
    parse_text,
    parse_time,
    parse_timezone,
)

LONGEST_CARD = 64


def parse_card(value: object) -> str:
    """Return a card number as it is compared: however it is printed, typed or read out."""
    number = compared(parse_label(value))
    if not number:
        raise Fault.of("blank", "must have letters or digits")
    if len(number) > LONGEST_CARD:
        raise Fault.of("too_long", f"at most {LONGEST_CARD} characters")
    return number


MEMBER: dict[str, Parser] = {
    "name": parse_text,
    "email": unless_empty(parse_email, None),
    "phone": unless_empty(parse_phone, None),
    "card": unless_empty(parse_card, None),
    "birthday": unless_empty(parse_date, None),
    "locale": unless_empty(parse_locale, ""),
    "timezone": unless_empty(parse_timezone, ""),
    "joined_at": parse_time,
    "attributes": parse_changes,
    "consents": parse_consents,
    "referral_code": parse_text,
}
MEMBER_FIELDS = tuple(MEMBER)

# What a field becomes when it is cleared.
EMPTY: dict[str, Any] = {
    "name": "",
    "email": None,
    "phone": None,
    "card": None,
    "birthday": None,
    "locale": "",
    "timezone": "",
    "attributes": {},
    "consents": {},
}


@dataclass(frozen=True, slots=True)
class MemberStatement:
    """What a storefront says about a member.

    `given` has the fields that were stated and no other, so that one statement
    can enrol, replace or change. A card number stands as it is compared: without
    spaces and dashes, in capital letters. What was cleared, by null or by an empty text,
    is "" (name, locale, timezone), None (email, phone, card, birthday) or {}
    (attributes, consents); `joined_at` and `referral_code` cannot be cleared. A
    single attribute that shall go is None in `attributes`.
    """

    id: str
    given: dict[str, Any]


def parse_member(external_id: str, data: object, *, now: datetime) -> MemberStatement:
    """Check what is stated about a member.

    :raises InvalidInput: with everything that is wrong
    """
    given: dict[str, Any] = {}
    problems = check_id("id", external_id, parse_id)
    problems += read_body(data, MEMBER, given)
    problems += ahead(given, ("joined_at",), now)
    for topic, consent in given.get("consents", {}).items():
        if isinstance(consent, Consent):
            late = ahead({"at": consent.at}, ("at",), now)
            at = f"/consents/{token(topic)}"
            problems += [Problem(f"{at}{p.pointer}", p.code, p.detail) for p in late]
    birthday = given.get("birthday")
    if birthday is not None and birthday > now.astimezone(UTC).date():
        problems.append(Problem("/birthday", "in_the_future", "has not come yet"))
    raise_any(problems)
    if not given.get("referral_code"):
        given.pop("referral_code", None)
    return MemberStatement(id=external_id, given=_cleared(data) | given)


def _cleared(data: object) -> dict[str, Any]:
    """Return what the null fields of a body become."""
    if not isinstance(data, dict):
        return {}
    return {
        name: copy(empty)
        for name, empty in EMPTY.items()
        if name in data and data[name] is None
    }
