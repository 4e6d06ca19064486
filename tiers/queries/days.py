"""Members' sums by local day, twice: as orders and events tell them, and as they are kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, TypeVar

from loyalty.models import MemberEvent, Order
from loyalty.queries.setup import Setup
from loyalty.rules.counted import Counted
from tiers.models import DayPoints, DayTotal

# Of an order, no more than what it counts by: a body may be long.
COUNTED_BY = ("member_id", "paid_at", "placed_at", "subtotal", "counts", "frozen", "posted")
FETCH = 1_000

Pair = tuple[int, int]
OrderDay = tuple[int, date]
PointsDay = tuple[int, int, date]
K = TypeVar("K", bound=tuple[Any, ...])


@dataclass(slots=True)
class DaySums:
    """Sums by member and day: spend and orders; points earned and released, by type too."""

    orders: dict[OrderDay, Pair] = field(default_factory=dict)
    points: dict[PointsDay, Pair] = field(default_factory=dict)

    def count(self, counted: Counted, setup: Setup) -> None:
        member_id, day = counted.member_id, counted.ordered_on(setup.zone)
        if member_id is None:
            return
        if day is not None:
            key = (member_id, day)
            self.orders[key] = _added(self.orders.get(key), counted.spend, counted.orders)
        for code, day, earned, released in counted.points_by_day(setup.zone):
            each = (member_id, setup.point_types[code].id, day)
            self.points[each] = _added(self.points.get(each), earned, released)


def _added(pair: Pair | None, one: int, other: int) -> Pair:
    return (pair[0] + one, pair[1] + other) if pair else (one, other)


def sums_stated(setup: Setup, member_ids: Sequence[int]) -> DaySums:
    """Return what the members' orders and events come to."""
    sums = DaySums()
    for counted in _counted(member_ids):
        sums.count(counted, setup)
    return sums


def _counted(member_ids: Sequence[int]) -> Iterator[Counted]:
    orders = Order.objects.filter(member__in=member_ids).only(*COUNTED_BY)
    events = MemberEvent.objects.filter(member__in=member_ids).exclude(posted={})
    listed: Iterable[Order | MemberEvent] = chain(
        orders.iterator(chunk_size=FETCH),
        events.only("member_id", "occurred_at", "posted").iterator(chunk_size=FETCH),
    )
    return (row.counted for row in listed)


def sums_kept(member_ids: Sequence[int]) -> DaySums:
    """Return the members' sums as their rows have them."""
    orders = DayTotal.objects.filter(member__in=member_ids)
    points = DayPoints.objects.filter(member__in=member_ids)
    return DaySums(
        {(row.member_id, row.day): (row.spend, row.orders) for row in orders},
        {
            (row.member_id, row.point_type_id, row.day): (row.earned, row.released)
            for row in points
        },
    )


def differing(stated: Mapping[K, Pair], kept: Mapping[K, Pair]) -> dict[K, tuple[Pair, Pair]]:
    """Return where the two disagree, in order: what is stated, and what is kept.

    No row is as good as one that came to nothing.
    """
    nothing = (0, 0)
    pairs = {
        key: (stated.get(key, nothing), kept.get(key, nothing))
        for key in sorted({*stated, *kept})
    }
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
