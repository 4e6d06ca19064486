"""Ladders, tiers, benefits and access, as stated and as answered."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from storefront.api.shapes.fields import (
    Anything,
    Change,
    Flag,
    Said,
    Shape,
    Statement,
    Text,
    Time,
    Whole,
    Word,
)
from tiers.models import StandingChange

METRICS = ("spend", "points", "orders", "active_months", "balance")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "enum": ["lifetime"]},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ]
    }
)
class LadderWindow(serializers.Field):  # type: ignore[type-arg]
    """Over what a ladder counts, in the program file's form."""


class TierFace(Shape):
    """A tier of a ladder, and what it brings."""

    code = Said()
    name = Said()
    threshold = Whole(help_text="In minor units for `spend`.")
    operator = Word("TierOperator", ("at_least", "over"))
    multiplier = Said(help_text="Of what is earned, as a decimal number.")
    entry = Anything(allow_null=True, help_text="What entering it gives.")
    benefits = Anything(help_text="By name.")


class LadderFace(Shape):
    """A ladder as anybody may know it; benefits that are texts are left out."""

    name = Said()
    metric = Word("TierMetric", METRICS)
    point_type = Said(allow_null=True)
    window = LadderWindow()
    valid_for = Said(allow_null=True, help_text="Null is for ever.")
    tiers = TierFace(many=True, help_text="From the lowest.")


class LadderAnswer(LadderFace):
    """A ladder with all that its tiers bring."""

    code = Said()


class LadderList(Shape):
    """All ladders that are in force, in the program's order."""

    results = LadderAnswer(many=True)
    next = serializers.URLField(allow_null=True, help_text="Null: there are no more.")
    previous = serializers.URLField(allow_null=True)


class TierStatement(Statement):
    """A tier that a member is to have at least."""

    ladder = Text(
        required=False, allow_null=True, help_text="May be left out where there is one."
    )
    tier = Text(allow_null=True, help_text="Null ends what was set by hand.")
    until = Time(required=False, allow_null=True, help_text="Exclusive; null has no end.")
    reason = Text(help_text="For staff.")


class TierStanding(Shape):
    tier = Said(allow_null=True, help_text="Null where no tier is reached.")
    since = Time(allow_null=True, help_text="Null: it was never in another.")
    until = Time(allow_null=True, help_text="Exclusive; null has no end.")


class NextTier(Shape):
    tier = Said()
    threshold = Whole()
    missing = Whole()


class KeepTier(Shape):
    by = Time(help_text="When the tier is judged anew, exclusive.")
    missing = Whole(help_text="0: it will be kept.")
    falls_at = Time(allow_null=True, help_text="When it falls, if nothing comes in.")
    falls_to = Said(allow_null=True)


class ChangeSource(Shape):
    type = Said()
    id = Said(allow_null=True)


class TierChange(Shape):
    to = Said(allow_null=True)
    at = Time()
    cause = Word("TierCause", StandingChange.Cause.values)
    source = ChangeSource(allow_null=True)  # type: ignore[assignment]
    reason = Said(allow_null=True, help_text="Of staff; null for the shopper.")

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        # A word of Python's own cannot be written as an attribute.
        return {"from": Said(allow_null=True)} | super().get_fields()


class TierAnswer(TierStanding):
    """Where a member stands in a ladder, and what is missing."""

    ladder = Said()
    metric = Word("TierMetric", METRICS)
    value = Change(help_text="What counts now; minor units for `spend`.")
    next = NextTier(allow_null=True, help_text="Null at the top.")
    keep = KeepTier(allow_null=True, help_text="Null where the tier lasts for ever.")
    benefits = Anything(help_text="Of this tier.")
    history = TierChange(many=True, help_text="Newest first, the last 200.")


class BenefitsAnswer(Shape):
    """What the member's tiers bring, the best of each."""

    benefits = Anything(help_text="By name.")


class AccessAnswer(Shape):
    """Whether the member may have it."""

    allowed = Flag()
    opens_at = Time(allow_null=True, help_text="When it opens to this member.")
    because = Said(
        allow_null=True, help_text="The tier that opens it, or `needs_tier`, or `not_yet`."
    )


GOLD_BENEFITS = {
    "free_shipping": True,
    "early_access_hours": 48,
    "support_priority": 1,
    "hotline": "+49 30 1234",
}
FACE = {
    "name": "VIP",
    "metric": "spend",
    "point_type": None,
    "window": {"calendar": "year", "starts": "01-01"},
    "valid_for": "end_of_next_period",
    "tiers": [
        {
            "code": "silver",
            "name": "Silver",
            "threshold": 20000,
            "operator": "at_least",
            "multiplier": "1.25",
            "entry": None,
            "benefits": {"support_priority": 2},
        },
        {
            "code": "gold",
            "name": "Gold",
            "threshold": 50000,
            "operator": "at_least",
            "multiplier": "1.5",
            "entry": {"points": 200, "point_type": "points", "once": "lifetime"},
            "benefits": {
                "free_shipping": True,
                "early_access_hours": 48,
                "support_priority": 1,
            },
        },
    ],
}
LADDERS = {"results": [{"code": "vip", **FACE}], "next": None, "previous": None}
HELD = {"tier": "silver", "since": "2026-02-01T09:00:00Z", "until": "2027-12-31T23:00:00Z"}
RISE = {
    "from": None,
    "to": "silver",
    "at": "2026-02-01T09:00:00Z",
    "cause": "order",
    "source": {"type": "order", "id": "1001"},
    "reason": None,
}
SILVER = {
    "ladder": "vip",
    **HELD,
    "metric": "spend",
    "value": 41250,
    "next": {"tier": "gold", "threshold": 50000, "missing": 8750},
    "keep": {
        "by": "2027-12-31T23:00:00Z",
        "missing": 20000,
        "falls_at": "2027-12-31T23:00:00Z",
        "falls_to": None,
    },
    "benefits": {"support_priority": 2},
    "history": [RISE],
}
BY_HAND = {
    "ladder": "vip",
    "tier": "gold",
    "until": "2027-05-01T10:00:00Z",
    "reason": "a long outage",
}
NO_LONGER = {"ladder": "vip", "tier": None, "reason": "agreed with the member"}
GOLD = SILVER | {
    "tier": "gold",
    "since": "2026-05-01T10:00:00Z",
    "until": "2027-05-01T10:00:00Z",
    "next": None,
    "benefits": GOLD_BENEFITS,
    "history": [
        {
            "from": "silver",
            "to": "gold",
            "at": "2026-05-01T10:00:00Z",
            "cause": "by_hand",
            "source": {"type": "staff", "id": None},
            "reason": "a long outage",
        },
        RISE,
    ],
}
BENEFITS = {"benefits": GOLD_BENEFITS}
OPEN = {"allowed": True, "opens_at": None, "because": "gold"}
NOT_YET = {"allowed": False, "opens_at": "2026-11-29T09:00:00Z", "because": "not_yet"}
