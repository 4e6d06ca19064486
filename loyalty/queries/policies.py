"""What a change of expiry would do to the points that are there already."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, Greatest, TruncDate

from loyalty.models import Lot, PointType, Program, Wallet
from loyalty.rules.expiry import expires_at, parse_expiry

Dates = list[tuple[date | None, int]]


@dataclass(frozen=True)
class PolicyPreview:
    """Whose points get another end, how many, and when they end before and after.

    `before` and `after` are (local date, points), soonest first; None is never.
    """

    point_type: str
    members: int
    points: int
    before: Dates
    after: Dates

    def as_dict(self) -> dict[str, Any]:
        return {
            "point_type": self.point_type,
            "members": self.members,
            "points": self.points,
            "before": _told(self.before),
            "after": _told(self.after),
        }


def living_lots(point_type: PointType, *, at: datetime) -> QuerySet[Lot, Any]:
    """Return the lots of a point type that hold points, with when they end (`ends_at`).

    Without those whose time is over, whether or not that was written down.
    """
    is_open = Q(pending__gt=0) | Q(remaining__gt=0) | Q(held__gt=0)
    of_wallet = Case(When(idle=True, then="wallet__idle_at"), default="expires_at")
    lots = Lot.objects.filter(is_open, wallet__point_type=point_type)
    return lots.annotate(ends_at=of_wallet).filter(Q(ends_at=None) | Q(ends_at__gt=at))


def wallets_with_points(point_type: PointType) -> QuerySet[Wallet]:
    """Return the wallets that have points of a type."""
    has_points = Q(available__gt=0) | Q(pending__gt=0) | Q(held__gt=0)
    return Wallet.objects.filter(
        has_points, program_id=point_type.program_id, point_type=point_type
    )


def prolonged_until(
    program: Program, before: object, form: object, *, at: datetime
) -> datetime | None:
    """Return until when old points live at least under a new policy; None leaves them.

    `form` is the expiry in the program file's form, `before` the one in force.
    """
    expiry = parse_expiry(form or "never")
    if expiry.existing != "from_change" or expiry == parse_expiry(before):
        return None
    return expires_at(expiry, at, program.zone)


def preview_policy(
    program: Program, code: str, form: Mapping[str, Any], *, at: datetime
) -> PolicyPreview | None:
    """Return what a point type's new form would do at `at` to points that are there.

    None if it leaves them alone. Points are counted as they were last written down.

    :raises InvalidInput: if the form's expiry says nothing
    """
    point_type = PointType.objects.filter(program=program, code=code).first()
    if point_type is None:
        return None
    until = prolonged_until(program, point_type.expiry or "never", form.get("expiry"), at=at)
    if until is None:
        return None
    points = F("pending") + F("remaining") + F("held")
    lots = living_lots(point_type, at=at).annotate(points=points)
    moved = lots.filter(Q(ends_at=None) | Q(ends_at__lt=until))
    whole = moved.aggregate(
        members=Count("wallet__member", distinct=True), points_in_all=Sum("points")
    )
    after = moved.annotate(later=Greatest(Coalesce("ends_at", until), until))
    return PolicyPreview(
        point_type=code,
        members=whole["members"],
        points=whole["points_in_all"] or 0,
        before=_by_date(program, moved, "ends_at"),
        after=_by_date(program, after, "later"),
    )


def _by_date(program: Program, lots: QuerySet[Lot, Any], column: str) -> Dates:
    found: dict[date | None, int] = defaultdict(int)
    rows = lots.annotate(day=TruncDate(column, tzinfo=program.zone)).values_list("day")
    for day, points in rows.annotate(in_all=Sum("points")).order_by():
        found[day] += points
    return sorted(found.items(), key=lambda one: (one[0] is None, one[0] or date.max))


def _told(dates: Dates) -> list[dict[str, Any]]:
    return [{"on": day.isoformat() if day else None, "points": points} for day, points in dates]
