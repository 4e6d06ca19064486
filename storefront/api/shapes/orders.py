"""Orders, refunds and previews, as stated and as answered."""

from rest_framework import serializers

from storefront.api.shapes.earnings import FactAnswer
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
    listed,
    one_of,
)

STATUSES = ("pending", "paid", "fulfilled", "cancelled")


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
    status = one_of(*STATUSES)
    currency = Text(required=False, allow_null=True, max_length=3, help_text="The program's.")
    placed_at = Time(required=False, allow_null=True)
    paid_at = Time(required=False, allow_null=True)
    fulfilled_at = Time(required=False, allow_null=True)
    cancelled_at = Time(required=False, allow_null=True)
    lines = LineStatement(
        many=True, required=False, allow_null=True, max_length=1000, help_text="Or subtotal."
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
    status = one_of(*STATUSES, allow_null=True)


class RefundLineStatement(Statement):
    id = Text()
    quantity = Whole(min_value=1)


class RefundStatement(Statement):
    """What went back. `lines` came back at their net price; `amount` adds to that."""

    id = Text()
    amount = Whole(required=False, allow_null=True, help_text="Not tied to lines.")
    lines = RefundLineStatement(many=True, required=False, allow_null=True, max_length=1000)
    refunded_at = Time(required=False, allow_null=True)


class RefundAnswer(OrderAnswer):
    refund = Said(help_text="The id of the refund.")


class OrderPoints(Shape):
    point_type = Said()
    target = Whole(help_text="What the order has earned by now.")
    desired = Whole(help_text="What it would have, without limits.")
    limited_by = Said(allow_null=True)


class OrderHistory(Shape):
    """One statement about the order, and the decision on it."""

    decision = Said()
    kind = one_of("order", "refund", "claim")
    version = Whole()
    stated_at = Time(help_text="By the program's clock.")
    statement = Anything()


class OrderShort(Shape):
    """An order as it stands, with its points."""

    id = Said()
    version = Whole()
    status = one_of(*STATUSES, allow_null=True)
    member = Said(allow_null=True)
    waiting = Flag(help_text="Nobody has enrolled yet whom it could belong to.")
    placed_at = Time(allow_null=True)
    paid_at = Time(allow_null=True)
    fulfilled_at = Time(allow_null=True)
    cancelled_at = Time(allow_null=True)
    currency = Said()
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
