"""The keys of `ladders` and `access`, as the program file writes them."""

from typing import Any

from core.money import to_minor
from engine.program_file.forms import (
    Code,
    Flag,
    ListOf,
    Moment,
    Money,
    Rate,
    Schema,
    Span,
    Text,
    Whole,
    Word,
    YearDay,
)
from engine.program_file.mappings import CODE, ByCode, Fields, Key, OneOf
from engine.program_file.rewards_keys import GIVES, Anything
from engine.program_file.spot import Spot
from engine.program_file.text import Float, Scalar
from tiers.rules.ladder_forms import DOWNGRADES, METRICS, PERIODS
from tiers.rules.windows import CALENDAR


class Threshold:
    """Money for ladders of spending, a whole number for others; nothing is 0 in both."""

    def read(self, spot: Spot) -> int | str:
        if isinstance(spot.node, Scalar) and not isinstance(spot.node.value, str | Float):
            return Whole().read(spot)
        amount = Money().read(spot)
        currency = spot.reading.currency
        return 0 if currency is not None and not to_minor(amount, currency) else amount

    def schema(self) -> Schema:
        return {"anyOf": [Whole().schema(), Money().schema()]}


class Validity:
    """How long a tier lasts: by the periods of the window, or by a length."""

    length = Span("12 months")

    def read(self, spot: Spot) -> str:
        if isinstance(spot.node, Scalar) and spot.node.value in PERIODS:
            return spot.node.text
        return self.length.read(spot)

    def schema(self) -> Schema:
        return {"anyOf": [{"enum": list(PERIODS)}, self.length.schema()]}


class Benefits:
    """Named values. Which ones make sense is up to the storefront."""

    def read(self, spot: Spot) -> Any:
        return Anything().read(spot)

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,59}$"},
            "additionalProperties": {"type": ["boolean", "integer", "string", "null"]},
            "examples": [{"free_shipping": True, "early_access_hours": 48}],
        }


WINDOW = OneOf(
    words=("lifetime",),
    mappings={
        "rolling": Fields(
            {
                "rolling": Key(
                    Span("12 months"), "The last so many days or months.", required=True
                )
            }
        ),
        "calendar": Fields(
            {
                "calendar": Key(Word(CALENDAR), "From its first day on.", required=True),
                "starts": Key(YearDay(), "The first day of a fiscal year.", "01-01"),
            }
        ),
        "anniversary": Fields(
            {
                "anniversary": Key(
                    Word(("joined",)),
                    "From one anniversary of joining to the next.",
                    required=True,
                )
            }
        ),
    },
    example="{rolling: 12 months}",
)
ONCE = Key(
    Word(("lifetime", "each_time")),
    "How often a member is given it: once, or always.",
    "lifetime",
)
ENTRY = OneOf(
    mappings={
        kind: Fields({**fields.keys, "once": ONCE}, fields.one_of)
        for kind, fields in GIVES.mappings.items()
        if kind != "pay"
    },
    example="{points: 200}",
)
TIER = Fields(
    {
        "name": Key(Text(), "For people. Left out: the code.", CODE),
        "threshold": Key(Threshold(), "The value that is reached.", required=True),
        "operator": Key(
            Word(("at_least", "over")), "Whether the number itself is enough.", "at_least"
        ),
        "multiplier": Key(Rate(4), "Members earn so many times the points.", 1),
        "entry": Key(ENTRY, "What entering it gives. Left out: nothing."),
        "benefits": Key(Benefits(), "Named values that storefronts can ask for.", {}),
    }
)
LADDER = Fields(
    {
        "name": Key(Text(), "For people. Left out: the code.", CODE),
        "metric": Key(Word(METRICS), "What counts.", "spend"),
        "point_type": Key(
            Code(), "Which points, for points and balance. Left out: the first spendable ones."
        ),
        "count": Key(
            Word(("earned", "released")), "Whether pending points count as well.", "earned"
        ),
        "window": Key(WINDOW, "Over what it counts.", "lifetime"),
        "upgrade": Key(Word(("immediate", "next_period")), "When a rise counts.", "immediate"),
        "valid_for": Key(
            Validity(),
            "How long a tier lasts. Left out: end_of_next_period; a rolling window's length; "
            "for ever in a lifetime.",
        ),
        "downgrade": Key(Word(DOWNGRADES), "How far a fall goes.", "to_fit"),
        "grace": Key(
            Span("30 days", may_be_zero=True), "How long the verdict waits.", "0 days"
        ),
        "carry_over": Key(
            Flag(),
            "Whether what was above the threshold counts in the next period.",
            default=False,
        ),
        "on_refund": Key(
            Word(("undo", "keep_until")), "Whether a refund takes a tier away at once.", "undo"
        ),
        "tiers": Key(
            ByCode(TIER, called="tiers", most=50, least=1),
            "The tiers by code, from the lowest to the highest.",
            required=True,
        ),
    }
)
ACCESS_RULE = Fields(
    {
        "skus": Key(ListOf(Text(255), rank=str), "Products, by SKU.", []),
        "categories": Key(
            ListOf(Text(255), rank=str), "Products and content, by category.", []
        ),
        "tiers": Key(
            ListOf(Text(121), rank=str),
            "Members in one of these or a higher one, as vip.gold. Left out: everybody.",
            [],
        ),
        "opens_at": Key(Moment(), "From when on; a date is its local midnight."),
        "opens_early_by": Key(
            Code(), "The benefit that says by how many hours it opens earlier for a member."
        ),
    }
)

LADDERS = ByCode(LADDER, called="ladders", most=20)
ACCESS = ByCode(ACCESS_RULE, called="access rules")
