"""Orders, refunds and previews, as stated and as answered."""

from rest_framework import serializers

from loyalty.rules.statements import STATUSES
from storefront.api.shapes import earnings
from storefront.api.shapes.earnings import POINTS_STATES, FactAnswer
from storefront.api.shapes.fields import (
    Anything,
    Attributes,
    Flag,
    Said,
    Shape,
    Statement,
    Text,
    Time,
    Whole,
    Word,
    listed,
)


class GuestStatement(Statement):
    """Where to find out later whose order it was."""

    email = Text(required=False, allow_null=True, allow_blank=True, max_length=254)
    phone = Text(required=False, allow_null=True, allow_blank=True, help_text="E.164.")


class LineStatement(Statement):
    id = Text(required=False, allow_null=True, help_text="Left out: its place, from 1.")
    sku = Text(required=False, allow_null=True, allow_blank=True)
    name = Text(required=False, allow_null=True, allow_blank=True, max_length=1000)
    categories = serializers.ListField(
        child=Text(), max_length=100, required=False, allow_null=True
    )
    quantity = Whole(required=False, allow_null=True, min_value=1, default=1)
    unit_price = Whole()
    discount = Whole(required=False, allow_null=True, help_text="Of the whole line.")
    tax = Whole(required=False, allow_null=True)
    refunded_quantity = Whole(required=False, allow_null=True)
    refunded_amount = Whole(required=False, allow_null=True)
    gift_card = Flag(required=False, allow_null=True, help_text="It is a gift card.")
    attributes = Attributes(required=False, allow_null=True)


class OrderStatement(Statement):
    """An order as it stands now, whole. Money is in minor units."""

    member = Text(required=False, allow_null=True)
    guest = GuestStatement(required=False, allow_null=True)
    version = Whole(required=False, allow_null=True, help_text="Grows with each statement.")
    updated_at = Time(required=False, allow_null=True, help_text="May stand in for version.")
    status = Word("OrderStatus", STATUSES)
    currency = Text(required=False, allow_null=True, max_length=3, help_text="The program's.")
    placed_at = Time(required=False, allow_null=True)
    paid_at = Time(required=False, allow_null=True)
    fulfilled_at = Time(required=False, allow_null=True)
    cancelled_at = Time(required=False, allow_null=True)
    lines = serializers.ListField(
        child=LineStatement(),
        required=False,
        allow_null=True,
        max_length=1000,
        help_text="Or subtotal.",
    )
    subtotal = Whole(required=False, allow_null=True, help_text="Stands for one line.")
    discount = Whole(required=False, allow_null=True)
    tax = Whole(required=False, allow_null=True)
    tax_included = Flag(required=False, allow_null=True)
    shipping = Whole(required=False, allow_null=True)
    refunded_amount = Whole(required=False, allow_null=True, help_text="Not tied to lines.")
    refunded_shipping = Whole(required=False, allow_null=True)
    paid_with_points = Whole(required=False, allow_null=True)
    paid_with_gift_cards = Whole(required=False, allow_null=True)
    redemptions = serializers.ListField(child=Text(), max_length=100, required=False)
    vouchers = serializers.ListField(child=Text(), max_length=100, required=False)
    referral_code = Text(required=False, allow_null=True, allow_blank=True)
    coupons = serializers.ListField(child=Text(), max_length=100, required=False)
    channel = Text(required=False, allow_null=True, allow_blank=True)
    store = Text(required=False, allow_null=True, allow_blank=True)
    attributes = Attributes(required=False, allow_null=True)


class OrderAnswer(FactAnswer):
    """What an order is worth now, and what that changed."""

    id = Said()
    version = Whole()
    applied = Flag(help_text="False: a repeat or an older version, which changed nothing.")
    status = Word("OrderStatus", STATUSES, allow_null=True)


class RefundLineStatement(Statement):
    id = Text()
    quantity = Whole(min_value=1)


class RefundStatement(Statement):
    """What went back. `lines` came back at their net price; `amount` adds to that."""

    id = Text()
    amount = Whole(required=False, allow_null=True, help_text="Not tied to lines.")
    lines = serializers.ListField(
        child=RefundLineStatement(), required=False, allow_null=True, max_length=1000
    )
    refunded_at = Time(required=False, allow_null=True)


class RefundAnswer(OrderAnswer):
    refund = Said(help_text="The id of the refund.")


class PreviewPoints(Shape):
    point_type = Said()
    target = Whole()
    state = Word("PointsState", POINTS_STATES)
    available_at = Time(allow_null=True)
    expires_at = Time(allow_null=True)
    desired = Whole(help_text="What it would be without limits.")
    limited_by = Said(allow_null=True)


class Hint(Shape):
    """What a little more would earn."""

    rule = Said()
    point_type = Said()
    missing = Whole(help_text="Minor units of goods.")
    points = Whole(help_text="How many more.")
    text = Said()


class PreviewAnswer(Shape):
    """What the order would earn if it were paid for as it stands."""

    member = Said(allow_null=True)
    subtotal = Whole()
    total = Whole()
    points = PreviewPoints(many=True)
    rules = serializers.ListField(
        child=Anything(), help_text="Each rule that was looked at, as in a decision."
    )
    hints = Hint(many=True)
    why_nothing = Said(allow_null=True)


class OrderPoints(Shape):
    point_type = Said()
    target = Whole(help_text="What the order has earned by now.")
    desired = Whole(help_text="What it would have, without limits.")
    limited_by = Said(allow_null=True)


class OrderHistory(Shape):
    """One statement about the order, and the decision on it."""

    decision = Said()
    kind = Word("OrderStatementKind", ("order", "refund", "claim"))
    version = Whole()
    stated_at = Time(help_text="By the program's clock.")
    statement = Anything()


class OrderShort(Shape):
    """An order as it stands, with its points."""

    id = Said()
    version = Whole()
    status = Word("OrderStatus", STATUSES, allow_null=True)
    member = Said(allow_null=True)
    waiting = Flag(help_text="Nobody has enrolled yet whom it could belong to.")
    placed_at = Time(allow_null=True)
    paid_at = Time(allow_null=True)
    fulfilled_at = Time(allow_null=True)
    cancelled_at = Time(allow_null=True)
    subtotal = Whole(help_text="Goods net of discounts and refunds.")
    total = Whole(help_text="With tax and shipping.")
    points = OrderPoints(many=True)
    decision = Said(allow_null=True)


class OrderWhole(OrderShort):
    """An order with what was stated last, its refunds and its history."""

    stated = Anything(allow_null=True, help_text="The last statement, defaults filled in.")
    refunds = serializers.ListField(child=Anything())
    statements = OrderHistory(many=True, help_text="Oldest first.")


OrderList = listed("OrderList", OrderShort)


STATEMENT = {
    "member": "c-42",
    "version": 1,
    "status": "paid",
    "currency": "EUR",
    "placed_at": "2026-05-01T10:00:00Z",
    "lines": [
        {
            "id": "1",
            "sku": "A",
            "name": "Beans",
            "categories": ["coffee"],
            "quantity": 2,
            "unit_price": 2500,
        }
    ],
    "tax": 399,
    "shipping": 490,
    "channel": "web",
    "store": "berlin",
}
GUEST = {
    "guest": {"email": "ada@example.org"},
    "status": "paid",
    "subtotal": 5000,
}
HEAD = {"id": "1001", "version": 1, "applied": True, "status": "paid"}
ANSWER = HEAD | earnings.ANSWER
AGAIN = HEAD | earnings.REFUNDED | {"version": 2}
REFUND = {"id": "r-1", "lines": [{"id": "1", "quantity": 1}]}
REFUNDED = HEAD | {"refund": "r-1"} | earnings.REFUNDED
REPEATED = REFUNDED | {
    "applied": False,
    "points": [earnings.EARNED | {"target": 25, "previous": 25, "delta": 0, "desired": 25}],
}
EARLY = HEAD | {"version": 0, "status": None, "refund": "r-1"} | earnings.WAITING
SHORT = {
    "id": "1001",
    "version": 1,
    "status": "paid",
    "member": "c-42",
    "waiting": False,
    "placed_at": "2026-05-01T10:00:00Z",
    "paid_at": "2026-05-01T10:00:00Z",
    "fulfilled_at": None,
    "cancelled_at": None,
    "subtotal": 5000,
    "total": 5889,
    "points": [{"point_type": "points", "target": 50, "desired": 50, "limited_by": None}],
    "decision": "dec_9",
}
WHOLE = SHORT | {
    "stated": STATEMENT,
    "refunds": [],
    "statements": [
        {
            "decision": "dec_9",
            "kind": "order",
            "version": 1,
            "stated_at": "2026-05-01T10:00:00Z",
            "statement": STATEMENT,
        }
    ],
}
PREVIEW = {
    "member": "c-42",
    "subtotal": 5000,
    "total": 5889,
    "points": [
        {
            "point_type": "points",
            "target": 50,
            "state": "available",
            "available_at": None,
            "expires_at": "2027-05-31T22:00:00Z",
            "desired": 50,
            "limited_by": None,
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
    "hints": [
        {
            "rule": "big_basket",
            "point_type": "points",
            "missing": 1250,
            "points": 100,
            "text": "Spend €12.50 more for 100 more points.",
        }
    ],
    "why_nothing": None,
}
LIST = {"results": [SHORT], "next": None, "previous": None}
