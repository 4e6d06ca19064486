"""Whose points are about to expire, and how long before they are to be told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Min, Q, QuerySet, When

from core.periods import local_midnight
from loyalty.models import Lot, Member, Wallet
from loyalty.queries.setup import Setup

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Members are told `days` before, of points that expire on or after `start`."""

    point_type_id: int
    days: int
    start: datetime
    end: datetime


class Expiring(NamedTuple):
    """Points of a wallet that expire on one day: the day's begin, and their first moment."""

    wallet_id: int
    days: int
    day_begins_at: datetime
    expires_at: datetime
    points: int


def spans_to_tell(setup: Setup, *, last: date | None, at: datetime) -> list[Span]:
    """Return what members are to be told of at `at`, if they were told on day `last`.

    After a gap only the nearest reminder: nobody needs three at once, and none of what
    is gone.
    """
    today = at.astimezone(setup.zone).date()
    spans = []
    for point_type in setup.point_types.values():
        nearest = today
        for days in point_type.reminders:
            first = nearest if last is None else max(nearest, last + (days + 1) * ONE_DAY)
            end = today + (days + 1) * ONE_DAY
            if first < end:
                spans.append(Span(point_type.id, days, *_moments(setup, first, end, at)))
            nearest = end
    return spans


def _moments(setup: Setup, first: date, end: date, at: datetime) -> tuple[datetime, datetime]:
    start = local_midnight(first, setup.zone)
    # What expires at this very moment is gone.
    return max(start, at + timedelta(microseconds=1)), local_midnight(end, setup.zone)


def next_reminder(setup: Setup, *, after: datetime, until: datetime) -> datetime | None:
    """Return the local midnight later than `after` on which somebody is told next.

    As wallets stand: what time does to one may bring other dates, so that the day
    after that counts as well.
    """
    today = after.astimezone(setup.zone).date()
    days = set()
    for point_type in setup.point_types.values():
        for offset in point_type.reminders:
            first = today + (offset + 1) * ONE_DAY
            start = local_midnight(first, setup.zone)
            end = local_midnight(
                until.astimezone(setup.zone).date() + (offset + 1) * ONE_DAY, setup.zone
            )
            span = Span(point_type.id, offset, start, end)
            ends_at = _lots(span).aggregate(first=Min("ends_at"))["first"]
            if ends_at:
                days.add(ends_at.astimezone(setup.zone).date() - offset * ONE_DAY)
    if days or any(point_type.reminders for point_type in setup.point_types.values()):
        due = Wallet.objects.filter(program_id=setup.program_id, due_at__gt=after)
        if changes_at := due.aggregate(first=Min("due_at"))["first"]:
            days.add(changes_at.astimezone(setup.zone).date() + ONE_DAY)
    return min((local_midnight(day, setup.zone) for day in days), default=None)


def wallets_to_tell(spans: Sequence[Span], *, after_id: int, most: int) -> list[int]:
    """Return the next wallets with points that expire in one of the spans, by id."""
    found: set[int] = set()
    for span in spans:
        lots = _lots(span).filter(wallet__gt=after_id).order_by("wallet_id")
        found.update(lots.values_list("wallet_id", flat=True).distinct()[:most])
    return sorted(found)[:most]


def expiring_points(
    setup: Setup, spans: Iterable[Span], wallet_ids: Sequence[int]
) -> Iterator[Expiring]:
    """Yield what expires in these wallets, added up by day."""
    for span in spans:
        days: dict[tuple[int, datetime], list[tuple[datetime, int]]] = defaultdict(list)
        lots: Any = _lots(span)
        rows = lots.filter(wallet__in=wallet_ids).order_by("ends_at", "id")
        for wallet_id, ends_at, *points in rows.values_list(
            "wallet_id", "ends_at", "remaining", "pending"
        ):
            day = local_midnight(ends_at.astimezone(setup.zone).date(), setup.zone)
            days[wallet_id, day].append((ends_at, sum(points)))
        for (wallet_id, day), parts in sorted(days.items()):
            points_in_all = sum(points for _, points in parts)
            yield Expiring(wallet_id, span.days, day, parts[0][0], points_in_all)


def people_of(wallet_ids: Sequence[int]) -> dict[int, tuple[int, str, str]]:
    """Return number and id of each wallet's member, and the code of its points."""
    columns = ("member_id", "member__external_id", "point_type__code")
    rows = Wallet.objects.filter(pk__in=wallet_ids).values_list("pk", *columns)
    return {pk: (member_id, member, code) for pk, member_id, member, code in rows}


def _lots(span: Span) -> "QuerySet[Lot]":
    """Return the lots whose points expire in a span; those of idle wallets as it stands."""
    ends_at = Case(When(idle=True, then="wallet__idle_at"), default="expires_at")
    dated = Q(idle=False, expires_at__gte=span.start, expires_at__lt=span.end)
    idle = Q(idle=True, wallet__idle_at__gte=span.start, wallet__idle_at__lt=span.end)
    return Lot.objects.annotate(ends_at=ends_at).filter(
        dated | idle,
        Q(remaining__gt=0) | Q(pending__gt=0, lapses=False),
        wallet__point_type=span.point_type_id,
        # Time changes such a wallet by then at the latest: few do, and they are indexed.
        wallet__due_at__lt=span.end,
        wallet__member__status__in=(Member.Status.ACTIVE, Member.Status.SUSPENDED),
    )
