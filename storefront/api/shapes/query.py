"""What may stand behind the question mark."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from loyalty.models.ledger import EntryKind

TIME = {"type": "string", "format": "date-time"}


def parameter(name: str, description: str, schema: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, description=description)


PAGE = [
    parameter(
        "limit",
        "How many on a page.",
        {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    ),
    parameter("cursor", "Where the page begins: follow `next` and `previous`."),
]
LOOK_UP = [
    parameter("email", "The member with this e-mail address."),
    parameter("phone", "The member with this phone number (E.164)."),
    parameter("card", "The member with this card number."),
]
AT = [parameter("at", "Any past or future moment; left out: now.", TIME)]
STATEMENT = [
    parameter("point_type", "Entries of this point type only."),
    parameter(
        "kind", "Entries of this kind only.", {"type": "string", "enum": EntryKind.values}
    ),
]
OF_MEMBER = [parameter("member", "Orders of the member with this id only.")]
PLAN = [
    parameter(
        "plan",
        "true: say what would change, and change nothing.",
        {"type": "string", "enum": ["true", "false"]},
    )
]
ATOMIC = [
    parameter(
        "atomic",
        "true: all lines or none.",
        {"type": "string", "enum": ["true", "false"]},
    )
]
