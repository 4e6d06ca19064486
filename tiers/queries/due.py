"""Whom time alone may move, and when it next may."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from loyalty.models import Member, Program
from tiers.models import Standing
from tiers.queries.ladders import tier_setup_of

# Whoever has left moves no more.
GONE = (Member.Status.CLOSED, Member.Status.ERASED)


def due_standings(program_id: int, at: datetime) -> QuerySet[Standing]:
    """Return the rows that time alone may have changed by `at`, of ladders in use.

    Whoever has left, or was merged or erased, moves no more.
    """
    due = Standing.objects.filter(program=program_id, review_at__lte=at)
    return due.exclude(member__status__in=GONE).filter(ladder__archived_at=None)


def due_members(program_id: int, at: datetime, *, after: int, most: int) -> list[Member]:
    """Return members whom time alone may move by `at`, in the order of their numbers.

    The next ones come after the number of the last.
    """
    due = due_standings(program_id, at).filter(member__gt=after)
    ids = due.order_by("member_id").values_list("member_id", flat=True).distinct()[:most]
    return list(Member.objects.filter(pk__in=list(ids)).order_by("pk"))


def are_due(program_id: int, members: Sequence[Member], at: datetime) -> bool:
    """Say whether time alone may have moved one of these members by `at`."""
    return due_standings(program_id, at).filter(member__in=members).exists()


def next_review(
    program: Program, *, after: datetime | None, until: datetime
) -> datetime | None:
    """Return the next moment up to `until` at which time may move somebody.

    Without `after` that may be one that has passed. A change of a ladder is such a
    moment as well, but only ahead.
    """
    setup = tier_setup_of(program)
    if not setup.ladders:
        return None
    due = due_standings(program.pk, until)
    moments = []
    if after is not None:
        due = due.filter(review_at__gt=after)
        moments = [each.at for each in setup.changes_until(until) if each.at > after]
    # The first in the order of the index: there may be a million.
    first = due.order_by("review_at").values_list("review_at", flat=True).first()
    return min([first, *moments] if first else moments, default=None)
