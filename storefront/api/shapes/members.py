"""Members and their wallets, as stated and as answered."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from loyalty.models import Member
from storefront.api.shapes.earnings import ReferralStep
from storefront.api.shapes.fields import (
    Anything,
    Attributes,
    DatedPoints,
    Said,
    Shape,
    Statement,
    Text,
    Time,
    WalletNumbers,
    Word,
    listed,
    wallets,
)
from storefront.api.shapes.tiers import HELD, TierStanding

NUMBERS = {
    "available": 120,
    "pending": 40,
    "held": 0,
    "debt": 0,
    "lifetime_earned": 160,
    "lifetime_redeemed": 0,
    "lifetime_expired": 0,
}


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": 100,
        "additionalProperties": {
            "nullable": True,
            "anyOf": [
                {"type": "boolean"},
                {
                    "type": "object",
                    "required": ["given"],
                    "additionalProperties": False,
                    "properties": {
                        "given": {"type": "boolean"},
                        "source": {"type": "string", "maxLength": 60, "nullable": True},
                        "at": {"type": "string", "format": "date-time", "nullable": True},
                    },
                },
            ],
        },
    }
)
class Consents(serializers.DictField):
    """By channel or topic: true or false, or that with its source and time."""


class MemberStatement(Statement):
    """What a storefront says about a member. Null clears a field."""

    name = Text(required=False, allow_null=True, allow_blank=True)
    email = Text(required=False, allow_null=True, allow_blank=True, max_length=254)
    phone = Text(required=False, allow_null=True, allow_blank=True, help_text="E.164.")
    card = Text(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=255,
        help_text="Case, spaces and dashes make no difference; 64 characters without them.",
    )
    birthday = serializers.DateField(required=False, allow_null=True)
    locale = Text(
        required=False, allow_null=True, allow_blank=True, help_text="Such as en or de-AT."
    )
    timezone = Text(
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="An IANA name. Left out: the program's.",
    )
    joined_at = Time(required=False, allow_null=True)
    attributes = Attributes(required=False, allow_null=True)
    consents = Consents(required=False, allow_null=True)
    referral_code = Text(required=False, allow_null=True, allow_blank=True)


class MemberAnswer(Shape):
    """A member as Perennial knows it, with what it has now."""

    id = Said()
    status = Word("MemberStatus", Member.Status.values)
    name = Said(allow_null=True)
    email = Said(allow_null=True)
    phone = Said(allow_null=True)
    birthday = serializers.DateField(allow_null=True)
    joined_at = Time()
    attributes = Anything()
    wallets = wallets(WalletNumbers())
    tiers = serializers.DictField(child=TierStanding(), help_text="By ladder.")


class StatedMemberAnswer(MemberAnswer):
    """A member that was stated, with what became of the code that it named."""

    referral = ReferralStep(
        required=False, help_text="Only where a code was named, or a claim waited for it."
    )


MemberList = listed("MemberList", MemberAnswer)


class WalletForecast(WalletNumbers):
    expiring = DatedPoints(many=True, help_text="What expires when, soonest first.")
    activating = DatedPoints(many=True, help_text="What is released when.")


class WalletsAnswer(Shape):
    """What a member has, had or will have at a moment."""

    at = Time()
    wallets = wallets(WalletForecast())


STATEMENT = {
    "name": "Ada",
    "email": "ada@example.org",
    "birthday": "1990-12-10",
    "attributes": {"shoe_size": 41, "newsletter": True},
    "consents": {"email": True},
}
ANSWER = {
    "id": "c-42",
    "status": "active",
    "name": "Ada",
    "email": "ada@example.org",
    "phone": None,
    "birthday": "1990-12-10",
    "joined_at": "2026-01-05T10:00:00Z",
    "attributes": {"newsletter": True, "shoe_size": 41},
    "wallets": {"points": NUMBERS},
    "tiers": {"vip": HELD},
}
BY_A_CODE = ANSWER | {"referral": {"id": "ref_7", "state": "signed_up"}}
BY_NO_CODE = ANSWER | {"referral": {"id": None, "state": "rejected", "reason": "unknown_code"}}
LIST = {"results": [ANSWER], "next": None, "previous": None}
WALLETS = {
    "at": "2026-05-02T09:00:00Z",
    "wallets": {
        "points": {
            **NUMBERS,
            "expiring": [{"at": "2027-05-01T22:00:00Z", "points": 160}],
            "activating": [{"at": "2026-05-15T10:00:00Z", "points": 40}],
        }
    },
}
