"""Numbers for the merchant, as answered."""

from rest_framework import serializers

from storefront.api.shapes.fields import Said, Shape, Time, Whole, Word

REFERRALS_BY = ("program", "advocate", "channel")


class ReferralCost(Shape):
    """What was given and not taken back; what was used before it could be counts."""

    points = Whole()
    money = Whole(help_text="Minor units, of gifts with an amount.")


class ReferralFunnel(Shape):
    """How many came how far: each stage counts no more than the one before."""

    key = Said(allow_null=True, help_text="Program, member or channel; null: no channel.")
    views = Whole(help_text="Advocates who were shown their code.")
    shares = Whole(help_text="Codes that were passed on.")
    clicks = Whole(help_text="Visitors of a day, bots apart.")
    claims = Whole()
    signups = Whole()
    qualified = Whole()
    rewarded = Whole()
    reversed = Whole()
    visits = Whole(help_text="All clicks of people.")
    bots = Whole(help_text="All clicks of programs.")
    revenue = Whole(help_text="Of the orders that qualify now, minor units.")
    cost = ReferralCost()


class ReferralInsights(Shape):
    """One page of funnels; who brought most comes first."""

    at = Time()
    currency = Said()
    by = Word("ReferralsBy", REFERRALS_BY)
    results = ReferralFunnel(many=True)
    next = serializers.URLField(allow_null=True, help_text="Null at the end.")
    previous = serializers.URLField(allow_null=True)


FUNNELS = {
    "at": "2026-05-01T10:00:00Z",
    "currency": "EUR",
    "by": "channel",
    "results": [
        {
            "key": "whatsapp",
            "views": 60,
            "shares": 60,
            "clicks": 41,
            "claims": 12,
            "signups": 10,
            "qualified": 7,
            "rewarded": 5,
            "reversed": 1,
            "visits": 58,
            "bots": 3,
            "revenue": 31450,
            "cost": {"points": 900, "money": 2500},
        }
    ],
    "next": None,
    "previous": None,
}
