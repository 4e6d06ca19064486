"""Redemptions and vouchers, as asked for and as answered."""

from loyalty.models import Redemption
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
    listed,
)

CODE = "HC-7K2M-QX4D-9TRF-W3VH-N8BP"
VOUCHER_WHY_NOT = (
    "voucher_used",
    "voucher_expired",
    "voucher_void",
    "voucher_not_yet",
    "minimum_order",
)
WORK = [word for word in Redemption.Fulfilment.values if word != Redemption.Fulfilment.NONE]


class OwnRedemptionStatement(Statement):
    """A reward, or points to pay with."""

    reward = Text(required=False, allow_null=True, max_length=60)
    point_type = Text(required=False, allow_null=True, max_length=60)
    points = Whole(required=False, allow_null=True, min_value=1)
    order_total = Whole(
        required=False, allow_null=True, help_text="Minor units; needed to pay with points."
    )
    order = Text(required=False, allow_null=True, help_text="The order that it is for.")
    up_to = Flag(
        required=False, allow_null=True, help_text="Take what can be taken rather than refuse."
    )
    capture = Flag(required=False, allow_null=True, help_text="Spend at once.")
    ttl = Whole(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=86_400,
        help_text="Seconds that the points are held, 1800 unless stated.",
    )


class RedemptionStatement(OwnRedemptionStatement):
    """What a member redeems."""

    member = Text()


class QuoteStatement(Statement):
    member = Text()
    point_type = Text(required=False, allow_null=True, max_length=60)
    reward = Text(required=False, allow_null=True, max_length=60)
    order_total = Whole(help_text="Minor units.")
    points = Whole(required=False, allow_null=True, min_value=1, help_text="The most to use.")


class QuoteAnswer(Shape):
    """The most that can be used."""

    points = Whole()
    discount = Whole(help_text="What they are worth, in minor units.")
    minimum = Whole()
    step = Whole()
    maximum = Whole(help_text="The same, whatever was asked for.")


class VoucherAnswer(Shape):
    """A code that is good for something, or was."""

    code = Said()
    valid = Flag()
    why_not = Word("WhyNotValid", VOUCHER_WHY_NOT, allow_null=True)
    gives = Anything(help_text="In the program file's form.")
    discount = Whole(
        allow_null=True, help_text="Minor units off the subtotal, where that can be known."
    )
    uses = Whole()
    uses_left = Whole()
    valid_from = Time(allow_null=True)
    valid_until = Time(allow_null=True, help_text="Exclusive.")
    member = Said(allow_null=True)
    reward = Said(allow_null=True)
    redemption = Said(allow_null=True)


class Fulfilment(Shape):
    """How far somebody has come with what is to be sent or done."""

    status = Word("FulfilmentStatus", WORK)
    note = Said(allow_null=True)
    fulfilled_at = Time(allow_null=True)


class RedemptionAnswer(Shape):
    """Points reserved for something, or spent on it."""

    id = Said()
    status = Word("RedemptionStatus", Redemption.Status.values)
    member = Said()
    reward = Said(allow_null=True)
    point_type = Said()
    points = Whole()
    captured_points = Whole()
    reversed_points = Whole()
    order = Said(allow_null=True)
    gives = Anything()
    discount = Whole(allow_null=True, help_text="Minor units, where that can be known.")
    voucher = VoucherAnswer(allow_null=True)
    fulfilment = Fulfilment(allow_null=True)
    held_at = Time()
    expires_at = Time(allow_null=True, help_text="When the hold ends by itself.")
    settled_at = Time(allow_null=True, help_text="When it was captured or ended.")


RedemptionList = listed("RedemptionList", RedemptionAnswer)


class SomePointsStatement(Statement):
    points = Whole(required=False, allow_null=True, help_text="All unless stated.")


class SomePointsBackStatement(Statement):
    points = Whole(required=False, allow_null=True, min_value=1, help_text="All unless stated.")
    reason = Text(required=False, allow_null=True, allow_blank=True, max_length=60)


class NothingStatement(Statement):
    """There is nothing to say."""


class FulfilmentStatement(Statement):
    status = Word("FulfilmentStatus", WORK)
    note = Text(required=False, allow_null=True, allow_blank=True)


class UseStatement(Statement):
    order = Text()
    subtotal = Whole(required=False, allow_null=True, help_text="Minor units.")


class UseAnswer(Shape):
    code = Said()
    discount = Whole(allow_null=True)
    uses_left = Whole()
    redemption = Said(allow_null=True)


class ReleaseStatement(Statement):
    order = Text(required=False, allow_null=True, help_text="Left out: its last use.")


REDEEM = {"member": "c-42", "reward": "coffee", "order": "1001"}
PAY = {"member": "c-42", "point_type": "points", "points": 500, "order_total": 4000}
OWN = {"reward": "coffee"}
VOUCHER = {
    "code": CODE,
    "valid": True,
    "why_not": None,
    "gives": {"free_product": "ESPRESSO"},
    "discount": None,
    "uses": 1,
    "uses_left": 1,
    "valid_from": "2026-05-01T10:00:00Z",
    "valid_until": "2026-05-31T22:00:00Z",
    "member": "c-42",
    "reward": "coffee",
    "redemption": "red_3",
}
HELD = {
    "id": "red_3",
    "status": "held",
    "member": "c-42",
    "reward": "coffee",
    "point_type": "points",
    "points": 100,
    "captured_points": 0,
    "reversed_points": 0,
    "order": "1001",
    "gives": {"free_product": "ESPRESSO"},
    "discount": None,
    "voucher": VOUCHER,
    "fulfilment": None,
    "held_at": "2026-05-01T10:00:00Z",
    "expires_at": "2026-05-01T10:30:00Z",
    "settled_at": None,
}
CAPTURED = HELD | {
    "status": "captured",
    "captured_points": 100,
    "expires_at": None,
    "settled_at": "2026-05-01T10:05:00Z",
}
VOIDED = HELD | {
    "status": "voided",
    "expires_at": None,
    "voucher": VOUCHER | {"valid": False, "why_not": "voucher_void"},
    "settled_at": "2026-05-01T10:05:00Z",
}
REVERSED = CAPTURED | {
    "status": "reversed",
    "reversed_points": 100,
    "voucher": VOUCHER | {"valid": False, "why_not": "voucher_void"},
}
GIFT = CAPTURED | {
    "id": "red_4",
    "reward": "card",
    "gives": {"physical": "Hand-written card"},
    "voucher": None,
    "fulfilment": {
        "status": "fulfilled",
        "note": "By post",
        "fulfilled_at": "2026-05-04T08:00:00Z",
    },
}
LIST = {"results": [HELD], "next": None, "previous": None}
QUOTE = {"member": "c-42", "point_type": "points", "order_total": 4000, "points": 750}
QUOTED = {"points": 700, "discount": 700, "minimum": 100, "step": 100, "maximum": 1200}
USE = {"order": "1001", "subtotal": 4000}
USED = {"code": CODE, "discount": 2500, "uses_left": 0, "redemption": "red_3"}
