"""What a fact earned: the part that the answers to all facts share."""

from rest_framework import serializers

from storefront.api.shapes.fields import (
    Balances,
    Change,
    Flag,
    Said,
    Shape,
    Time,
    Whole,
    Word,
    wallets,
)

POINTS_STATES = ("available", "pending", "mixed")


class EarnedPoints(Shape):
    point_type = Said()
    target = Whole(help_text="What the fact is worth now.")
    previous = Whole(help_text="What it had been worth before.")
    delta = Change(help_text="What was posted for the difference.")
    state = Word("PointsState", POINTS_STATES)
    available_at = Time(allow_null=True, help_text="When pending points are released.")
    expires_at = Time(allow_null=True)
    desired = Whole(help_text="What it would earn without limits.")
    limited_by = Said(allow_null=True, help_text="Which limit clipped it.")


class RestoredPoints(Shape):
    point_type = Said()
    points = Whole()


# Made by hand, since `from` is a word of Python's.
TierMove = type(
    "TierMove",
    (Shape,),
    {"ladder": Said(), "from": Said(allow_null=True), "to": Said(allow_null=True)},
)


class ReferralStep(Shape):
    """How the friend's referral stands, or why the code that was named made none."""

    id = Said(allow_null=True, help_text="Null: there is none.")
    state = Said()
    reason = Said(
        required=False,
        help_text="Why a `referral_code` brought nothing: `unknown_code`, `self_referral`, "
        "`existing_customer`, `already_referred`, `expired`, `cap_reached`, "
        "`program_ended`, `rejected`.",
    )


class ChallengeStep(Shape):
    code = Said()
    progress = Whole()
    target = Whole()
    completed = Flag()


class NamedRedemption(Shape):
    id = Said()
    status = Said(help_text="How it stands now: captured, voided, reversed …")
    why = Said(
        allow_null=True,
        help_text="Why it was not taken, or not whole: of_another_member, of_another_order, "
        "already_redeemed, already_voided, already_expired, above_maximum.",
    )


class NamedVoucher(Shape):
    code = Said()
    discount = Whole(allow_null=True, help_text="Minor units, where that is known.")
    why = Said(
        allow_null=True,
        help_text="Why it was not used: voucher_used, voucher_expired, voucher_void, "
        "voucher_not_yet, voucher_held, minimum_order.",
    )


class FactAnswer(Shape):
    """What every fact is answered with."""

    member = Said(allow_null=True)
    points = EarnedPoints(many=True, help_text="For each point type that any rule earns.")
    restored = RestoredPoints(many=True, help_text="Spent points that came back.")
    clamped = Whole(help_text="Minor units refunded beyond what there was.")
    waiting = Flag(help_text="It waits for its member to enrol, or for its order.")
    wallets = wallets(Balances())
    tiers = TierMove(many=True)
    referral = ReferralStep(allow_null=True)
    challenges = ChallengeStep(many=True)
    badges = serializers.ListField(child=Said())
    vouchers = serializers.ListField(child=Said())
    redemptions = NamedRedemption(
        many=True, required=False, help_text="What it was paid with, if with points."
    )
    used_vouchers = NamedVoucher(
        many=True, required=False, help_text="What was used on it, if anything was."
    )
    decision = Said(allow_null=True, help_text="Why: see /decisions/{id}.")


EARNED = {
    "point_type": "points",
    "target": 50,
    "previous": 0,
    "delta": 50,
    "state": "available",
    "available_at": None,
    "expires_at": "2027-05-31T22:00:00Z",
    "desired": 50,
    "limited_by": None,
}
ANSWER = {
    "member": "c-42",
    "points": [EARNED],
    "restored": [{"point_type": "points", "points": 0}],
    "clamped": 0,
    "waiting": False,
    "wallets": {"points": {"available": 120, "pending": 40, "held": 0, "debt": 0}},
    "tiers": [],
    "referral": None,
    "challenges": [],
    "badges": [],
    "vouchers": [],
    "decision": "dec_9",
}
REFUNDED = ANSWER | {
    "points": [EARNED | {"target": 25, "previous": 50, "delta": -25, "desired": 25}],
    "wallets": {"points": {"available": 95, "pending": 40, "held": 0, "debt": 0}},
    "decision": "dec_10",
}
WAITING = ANSWER | {
    "points": [EARNED | {"target": 0, "delta": 0, "expires_at": None, "desired": 0}],
    "waiting": True,
    "wallets": {},
}
