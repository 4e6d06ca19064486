"""Advocates, clicks, claims and referrals, as stated and as answered."""

from rest_framework import serializers

from referrals.models.payouts import CAME_TO
from referrals.rules.attribution import Source
from referrals.rules.program_forms import CAP_SPANS
from referrals.rules.states import Reason, State
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
from storefront.api.shapes.redemptions import VOUCHER, VoucherAnswer

STATES = [state.value for state in State]
SOURCES = [source.value for source in Source]
REASONS = [reason.value for reason in Reason]


class CodeStatement(Statement):
    """Another code for an advocate: one of their own choice, or just another."""

    code = Text(
        required=False,
        allow_null=True,
        max_length=40,
        help_text="4 to 24 letters and digits, with dashes between them.",
    )
    rotate = Flag(required=False, allow_null=True, help_text="True: make another code.")


class ReferralStats(Shape):
    """How far an advocate's friends have come; no stage has more than the one before."""

    clicks = Whole(help_text="Visitors of a day, bots apart.")
    claims = Whole()
    signups = Whole()
    qualified = Whole()
    rewarded = Whole()
    earned = serializers.ListField(
        child=Anything(), help_text="Points by type, then the rest with how often."
    )


class ReferralCap(Shape):
    """For how many friends an advocate is paid in the period that is running."""

    times = Whole()
    per = Word("CapPeriod", CAP_SPANS)
    used = Whole()
    left = Whole()


class ReferralGives(Shape):
    """What is promised to those who come now, in the program file's form."""

    advocate = Anything(allow_null=True)
    friend = Anything(allow_null=True)


class ReferralShare(Shape):
    """Ways to pass the link on. They have no words in them; the advocate adds their own."""

    copy = Said(help_text="To copy.")
    web_share = Said(help_text="For the browser's own menu (Web Share).")
    mailto = Said(help_text="Opens a mail to nobody yet.")
    whatsapp = Said()
    qr = Said(help_text="A picture (SVG) of the link, that anybody may load.")


class AdvocateAnswer(Shape):
    """An advocate's code and link, and what has come of them."""

    program = Said(help_text="The code of the referral program.")
    code = Said()
    link = Said()
    stats = ReferralStats()
    cap = ReferralCap(allow_null=True, help_text="Null: there is none.")
    gives = ReferralGives()
    share = ReferralShare()


class ShareStatement(Statement):
    channel = Text(max_length=40, help_text="As in the link's `c`: `copy`, `whatsapp` …")


class ClickStatement(Statement):
    code = Text(max_length=60)
    channel = Text(
        required=False, allow_null=True, allow_blank=True, max_length=40, help_text="Where."
    )
    landing = Text(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=2000,
        help_text="Where the visitor landed: its `c` is the channel, where none is stated.",
    )


class ClickAnswer(Shape):
    click_token = Said(help_text="What a claim may come with. It is good in this program.")
    advocate_first_name = Said(allow_null=True)
    friend_reward = Anything(allow_null=True, help_text="In the program file's form.")


class ReferredFriend(Statement):
    """At least one of them."""

    id = Text(required=False, allow_null=True, help_text="The storefront's own.")
    email = Text(required=False, allow_null=True, max_length=254)
    phone = Text(required=False, allow_null=True, help_text="E.164, with its +.")


class ClaimContext(Statement):
    """How the friend was seen. It is kept as keyed hashes."""

    ip = Text(required=False, allow_null=True, help_text="Of the friend, not of your server.")
    user_agent = Text(required=False, allow_null=True, allow_blank=True, max_length=1000)
    device_id = Text(required=False, allow_null=True, allow_blank=True)
    payment_fingerprint = Text(required=False, allow_null=True, allow_blank=True)
    address_hash = Text(required=False, allow_null=True, allow_blank=True)


class ReferralStatement(Statement):
    """A friend, and the code or the click by which they came."""

    code = Text(required=False, allow_null=True, max_length=60)
    click_token = Text(required=False, allow_null=True, max_length=500)
    friend = ReferredFriend()
    context = ClaimContext(required=False, allow_null=True)  # type: ignore[assignment]
    occurred_at = Time(required=False, allow_null=True, help_text="Left out: now.")


class ReferralStepFace(Shape):
    state = Word("ReferralState", STATES)
    version = Whole(help_text="How often it had qualified.")
    at = Time()
    cause = Said(help_text="`click`, `order:1001`, `time`, `review` …")
    reason = Word("ReferralReason", REASONS, allow_null=True)
    by = Said(allow_null=True, help_text="Who decided it.")
    note = Said(allow_null=True, help_text="What they said about it.")


class ReferralRewards(Shape):
    """What each side's reward came to. Null: nothing is due, or that side gets nothing."""

    advocate = Word("ReferralReward", CAME_TO, allow_null=True)
    friend = Word("ReferralReward", CAME_TO, allow_null=True)


class ReferralAnswer(Shape):
    """A friend whom an advocate brought, and how far that has come."""

    id = Said()
    program = Said(help_text="The code of the referral program.")
    state = Word("ReferralState", STATES)
    reason = Word("ReferralReason", REASONS, allow_null=True, help_text="Why it ended.")
    advocate = Said()
    friend = Said(allow_null=True, help_text="Null: known by an address only.")
    code = Said()
    source = Word("ReferralSource", SOURCES)  # type: ignore[assignment]
    channel = Said(allow_null=True)
    score = Whole(help_text="How much speaks against it.")
    reasons = serializers.ListField(child=Said(), help_text="What does. For staff.")
    version = Whole(help_text="How often it has qualified.")
    claimed_at = Time()
    signed_up_at = Time(allow_null=True)
    qualified_at = Time(allow_null=True)
    due_at = Time(allow_null=True, help_text="When the advocate's reward is due.")
    expires_at = Time(allow_null=True, help_text="Exclusive; null has no end.")
    rewards = ReferralRewards()
    steps = ReferralStepFace(many=True)


class ClaimedAnswer(ReferralAnswer):
    """A referral, with the code that the friend was given."""

    friend_voucher = VoucherAnswer(allow_null=True, help_text="As long as it stands.")


class RejectionStatement(Statement):
    reason = Text(help_text="For staff.")


ReferralList = listed("ReferralList", ReferralAnswer)

LINK = "https://points.example/r/7K2MQX4D"
ADVOCATE = {
    "program": "friends",
    "code": "7K2MQX4D",
    "link": LINK,
    "stats": {
        "clicks": 12,
        "claims": 3,
        "signups": 3,
        "qualified": 2,
        "rewarded": 1,
        "earned": [{"point_type": "points", "points": 500}],
    },
    "cap": {"times": 10, "per": "year", "used": 1, "left": 9},
    "gives": {"advocate": {"points": 500}, "friend": {"percent": 50}},
    "share": {
        "copy": f"{LINK}?c=copy",
        "web_share": f"{LINK}?c=share",
        "mailto": "mailto:?body=https%3A%2F%2Fpoints.example%2Fr%2F7K2MQX4D%3Fc%3Demail",
        "whatsapp": "https://wa.me/?text="
        "https%3A%2F%2Fpoints.example%2Fr%2F7K2MQX4D%3Fc%3Dwhatsapp",
        "qr": f"{LINK}/qr.svg",
    },
}
VANITY = ADVOCATE | {"code": "ada-bakes"}
SHARED = {"channel": "whatsapp"}
CLICK = {"code": "7K2MQX4D", "channel": "blog", "landing": "https://shop.example/welcome"}
VISITED = "WzEsNywxNzc3NjMwODAwMDAwMDAwLCJibG9nIl0:1wIkPz:dGhpcyBpcyBhbiBleGFtcGxl"
CLICKED = {
    "click_token": VISITED,
    "advocate_first_name": "Ada",
    "friend_reward": {"percent": 50},
}
CLAIM = {
    "code": "7K2MQX4D",
    "friend": {"id": "c-77", "email": "bob@example.org"},
    "context": {"ip": "203.0.113.7", "user_agent": "Mozilla/5.0", "device_id": "d-9"},
}
CLAIM_BY_CLICK = {"click_token": VISITED, "friend": {"email": "bob@example.org"}}
STEP = {
    "state": "claimed",
    "version": 0,
    "at": "2026-05-01T10:00:00Z",
    "cause": "address",
    "reason": None,
    "by": None,
    "note": None,
}
REFERRAL = {
    "id": "ref_7",
    "program": "friends",
    "state": "claimed",
    "reason": None,
    "advocate": "c-42",
    "friend": "c-77",
    "code": "7K2MQX4D",
    "source": "address",
    "channel": None,
    "score": 0,
    "reasons": [],
    "version": 0,
    "claimed_at": "2026-05-01T10:00:00Z",
    "signed_up_at": None,
    "qualified_at": None,
    "due_at": None,
    "expires_at": "2026-07-30T10:00:00Z",
    "rewards": {"advocate": None, "friend": "given"},
    "steps": [STEP],
}
CLAIMED = REFERRAL | {
    "friend_voucher": VOUCHER | {"gives": {"percent": 50}, "member": None, "reward": None}
}
FLAG = STEP | {"state": "flagged", "cause": "fraud", "note": "same_address similar_name"}
APPROVED = CLAIMED | {
    "score": 60,
    "reasons": ["same_address", "similar_name"],
    "steps": [
        STEP,
        FLAG,
        STEP | {"at": "2026-05-02T09:00:00Z", "cause": "review", "by": "shop server"},
    ],
}
REJECTED = APPROVED | {
    "state": "rejected",
    "reason": "rejected",
    "rewards": {"advocate": None, "friend": None},
    "friend_voucher": None,
    "steps": [
        STEP,
        FLAG,
        STEP
        | {
            "state": "rejected",
            "at": "2026-05-02T09:00:00Z",
            "cause": "review",
            "reason": "rejected",
            "by": "shop server",
            "note": "the same household",
        },
    ],
}
LIST = {"results": [REFERRAL], "next": None, "previous": None}
