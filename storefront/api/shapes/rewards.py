"""The catalogue: what points can be exchanged for."""

from rest_framework import serializers

from storefront.api.shapes.fields import (
    Anything,
    Flag,
    Said,
    Shape,
    Statement,
    Text,
    Time,
    Whole,
    Word,
)

WHY_NOT = (
    "member_suspended",
    "not_redeemable",
    "not_eligible",
    "out_of_stock",
    "limit_reached",
    "insufficient_points",
)


class OfferWindow(Shape):
    until = Time(allow_null=True, help_text="Exclusive; null has no end.")

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        # A word of Python's own cannot be written as an attribute.
        return {"from": Time(allow_null=True)} | super().get_fields()


class RewardFace(Shape):
    """A reward, as members may know it. With a member it also says what stands between."""

    code = Said()
    name = Said()
    cost = serializers.DictField(
        child=Whole(), help_text="Points by point type; any one pays. Empty: it pays."
    )
    gives = Anything(help_text="In the program file's form.")
    stock = Whole(allow_null=True, help_text="How many are left; null is any number.")
    visible = OfferWindow()
    redeemable = OfferWindow()
    limits = serializers.ListField(child=Anything())
    several_per_order = Flag(help_text="Whether one order may redeem it more than once.")
    affordable = Flag(required=False, help_text="Whether the member has the points.")
    eligible = Flag(required=False, help_text="Whether it is meant for this member.")
    why_not = Word(
        "WhyNotRedeemable",
        WHY_NOT,
        required=False,
        allow_null=True,
        help_text="Why the member cannot have it now; null if they can.",
    )


class Catalogue(Shape):
    """All rewards that are visible now, in the program's order."""

    results = RewardFace(many=True)


class PoolStatement(Statement):
    """Voucher codes that were made elsewhere."""

    codes = serializers.ListField(child=Text(max_length=80), min_length=1, max_length=10_000)


class PoolAnswer(Shape):
    imported = Whole(help_text="New ones.")
    known = Whole(help_text="Those of this reward's pool that were known before.")


FACE = {
    "code": "coffee",
    "name": "Free coffee",
    "cost": {"points": 100},
    "gives": {"free_product": "ESPRESSO"},
    "stock": 40,
    "visible": {"from": None, "until": None},
    "redeemable": {"from": None, "until": "2026-12-31T23:00:00Z"},
    "limits": [{"times": 1, "per": "day", "of": "member"}],
    "several_per_order": False,
}
CATALOGUE = {"results": [FACE]}
FOR_MEMBER = {
    "results": [
        FACE | {"affordable": False, "eligible": True, "why_not": "insufficient_points"}
    ]
}
POOL = {"codes": ["SUMMER-7K2M-QX4D", "SUMMER-9TRF-W3VH"]}
IMPORTED = {"imported": 2, "known": 0}
