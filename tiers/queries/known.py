"""All that is known of members' tiers, in one look where one is enough."""

from collections.abc import Sequence
from typing import Any

from core.reading import (
    FEW,
    Columns,
    as_instances,
    columns_of,
    one_of,
    read_values,
    read_values_together,
)
from loyalty.queries.setup import Setup
from tiers.models import Standing
from tiers.queries.ladders import TierSetup
from tiers.queries.totals import (
    ORDER_DAYS,
    ORDERED,
    POINT_DAYS,
    Sums,
    take_adjustments,
    take_orders,
    take_points,
)


def read_tiers(
    setup: Setup, tiers: TierSetup, member_ids: Sequence[int]
) -> tuple[dict[tuple[int, int], Standing], dict[int, Sums]]:
    """Return members' rows by member and ladder, and their sums by day.

    One statement for few members; one more where adjustments may count. Balances are the
    caller's, who has the wallets.
    """
    sums = {member_id: Sums() for member_id in member_ids}
    if not member_ids or not tiers.ladders:
        return {}, sums
    metrics = tiers.metrics
    wanted = [columns_of(Standing)]
    if not ORDERED.isdisjoint(metrics):
        wanted.append(ORDER_DAYS)
    if "points" in metrics:
        wanted.append(POINT_DAYS)
    found = dict(zip(wanted, _read(wanted, member_ids), strict=True))
    take_orders(sums, found.get(ORDER_DAYS, ()))
    if "points" in metrics:
        codes = {each.id: code for code, each in setup.point_types.items()}
        take_points(sums, found[POINT_DAYS], codes)
        take_adjustments(sums, setup)
    live = {ladder.id for ladder in tiers.ladders.values()}
    standings = as_instances(Standing, found[wanted[0]])
    rows = [row for row in standings if row.ladder_id in live]
    return {(row.member_id, row.ladder_id): row for row in rows}, sums


def _read(wanted: Sequence[Columns], member_ids: Sequence[int]) -> list[list[dict[str, Any]]]:
    theirs = one_of("member_id", member_ids)
    if len(member_ids) > FEW:
        return [read_values(*columns, theirs) for columns in wanted]
    # The way to the database costs more than what is read there.
    return read_values_together(*((columns, theirs) for columns in wanted))
