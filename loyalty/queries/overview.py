"""How a program is doing, in a handful of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from core.sums import exact_sums
from loyalty.models import Adjustment, Member, Order, PointType, Program, Redemption, Wallet
from loyalty.queries.programs import preview_publication

DAYS = 14
# Orders are looked through from the newest; no index leads to a day.
LOOKED_THROUGH = 20_000


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What members have of one point type, all together, as last written down."""

    name: str
    code: str
    points: int
    pending: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A program at a glance. `days` are the orders of the last days, oldest first."""

    program: Program
    at: datetime
    members: int
    outstanding: Sequence[Outstanding]
    days: Sequence[tuple[datetime, int]]
    waiting_orders: int
    waiting_adjustments: int
    unpublished: int
    to_fulfil: int


def overview_of(program: Program, *, at: datetime) -> Overview:
    """Return how a program is doing at `at`."""
    mine = Q(program=program)
    return Overview(
        program=program,
        at=at,
        members=Member.objects.filter(mine).count(),
        outstanding=_outstanding(program),
        days=_days(program, at),
        waiting_orders=Order.objects.filter(mine, _WAITING).count(),
        waiting_adjustments=Adjustment.objects.filter(
            mine, status=Adjustment.Status.AWAITING
        ).count(),
        unpublished=len(preview_publication(program)),
        to_fulfil=Redemption.objects.filter(mine, fulfilment__in=_OPEN_WORK).count(),
    )


# As the index of the work list has them.
_OPEN_WORK = (Redemption.Fulfilment.OPEN, Redemption.Fulfilment.IN_PROGRESS)

# An order that waits is indexed by what it waits for.
_WAITING = Q(waiting=True) & (
    Q(member_ref__gt="") | Q(guest_email__gt="") | Q(guest_phone__gt="")
)


def _outstanding(program: Program) -> list[Outstanding]:
    wallets = Wallet.objects.filter(program=program)
    sums = exact_sums(wallets, "point_type", ("available", "pending", "held"))
    return [
        Outstanding(each.name_other, each.code, sum(theirs.values()), theirs.get("pending", 0))
        for each in PointType.objects.live().filter(program=program)
        for theirs in [sums.get(each.pk, {})]
    ]


def _days(program: Program, at: datetime) -> list[tuple[datetime, int]]:
    """Return how many orders were placed on each of the last days, local midnights."""
    today = at.astimezone(program.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [today - timedelta(days=days) for days in reversed(range(DAYS))]
    newest = Order.objects.filter(program=program).order_by("-pk").values("pk")[:LOOKED_THROUGH]
    wanted = {
        f"day_{number}": Count(
            "pk", filter=Q(placed_at__gte=start, placed_at__lt=start + timedelta(days=1))
        )
        for number, start in enumerate(starts)
    }
    counts = Order.objects.filter(pk__in=newest, placed_at__gte=starts[0]).aggregate(**wanted)
    return [(start, counts[f"day_{number}"]) for number, start in enumerate(starts)]
