"""Members' sums by local day, for many members in few statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef

from core.reading import Columns, one_of, read_values
from core.zones import reading
from loyalty.models import Adjustment, Entry
from loyalty.queries.balances import states_of
from loyalty.queries.setup import Setup
from loyalty.rules.wallets import WalletState
from tiers.models import DayPoints, DayTotal
from tiers.rules.measures import Totals

ORDERED = frozenset({"spend", "orders", "active_months"})

# What is read of days, and of which table.
ORDER_DAYS: Columns = (DayTotal, ("id", "member_id", "day", "spend", "orders"))
POINT_DAYS: Columns = (
    DayPoints,
    ("id", "member_id", "point_type_id", "day", "earned", "released"),
)

Days = dict[date, int]


@dataclass(slots=True)
class Sums:
    """A member's totals as they are read, and counted on. Points are by point type code.

    `is_behind` says that rows do not know of some adjustment yet.
    """

    spend: Days = field(default_factory=dict)
    orders: Days = field(default_factory=dict)
    earned: dict[str, Days] = field(default_factory=dict)
    released: dict[str, Days] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    is_behind: bool = False

    def add_orders(self, day: date, spend: int, orders: int) -> None:
        self.spend[day] = self.spend.get(day, 0) + spend
        self.orders[day] = self.orders.get(day, 0) + orders

    def add_points(self, code: str, day: date, earned: int, released: int) -> None:
        for sums, points in ((self.earned, earned), (self.released, released)):
            days = sums.setdefault(code, {})
            days[day] = days.get(day, 0) + points

    def totals(self) -> Totals:
        return Totals(self.spend, self.orders, self.earned, self.released, self.balances)


def totals_of(
    setup: Setup, member_ids: Sequence[int], metrics: Collection[str], *, at: datetime
) -> Mapping[int, Totals]:
    """Return what ladders with these metrics count of each member: a query a kind.

    Balances are those of `at`; days are all that are known.
    """
    sums = {member_id: Sums() for member_id in member_ids}
    if not ORDERED.isdisjoint(metrics):
        take_orders(sums, read_values(*ORDER_DAYS, one_of("member_id", member_ids)))
    if "points" in metrics:
        codes = {each.id: code for code, each in setup.point_types.items()}
        take_points(sums, read_values(*POINT_DAYS, one_of("member_id", member_ids)), codes)
        take_adjustments(sums, setup)
    if "balance" in metrics:
        take_balances(sums, states_of(setup, member_ids, at=at), setup)
    return {member_id: each.totals() for member_id, each in sums.items()}


def take_orders(sums: Mapping[int, Sums], rows: Iterable[Mapping[str, Any]]) -> None:
    """Take rows of `ORDER_DAYS`: a review of many reads a hundred thousand of them."""
    for row in rows:
        theirs, day = sums[row["member_id"]], row["day"]
        theirs.spend[day] = row["spend"]
        theirs.orders[day] = row["orders"]


def take_points(
    sums: Mapping[int, Sums], rows: Iterable[Mapping[str, Any]], codes: Mapping[int, str]
) -> None:
    for row in rows:
        code = codes[row["point_type_id"]]
        sums[row["member_id"]].add_points(code, row["day"], row["earned"], row["released"])


def take_adjustments(sums: Mapping[int, Sums], setup: Setup) -> None:
    """Add the adjustments that were made to count, unless they were reversed.

    They are read from where they are: few are, and whoever makes or reverses one need
    not know of tiers.
    """
    undone = Exists(Entry.objects.filter(reverses=OuterRef("entry")))
    rows = Adjustment.objects.filter(
        member__in=list(sums), status=Adjustment.Status.POSTED, terms__counts_for_tiers=True
    )
    for row in rows.annotate(is_undone=undone):
        sums[row.member_id].is_behind |= row.tiers_behind
        if row.is_undone:
            continue
        available_at = row.terms["available_at"]
        start = datetime.fromisoformat(available_at) if available_at else row.occurred_at
        code = setup.point_type(row.point_type_id).code
        day = reading(row.occurred_at, setup.zone).date()
        released_on = reading(max(start, row.occurred_at), setup.zone).date()
        sums[row.member_id].add_points(code, day, row.points, 0)
        sums[row.member_id].add_points(code, released_on, 0, row.points)


def members_behind(program_id: int, member_ids: Collection[int]) -> set[int]:
    """Return those with an adjustment that counts, and that their rows do not know of yet."""
    behind = Adjustment.objects.filter(
        program=program_id, member__in=member_ids, tiers_behind=True
    )
    return set(behind.values_list("member_id", flat=True))


def take_balances(
    sums: Mapping[int, Sums], wallets: Iterable[WalletState], setup: Setup
) -> None:
    for wallet in wallets:
        code = setup.point_type(wallet.point_type_id).code
        sums[wallet.member_id].balances[code] = wallet.available + wallet.pending
