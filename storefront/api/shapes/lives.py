"""Members' lives: suspending, merging, exporting."""

from rest_framework import serializers

from storefront.api.shapes import members
from storefront.api.shapes.fields import Anything, Flag, Said, Shape, Statement, Text, Time


class NothingSaid(Statement):
    """There is nothing to say."""


class SuspensionStatement(Statement):
    earning = Flag(required=False, allow_null=True, help_text="True unless stated.")
    redeeming = Flag(required=False, allow_null=True, help_text="True unless stated.")
    reason = Text(required=False, allow_null=True, allow_blank=True, help_text="For staff.")


class MergeStatement(Statement):
    into = Text(help_text="The id of the member who stays.")
    reason = Text(required=False, allow_null=True, allow_blank=True, help_text="For staff.")


class MergeAnswer(Shape):
    """A merge, and whom the merged id means now."""

    merged = Said()
    into = Said()
    merged_at = Time()
    undo_until = Time(help_text="Exclusive.")
    undone_at = Time(allow_null=True)
    member = members.MemberAnswer()


class ExportAnswer(Shape):
    """Everything about a member. Of the lists each row says for itself what it has."""

    member = Anything()
    merged = serializers.ListField(child=Anything(), help_text="Who was merged into it.")
    wallets = serializers.DictField(child=Anything())
    consents = serializers.ListField(child=Anything())
    orders = serializers.ListField(child=Anything())
    events = serializers.ListField(child=Anything())
    entries = serializers.ListField(child=Anything())
    adjustments = serializers.ListField(child=Anything())
    redemptions = serializers.ListField(child=Anything())
    vouchers = serializers.ListField(child=Anything())
    voucher_uses = serializers.ListField(child=Anything())
    merges = serializers.ListField(child=Anything(), help_text="When and why they merged.")
    decisions = serializers.ListField(child=Anything())
    announcements = serializers.ListField(child=Anything(), help_text="What went out.")
    tiers = serializers.DictField(child=Anything(), help_text="By ladder, as they are now.")
    tiers_by_hand = serializers.ListField(child=Anything(), help_text="And why.")
    tier_changes = serializers.ListField(child=Anything())
    entry_rewards = serializers.ListField(child=Anything())
    referral_codes = serializers.ListField(child=Anything())
    referrals = serializers.ListField(
        child=Anything(), help_text="Of those the member brought."
    )
    referred_by_others = serializers.ListField(
        child=Anything(), help_text="By whom the member was brought."
    )
    referral_rewards = serializers.ListField(child=Anything())


SUSPENSION = {"earning": True, "redeeming": True, "reason": "card reported stolen"}
SUSPENDED = members.ANSWER | {"status": "suspended"}
MERGE = {"into": "c-7", "reason": "enrolled twice"}
MERGED = {
    "merged": "c-42",
    "into": "c-7",
    "merged_at": "2026-05-01T10:00:00Z",
    "undo_until": "2026-05-31T10:00:00Z",
    "undone_at": None,
    "member": members.ANSWER | {"id": "c-7"},
}
UNMERGED = MERGED | {"undone_at": "2026-05-02T09:00:00Z", "member": members.ANSWER}
EXPORT = {
    "member": {"id": "c-42", "status": "active", "name": "Ada"},
    "merged": [],
    "wallets": {"points": members.NUMBERS},
    "consents": [{"topic": "email", "is_given": True, "source": "storefront"}],
    "orders": [],
    "events": [],
    "entries": [],
    "adjustments": [],
    "redemptions": [],
    "vouchers": [],
    "voucher_uses": [],
    "merges": [],
    "decisions": [],
    "announcements": [],
    "tiers": {"vip": {"tier": "gold", "since": "2026-04-02T09:30:00Z", "until": None}},
    "tiers_by_hand": [],
    "tier_changes": [],
    "entry_rewards": [],
    "referral_codes": [
        {"program": "friends", "code": "7K2MQX4D", "made_at": "2026-05-01T10:00:00Z"}
    ],
    "referrals": [],
    "referred_by_others": [],
    "referral_rewards": [],
}
