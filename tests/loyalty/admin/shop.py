"""A program with one to three of everything that an admin can show."""

from datetime import timedelta

from core import clock
from core.models import Event
from loyalty.models import (
    Adjustment,
    Allocation,
    Decision,
    EarningRule,
    Entry,
    Hold,
    LimitUse,
    Lot,
    Member,
    MemberEvent,
    Order,
    PointType,
    Program,
    RuleSet,
    Wallet,
)
from loyalty.services.adjustments import AdjustmentRequest, Requested, adjust_points
from storefront.models import ApiKey, IdempotencyKey
from storefront.services.keys import create_api_key
from tests.factories import (
    NOON,
    SPEND,
    change_rules,
    make_member,
    make_program,
    point_type_of,
    refund_order,
    reserve_points,
    state_event,
    state_order,
)

REVIEW = {"on": "review", "award": {"points": 50}, "limits": [{"times": 1, "per": "day"}]}

READ_ONLY = (
    Adjustment,
    Allocation,
    ApiKey,
    Decision,
    Entry,
    Event,
    Hold,
    IdempotencyKey,
    LimitUse,
    Lot,
    Member,
    MemberEvent,
    Order,
    RuleSet,
    Wallet,
)
EDITABLE = (EarningRule, PointType, Program)


def open_shop(slug="shop"):
    """Make a program with a rule for orders and one for reviews, and an API key."""
    program = make_program(
        slug=slug,
        rules={"spend": SPEND, "review": REVIEW},
        points={"hold": {"days": 14}},
        adjustment_approval_above=500,
    )
    key, _ = create_api_key(program=program, kind=ApiKey.Kind.SECRET, at=NOON)
    now = clock.real_now()
    IdempotencyKey.objects.create(api_key=key, key="k", fingerprint=b"0" * 32, created_at=now)
    return program


def live_a_day(program, number):
    """Add one more of everything: a member with points, an order, a refund, an event."""
    member = make_member(program, f"m-{number}", points=100, name=f"Member {number}")
    state_order(program, f"o-{number}", member=member.external_id)
    refund_order(program, f"o-{number}", f"r-{number}", amount=1000)
    state_event(program, f"e-{number}", member=member.external_id)
    reserve_points(member, 10, key=f"cart-{number}", lasts=timedelta(days=1))
    ask_points(member, 1000)
    more = {f"more-{each}": SPEND | {"when": "order.subtotal < 0"} for each in range(number)}
    change_rules(program, {"spend": SPEND, "review": REVIEW} | more)
    return member


def ask_points(member, points, *, by="kim", key=""):
    """Ask for an adjustment; above 500 points it waits for a second person."""
    return adjust_points(
        member=member,
        point_type=point_type_of(member.program),
        request=AdjustmentRequest(points, "goodwill"),
        requested=Requested(key or f"{member.external_id}-{points}", member.program.now(), by),
    )
