"""Something that happened to a member and is not an order, as it is stated."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loyalty.rules.statements.attributes import parse_attributes
from loyalty.rules.statements.reading import Fault, Parser, ahead, raise_any, read_body
from loyalty.rules.statements.values import parse_id, parse_slug, parse_time

# Rules hear of these by other statements, or because the engine states them itself:
# a storefront that could say "signup" would be paid for it twice.
RESERVED_TYPES = ("order", "refund", "signup", "birthday", "anniversary")
# Events that the engine states itself, such as a signup, have such ids.
RESERVED_IDS = "perennial:"


@dataclass(frozen=True, slots=True)
class EventStatement:
    """What a storefront says happened. The time is as stated, not filled in."""

    id: str
    type: str
    member: str
    occurred_at: datetime | None
    properties: dict[str, Any]


def parse_event(data: object, *, now: datetime) -> EventStatement:
    """Check a stated event, whose id is in its body.

    :raises InvalidInput: with everything that is wrong
    """
    stated: dict[str, Any] = {"occurred_at": None, "properties": {}}
    problems = read_body(data, EVENT, stated, needs=("id", "type", "member"))
    problems += ahead(stated, ("occurred_at",), now)
    raise_any(problems)
    return EventStatement(**stated)


def parse_event_id(value: object) -> str:
    event_id = parse_id(value)
    if event_id.startswith(RESERVED_IDS):
        raise Fault.of("reserved", f"only our own ids begin with {RESERVED_IDS}")
    return event_id


def parse_type(value: object) -> str:
    event_type = parse_slug(value)
    if event_type in RESERVED_TYPES:
        raise Fault.of("reserved", f"an event cannot be of type {event_type}")
    return event_type


# How each field is read, in the order of the documentation.
EVENT: dict[str, Parser] = {
    "id": parse_event_id,
    "type": parse_type,
    "member": parse_id,
    "occurred_at": parse_time,
    "properties": parse_attributes,
}
EVENT_FIELDS = tuple(EVENT)
