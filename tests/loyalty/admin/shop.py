"""A program with one to three of everything that an admin can show."""

from datetime import timedelta

from core import clock
from core.models import Event
from loyalty.models import (
    Adjustment,
    Allocation,
    ConsentChange,
    Decision,
    EarningRule,
    Entry,
    ExpiryReminder,
    Hold,
    JobRun,
    LimitUse,
    Lot,
    Member,
    MemberEvent,
    Merge,
    Order,
    PointType,
    Program,
    Redemption,
    Reward,
    RuleSet,
    Tombstone,
    Voucher,
    VoucherUse,
    Wallet,
)
from loyalty.services.adjustments import AdjustmentRequest, Requested, adjust_points
from loyalty.services.erasing import erase_member
from loyalty.services.merging import merge_members
from loyalty.services.vouchers import consume_voucher
from storefront.models import ApiKey, ClaimsKey, IdempotencyKey
from storefront.services.claims import rotate_claims_key
from storefront.services.keys import create_api_key
from tests.factories import (
    NOON,
    SPEND,
    change_rules,
    make_member,
    make_program,
    make_rewards,
    pass_time,
    point_type_of,
    redeem,
    refund_order,
    requested,
    reserve_points,
    state_event,
    state_order,
)

REVIEW = {"on": "review", "award": {"points": 50}, "limits": [{"times": 1, "per": "day"}]}

REWARDS = {
    "espresso": {
        "name": "Free espresso",
        "cost": {"points": 10},
        "gives": {"free_product": "ESPRESSO"},
        "limits": [{"times": 5, "per": "day"}],
        "stock": 100,
    },
    "thanks": {
        "name": "Thank-you card",
        "cost": {"points": 5},
        "gives": {"physical": "Hand-written card"},
    },
}

READ_ONLY = (
    Adjustment,
    Allocation,
    ApiKey,
    ClaimsKey,
    ConsentChange,
    Decision,
    Entry,
    Event,
    ExpiryReminder,
    Hold,
    IdempotencyKey,
    JobRun,
    LimitUse,
    Lot,
    Member,
    MemberEvent,
    Merge,
    Order,
    Redemption,
    RuleSet,
    Tombstone,
    Voucher,
    VoucherUse,
    Wallet,
)
EDITABLE = (EarningRule, PointType, Program, Reward)


def open_shop(slug="shop"):
    """Make a program with a rule for orders and one for reviews, and an API key."""
    program = make_program(
        slug=slug,
        rules={"spend": SPEND, "review": REVIEW},
        points={"hold": {"days": 14}},
        adjustment_approval_above=500,
    )
    make_rewards(program, **REWARDS)
    key, _ = create_api_key(program=program, kind=ApiKey.Kind.SECRET, at=NOON)
    now = clock.real_now()
    IdempotencyKey.objects.create(api_key=key, key="k", fingerprint=b"0" * 32, created_at=now)
    return program


def live_a_day(program, number):
    """Add one more of everything: a member with points, an order, a refund, an event."""
    member = make_member(program, f"m-{number}", points=100, name=f"Member {number}")
    live_on(program, member, number)
    state_order(program, f"o-{number}", member=member.external_id)
    refund_order(program, f"o-{number}", f"r-{number}", amount=1000)
    state_event(program, f"e-{number}", member=member.external_id)
    reserve_points(member, 10, key=f"cart-{number}", lasts=timedelta(days=1))
    ask_points(member, 1000)
    rotate_claims_key(program=program, overlap=timedelta(0), at=clock.real_now())
    more = {f"more-{each}": SPEND | {"when": "order.subtotal < 0"} for each in range(number)}
    change_rules(program, {"spend": SPEND, "review": REVIEW} | more)
    return member


def live_on(program, member, number):
    """Redeem and use a voucher, merge with a double, agree, be reminded, be erased."""
    now = program.now()
    voucher = redeem(member, "espresso", key=f"espresso-{number}", capture=True).voucher
    consume_voucher(
        program=program, code=voucher.shown, order=f"o-{number}", subtotal=500, at=now
    )
    redeem(member, "thanks", key=f"thanks-{number}", capture=True)
    double = make_member(program, f"double-{number}", points=1, consents={"email": True})
    merge_members(
        member=double, into=member, requested=requested(member), reason="enrolled twice"
    )
    erase_member(member=make_member(program, f"gone-{number}"), at=now)
    pass_time(program, minutes=1)
    JobRun.objects.create(program=program, job=f"job-{number}", day=now.date(), until=now)
    ExpiryReminder.objects.create(
        wallet=member.wallets.get(), expires_at=now + timedelta(days=7), days=7
    )


def ask_points(member, points, *, by="kim", key=""):
    """Ask for an adjustment; above 500 points it waits for a second person."""
    return adjust_points(
        member=member,
        point_type=point_type_of(member.program),
        request=AdjustmentRequest(points, "goodwill"),
        requested=Requested(key or f"{member.external_id}-{points}", member.program.now(), by),
    )
