"""What may stand behind the question mark."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from loyalty.models import Redemption
from loyalty.models.ledger import EntryKind
from referrals.rules.states import State
from storefront.api.shapes.fields import MOST

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
    parameter("card", "The member with this card number, however it is typed."),
]
AT = [parameter("at", "Any past or future moment; left out: now.", TIME)]
STATEMENT = [
    parameter("point_type", "Entries of this point type only."),
    parameter(
        "kind", "Entries of this kind only.", {"type": "string", "enum": EntryKind.values}
    ),
]
OF_MEMBER = [parameter("member", "Orders of the member with this id only.")]
FOR_MEMBER = [parameter("member", "Say also what the member with this id may have.")]
REDEMPTIONS_OF = [parameter("member", "Redemptions of the member with this id only.")]
REDEMPTIONS = [
    parameter(
        "status",
        "Those that stand like this only.",
        {"type": "string", "enum": Redemption.Status.values},
    ),
    parameter(
        "fulfilment",
        "Those whose work stands like this only.",
        {"type": "string", "enum": ["open", "in_progress", "fulfilled", "cancelled"]},
    ),
]
LADDER = [parameter("ladder", "The ladder; may be left out where there is one.")]
REFERRAL_PROGRAM = [parameter("program", "The referral program; left out: the first.")]
REFERRALS = [
    parameter("advocate", "Referrals by the member with this id only."),
    parameter(
        "state",
        "Those that stand like this only.",
        {"type": "string", "enum": [state.value for state in State]},
    ),
]
REFERRAL_INSIGHTS = [
    parameter(
        "by",
        "What each row is about.",
        {
            "type": "string",
            "enum": ["program", "advocate", "channel"],
            "default": "program",
        },
    ),
    parameter("program", "The referral program; left out: all together."),
]
PRODUCT = [
    parameter("sku", "The product."),
    parameter("category", "What it is in, or the kind of content."),
]
AUDIENCE = [parameter("audience", "Who checks the claims, `storefront` unless stated.")]
SUBTOTAL = [
    parameter(
        "subtotal",
        "The order's subtotal in minor units.",
        {"type": "integer", "minimum": 0, "maximum": MOST},
    )
]
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
