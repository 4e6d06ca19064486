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
    one_of,
    wallets,
)


class EarnedPoints(Shape):
    point_type = Said()
    target = Whole(help_text="What the fact is worth now.")
    previous = Whole(help_text="What it had been worth before.")
    delta = Change(help_text="What was posted for the difference.")
    state = one_of("available", "pending", "mixed")
    available_at = Time(allow_null=True, help_text="When pending points are released.")
    expires_at = Time(allow_null=True)
    desired = Whole(help_text="What it would earn without limits.")
    limited_by = Said(allow_null=True, help_text="Which limit clipped it.")


class RestoredPoints(Shape):
    point_type = Said()
    points = Whole()


class TierMove(Shape):
    ladder = Said()
    # `from` is a word of Python's.
    locals()["from"] = Said(allow_null=True)
    to = Said(allow_null=True)


class ReferralStep(Shape):
    id = Said()
    state = Said()


class ChallengeStep(Shape):
    code = Said()
    progress = Whole()
    target = Whole()
    completed = Flag()


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
    decision = Said(allow_null=True, help_text="Why: see /decisions/{id}.")
