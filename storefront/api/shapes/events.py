"""Events, and why facts earned what they earned."""

from rest_framework import serializers

from storefront.api.shapes import earnings
from storefront.api.shapes.earnings import FactAnswer
from storefront.api.shapes.fields import (
    Anything,
    Attributes,
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


class EventStatement(Statement):
    """Something that a member did and that is not an order."""

    id = Text()
    type = Text(max_length=60, help_text="A word of your own: review, visit …")
    member = Text()
    occurred_at = Time(required=False, allow_null=True, help_text="Left out: now.")
    properties = Attributes(required=False, allow_null=True)


class EventAnswer(FactAnswer):
    id = Said()
    applied = Flag(help_text="False: a repeat, which changed nothing.")
    type = Said()
    occurred_at = Time()


class DecidedPoints(Shape):
    point_type = Said()
    desired = Whole()
    target = Whole()
    previous = Whole()
    delta = Change()
    limited_by = Said(allow_null=True)
    forgiven = Whole(help_text="What a clawback should have taken and did not.")
    already_expired = Whole(help_text="Points to take back that had expired already.")


class DecisionAnswer(Shape):
    """Why a fact earned what it earned."""

    id = Said()
    kind = Word("StatementKind", ("order", "refund", "event", "claim"))
    fact = Said(help_text="The id of the order or event.")
    version = Whole()
    member = Said(allow_null=True)
    decided_at = Time()
    occurred_at = Time(allow_null=True, help_text="The time that it was judged by.")
    rule_set = Whole(allow_null=True, help_text="The version of the rules that were asked.")
    why_nothing = Said(allow_null=True, help_text="Why no rule was asked at all.")
    waiting = Flag()
    subtotal = Whole(allow_null=True)
    clamped = Whole()
    points = DecidedPoints(many=True)
    rules = serializers.ListField(
        child=Anything(),
        help_text="Each rule that was looked at: matched or why not, base, multipliers, "
        "rounding, limits.",
    )
    statement = Anything(help_text="What was stated.")


STATEMENT = {
    "id": "rev-9",
    "type": "review",
    "member": "c-42",
    "occurred_at": "2026-05-01T10:00:00Z",
    "properties": {"stars": 5},
}
HEAD = {
    "id": "rev-9",
    "applied": True,
    "type": "review",
    "occurred_at": "2026-05-01T10:00:00Z",
}
ANSWER = HEAD | earnings.ANSWER
AGAIN = ANSWER | {
    "applied": False,
    "points": [earnings.EARNED | {"previous": 50, "delta": 0}],
}
DECISION = {
    "id": "dec_9",
    "kind": "order",
    "fact": "1001",
    "version": 1,
    "member": "c-42",
    "decided_at": "2026-05-01T10:00:00Z",
    "occurred_at": "2026-05-01T10:00:00Z",
    "rule_set": 3,
    "why_nothing": None,
    "waiting": False,
    "subtotal": 5000,
    "clamped": 0,
    "points": [
        {
            "point_type": "points",
            "desired": 50,
            "target": 50,
            "previous": 0,
            "delta": 50,
            "limited_by": None,
            "forgiven": 0,
            "already_expired": 0,
        }
    ],
    "rules": [
        {
            "rule": "spend",
            "name": "One point per euro",
            "point_type": "points",
            "matched": True,
            "why_not": None,
            "desired": 50,
            "base": 5000,
        }
    ],
    "statement": {"status": "paid", "member": "c-42"},
}
