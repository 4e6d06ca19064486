"""Who is in which tier, by the numbers; as the last reviews left it."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from loyalty.models import Member
from tiers.models import Ladder, Standing


def holders_of(ladder: Ladder) -> dict[str, int]:
    """Return how many members are in which tier, of those who ever rose or fell.

    Everybody else is where the ladder begins: see `beginners_in`.
    """
    rows = Standing.objects.filter(ladder=ladder).exclude(tier="").order_by("tier")
    return dict(rows.values_list("tier").annotate(members=Count("pk")))


def beginners_in(ladder: Ladder) -> int:
    """Return how many members never rose or fell in a ladder: they are where it begins."""
    members = members_of(ladder.program_id).count()
    return max(0, members - Standing.objects.filter(ladder=ladder).count())


def members_of(program_id: int) -> QuerySet[Member]:
    """Return the members of a program who may stand somewhere: all but the erased."""
    return Member.objects.filter(program=program_id).exclude(status=Member.Status.ERASED)


def held_by_hand(ladder: Ladder, codes: Iterable[str], at: datetime) -> dict[str, int]:
    """Return how many members were given one of these tiers by hand that holds at `at`."""
    holds = Q(floor_until=None) | Q(floor_until__gt=at)
    rows = Standing.objects.filter(holds, ladder=ladder, floor_tier__in=list(codes))
    counted = rows.order_by("floor_tier").values_list("floor_tier")
    return dict(counted.annotate(members=Count("pk")))
