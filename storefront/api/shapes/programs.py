"""The face of a program, its clock and its file."""

from rest_framework import serializers

from loyalty.models import PointType
from storefront.api.shapes.fields import (
    Anything,
    Flag,
    Said,
    Shape,
    Statement,
    Time,
    Whole,
    Word,
)
from storefront.api.shapes.tiers import FACE as LADDER
from storefront.api.shapes.tiers import LadderFace


class PointTypeName(Shape):
    one = Said()
    other = Said()


class PointTypeFace(Shape):
    name = PointTypeName()
    kind = Word("PointTypeKind", PointType.Kind.values)
    value = Said(help_text="What one point is worth, in major units.")
    decimals = Whole(help_text="For display only.")


class WayToEarn(Shape):
    """An earning rule, as members may know it."""

    code = Said()
    name = Said()
    on = Said(help_text="order, signup, birthday, or an event of your own.")
    point_type = Said(allow_null=True)
    award = Anything(required=False)
    multiply = Said(required=False)
    valid = Anything(required=False)


class ProgramFace(Shape):
    slug = Said()
    name = Said()
    currency = Said()
    timezone = Said()
    locale = Said()
    sandbox = Flag()
    point_types = serializers.DictField(child=PointTypeFace())
    ladders = serializers.DictField(child=LadderFace())
    ways_to_earn = WayToEarn(many=True)


class ClockStatement(Statement):
    now = Time()


class ClockAnswer(Shape):
    now = Time()


class ClockMoved(ClockAnswer):
    ran = serializers.DictField(child=Whole(), help_text="What was due, and how many of it.")


class FileChange(Anything):
    """One difference: `action` (create, update, archive), `path`, `from` and `to`."""


class ExpiringOn(Shape):
    """Points that expire on a local date; null is never."""

    on = serializers.DateField(allow_null=True)
    points = Whole()


class Prolonged(Shape):
    """Whose points get a later end, how many, and when they expire before and after."""

    point_type = serializers.CharField()
    members = Whole()
    points = Whole()
    before = serializers.ListField(child=ExpiringOn())
    after = serializers.ListField(child=ExpiringOn())


class MovedMember(Shape):
    """Somebody whom a change of a ladder moves."""

    member = Said()
    to = Said(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        # A word of Python's own cannot be written as an attribute.
        return {"from": Said(allow_null=True)} | super().get_fields()


class Moved(Shape):
    """Whom a change of a ladder moves."""

    ladder = Said()
    members = Whole(help_text="Of so many.")
    rise = Whole()
    fall = Whole()
    below = Whole(help_text="Who keep for its time a tier that they would no longer reach.")
    points = serializers.DictField(
        child=Whole(), help_text="What entry rewards come to, by point type."
    )
    examples = serializers.ListField(child=MovedMember())


class FileChanges(Shape):
    """What the file changes, or with `plan=true` would change."""

    changes = serializers.ListField(child=FileChange())
    prolonged = serializers.ListField(
        child=Prolonged(),
        required=False,
        help_text="With `plan=true`: points that `existing: from_change` gives another end.",
    )
    moved = serializers.ListField(
        child=Moved(),
        required=False,
        help_text="With `plan=true`: members whom ladders that change move at once.",
    )


FACE = {
    "slug": "harbour-coffee",
    "name": "Harbour Coffee",
    "currency": "EUR",
    "timezone": "Europe/Berlin",
    "locale": "en",
    "sandbox": False,
    "point_types": {
        "points": {
            "name": {"one": "Bean", "other": "Beans"},
            "kind": "spendable",
            "value": "0.01",
            "decimals": 0,
        }
    },
    "ladders": {"vip": LADDER},
    "ways_to_earn": [
        {
            "code": "spend",
            "name": "One point per euro",
            "on": "order",
            "point_type": "points",
            "award": {"points": 1, "per": "1.00"},
        }
    ],
}
CLOCK = {"now": "2026-03-01T00:00:00Z"}
MOVED = CLOCK | {"ran": {"released": 12, "lapsed": 0, "expired": 3, "holds_ended": 0}}
FILE = {
    "version": 1,
    "program": {
        "slug": "harbour-coffee",
        "name": "Harbour Coffee",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
    },
    "point_types": {"points": {"name": {"one": "Bean", "other": "Beans"}}},
    "earning_rules": {"spend": {"award": {"points": 1, "per": "1.00"}}},
}
CHANGES = {
    "changes": [
        {
            "action": "update",
            "path": "earning_rules.spend.award",
            "from": {"points": 1, "per": "1.00"},
            "to": {"points": 2, "per": "1.00"},
        }
    ]
}
