"""What the conditions of earning rules may name, with words and examples.

The admin shows these beside the field in which a condition is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.expressions import FieldType, Schema
from loyalty.rules.validity import WEEKDAYS

BOOL = FieldType.BOOL
INT = FieldType.INT
TEXT = FieldType.TEXT
TEXTS = FieldType.LIST_OF_TEXT
ANY = FieldType.ANY


# The codes of the tiers of each ladder that a program has.
Tiers = Mapping[str, Sequence[str]]

TIER = "member.tier"


@dataclass(frozen=True)
class Field:
    """A name that a condition may use; `values` if it is a text that is one of a few."""

    type: FieldType
    help: str
    example: str
    values: Sequence[str] = ()


Fields = Mapping[str, Field]

ORDER_FIELDS: Fields = {
    "order.subtotal": Field(
        INT,
        "Goods after discounts and refunds, without tax and shipping, in minor units.",
        "order.subtotal >= 1000",
    ),
    "order.total": Field(
        INT,
        "The subtotal plus tax and shipping, in minor units.",
        "order.total >= 5000",
    ),
    "order.currency": Field(TEXT, "The ISO 4217 code.", 'order.currency == "EUR"'),
    "order.channel": Field(
        TEXT,
        "Where it was placed, in the storefront's words.",
        'order.channel == "web"',
    ),
    "order.store": Field(
        TEXT,
        "The shop it was placed in, in the storefront's words.",
        'order.store in ["berlin", "hamburg"]',
    ),
    "order.coupons": Field(
        TEXTS,
        "The coupon codes used on it.",
        '"VIP" in order.coupons',
    ),
    "order.skus": Field(
        TEXTS,
        "The SKUs of all its lines.",
        '"BEANS-1" in order.skus',
    ),
    "order.categories": Field(
        TEXTS,
        "The categories of all its lines.",
        '"coffee" in order.categories',
    ),
    "order.quantity": Field(
        INT,
        "How many units it has, net of refunds.",
        "order.quantity >= 3",
    ),
    "order.is_first": Field(
        BOOL,
        "Whether it is the member's first order.",
        "order.is_first",
    ),
    "order.weekday": Field(
        TEXT,
        "The day it was paid on, in the program's time zone: mon, tue, wed, thu, "
        "fri, sat or sun.",
        'order.weekday in ["sat", "sun"]',
        WEEKDAYS,
    ),
    "order.hour": Field(
        INT,
        "The hour it was paid in, in the program's time zone, from 0 to 23.",
        "8 <= order.hour < 11",
    ),
    "order.attributes.*": Field(
        ANY,
        "Whatever else the storefront says about it.",
        "order.attributes.gift == True",
    ),
}

LINE_FIELDS: Fields = {
    "line.sku": Field(TEXT, "The SKU.", 'line.sku in ["BEANS-1", "BEANS-2"]'),
    "line.name": Field(TEXT, "The product's name.", 'line.name == "House blend"'),
    "line.category": Field(
        TEXT,
        "The first of its categories; an empty text if it has none.",
        'line.category == "coffee"',
    ),
    "line.categories": Field(
        TEXTS,
        "All its categories.",
        '"coffee" in line.categories',
    ),
    "line.quantity": Field(
        INT,
        "How many units, net of refunds.",
        "line.quantity >= 2",
    ),
    "line.unit_price": Field(
        INT,
        "The price of one unit before discounts, in minor units.",
        "line.unit_price >= 2500",
    ),
    "line.amount": Field(
        INT,
        "Its share of the order's subtotal, in minor units.",
        "line.amount > 0",
    ),
    "line.attributes.*": Field(
        ANY,
        "Whatever else the storefront says about it.",
        'line.attributes.roast == "dark"',
    ),
}

EVENT_FIELDS: Fields = {
    "event.type": Field(TEXT, "What happened.", 'event.type == "review"'),
    "event.properties.*": Field(
        ANY,
        "Whatever the storefront says about it.",
        "event.properties.stars >= 4",
    ),
}

MEMBER_FIELDS: Fields = {
    f"{TIER}.*": Field(
        TEXT,
        "The member's tier in a ladder; the ladder's code follows the dot.",
        'member.tier.vip in ["gold", "platinum"]',
    ),
    "member.orders_count": Field(
        INT,
        "How many orders the member has that are worth something.",
        "member.orders_count >= 10",
    ),
    "member.spend_12m": Field(
        INT,
        "What the member spent in the last 12 months, in minor units.",
        "member.spend_12m >= 50000",
    ),
    "member.joined_days_ago": Field(
        INT,
        "How many whole days ago the member joined.",
        "member.joined_days_ago < 30",
    ),
    "member.age": Field(
        INT,
        "The member's age in years; not known without a birthday.",
        "member.age >= 60",
    ),
    "member.locale": Field(TEXT, "The member's locale.", 'member.locale == "de"'),
    "member.attributes.*": Field(
        ANY,
        "Whatever else the storefront says about the member.",
        "member.attributes.newsletter == True",
    ),
    "member.segments": Field(
        TEXTS,
        "The codes of the segments the member is in.",
        '"lapsed" in member.segments',
    ),
}


def when_fields(on: str) -> Fields:
    """Return what `when` may name in a rule about `on`: orders or an event type."""
    return {**(ORDER_FIELDS if on == "order" else EVENT_FIELDS), **MEMBER_FIELDS}


def lines_fields() -> Fields:
    """Return what `lines` may name."""
    return {**LINE_FIELDS, **ORDER_FIELDS, **MEMBER_FIELDS}


def when_schema(on: str, tiers: Tiers | None = None) -> Schema:
    """Return the schema of `when` in a rule about `on`, with these tiers or any."""
    return _schema(when_fields(on), tiers)


def lines_schema(tiers: Tiers | None = None) -> Schema:
    """Return the schema of `lines`, with these tiers or any."""
    return _schema(lines_fields(), tiers)


def member_schema(tiers: Tiers | None = None) -> Schema:
    """Return the schema of conditions on a member alone, with these tiers or any."""
    return _schema(MEMBER_FIELDS, tiers)


def _schema(fields: Fields, tiers: Tiers | None) -> Schema:
    types = {name: field.type for name, field in fields.items()}
    values = {name: field.values for name, field in fields.items() if field.values}
    if tiers is not None:
        del types[f"{TIER}.*"]
        values |= {f"{TIER}.{ladder}": codes for ladder, codes in tiers.items()}
        types |= dict.fromkeys((f"{TIER}.{ladder}" for ladder in tiers), TEXT)
    return Schema(types, values, closed=() if tiers is None else (TIER,))
