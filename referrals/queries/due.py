"""When time alone will next move a referral."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from loyalty.models import Member, Program
from referrals.models import Referral
from referrals.queries.programs import referral_setup_of
from referrals.rules.states import State


def due_rewards(program: Program, at: datetime) -> QuerySet[Referral]:
    """Return what has qualified and has waited long enough by `at`."""
    waiting = Referral.objects.filter(program=program, state=State.QUALIFIED.value)
    return waiting.filter(due_at__lte=at)


def due_expiries(program: Program, at: datetime) -> QuerySet[Referral]:
    """Return the claims that have run out by `at`."""
    claimed = (State.CLAIMED.value, State.SIGNED_UP.value)
    return Referral.objects.filter(program=program, state__in=claimed, expires_at__lte=at)


def due_of_advocates(program: Program, members: Sequence[Member], at: datetime) -> list[int]:
    """Return the referrals, by number, for which these members are to be paid by `at`.

    No query where nobody has to wait for a reward.
    """
    if not referral_setup_of(program).has_holds:
        return []
    due = due_rewards(program, at).filter(advocate__in=members)
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True))


def next_due(program: Program, *, after: datetime | None, until: datetime) -> datetime | None:
    """Return the next moment up to `until` at which time moves a referral.

    Without `after` that may be one that has passed.
    """
    if not referral_setup_of(program).has_any:
        return None
    rewards, expiries = due_rewards(program, until), due_expiries(program, until)
    if after is not None:
        rewards, expiries = (
            rewards.filter(due_at__gt=after),
            expiries.filter(expires_at__gt=after),
        )
    moments = [
        rewards.order_by("due_at").values_list("due_at", flat=True).first(),
        expiries.order_by("expires_at").values_list("expires_at", flat=True).first(),
    ]
    return min((moment for moment in moments if moment is not None), default=None)
