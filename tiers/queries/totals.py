"""Members' sums by local day, for many members in few statements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from loyalty.models import Wallet
from tiers.models import DayPoints, DayTotal
from tiers.rules.ladders import CompiledLadder
from tiers.rules.measures import Totals

ORDERED = ("spend", "orders", "active_months")

Days = dict[date, int]


class _Sums:
    """Totals as they are read."""

    def __init__(self) -> None:
        self.spend: Days = {}
        self.orders: Days = {}
        self.earned: dict[str, Days] = {}
        self.released: dict[str, Days] = {}
        self.balances: dict[str, int] = {}

    def totals(self) -> Totals:
        return Totals(self.spend, self.orders, self.earned, self.released, self.balances)


def totals_of(
    member_ids: Sequence[int], ladders: Iterable[CompiledLadder]
) -> Mapping[int, Totals]:
    """Return what these ladders count of each member: a query per kind of metric."""
    metrics = {ladder.metric for ladder in ladders}
    sums = {member_id: _Sums() for member_id in member_ids}
    if not metrics.isdisjoint(ORDERED):
        _read_orders(sums)
    if "points" in metrics:
        _read_points(sums)
    if "balance" in metrics:
        _read_balances(sums)
    return {member_id: each.totals() for member_id, each in sums.items()}


def _read_orders(sums: Mapping[int, _Sums]) -> None:
    rows = DayTotal.objects.filter(member__in=list(sums))
    for member_id, day, spend, orders in rows.values_list(
        "member_id", "day", "spend", "orders"
    ):
        sums[member_id].spend[day] = spend
        sums[member_id].orders[day] = orders


def _read_points(sums: Mapping[int, _Sums]) -> None:
    rows = DayPoints.objects.filter(member__in=list(sums))
    for member_id, code, day, earned, released in rows.values_list(
        "member_id", "point_type__code", "day", "earned", "released"
    ):
        sums[member_id].earned.setdefault(code, {})[day] = earned
        sums[member_id].released.setdefault(code, {})[day] = released


def _read_balances(sums: Mapping[int, _Sums]) -> None:
    rows = Wallet.objects.filter(member__in=list(sums))
    for member_id, code, available, pending in rows.values_list(
        "member_id", "point_type__code", "available", "pending"
    ):
        sums[member_id].balances[code] = available + pending
