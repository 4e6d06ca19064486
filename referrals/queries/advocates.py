"""What an advocate may see: the code, how far friends have come, what was earned by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from loyalty.models import Member
from referrals.models import Payout
from referrals.queries.funnel import Funnel, Part, funnels
from referrals.queries.programs import ReferralSetup
from referrals.rules.payouts import Cap


@dataclass(frozen=True, slots=True)
class AdvocateView:
    """An advocate's friends in numbers. `cap` is None where there is none."""

    funnel: Funnel
    earned: list[dict[str, Any]]
    cap: Mapping[str, Any] | None


def advocate_view(
    setup: ReferralSetup, member: Member, referral_program: str, at: datetime
) -> AdvocateView:
    """Return how an advocate's friends have come along in a live referral program."""
    number = setup.programs[referral_program]
    own = Part(number, member.pk)
    found = funnels(setup.program_id, by="advocate", at=at, part=own)
    cap = setup.newest(referral_program).cap
    return AdvocateView(
        found.get(member.pk, Funnel()),
        earned_of(member, number),
        _cap(setup, member, number, cap, at) if cap else None,
    )


def earned_of(member: Member, referral_program: int) -> list[dict[str, Any]]:
    """Return what an advocate was given: points by type, then the rest, with how often."""
    own = Payout.objects.filter(
        member=member,
        referral_program=referral_program,
        outcome=Payout.Outcome.GIVEN,
        taken_back_at=None,
    ).exclude(side=Payout.Side.FRIEND)
    points = own.filter(points__gt=0).values("gives__point_type").annotate(sum=Sum("points"))
    earned: list[dict[str, Any]] = [
        {"point_type": row["gives__point_type"], "points": row["sum"]}
        for row in points.order_by("gives__point_type")
    ]
    others = own.filter(points=0).values("gives").annotate(times=Count("pk"))
    return earned + sorted(
        ({"gives": row["gives"], "times": row["times"]} for row in others), key=str
    )


def _cap(
    setup: ReferralSetup, member: Member, referral_program: int, cap: Cap, at: datetime
) -> dict[str, Any]:
    used = paid_in_window(setup, member.pk, referral_program, cap, at)
    return {"times": cap.times, "per": cap.per, "used": used, "left": max(cap.times - used, 0)}


def paid_in_window(
    setup: ReferralSetup, advocate: int, referral_program: int, cap: Cap, at: datetime
) -> int:
    """Return for how many friends an advocate is paid in the cap's period around `at`."""
    window = cap.window(at, setup.setup.zone)
    paid = Payout.objects.filter(
        member=advocate,
        referral_program=referral_program,
        side=Payout.Side.ADVOCATE,
        outcome=Payout.Outcome.GIVEN,
        taken_back_at=None,
        due_at__gte=window.start,
        due_at__lt=window.end,
    )
    return paid.count()
