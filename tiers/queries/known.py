"""All that is known of members' tiers, in one look where one is enough."""

from collections.abc import Sequence

from django.db.models import Model

from core.reading import Condition, one_of, read_together
from loyalty.queries.setup import Setup
from tiers.models import DayPoints, DayTotal, Standing
from tiers.queries.ladders import TierSetup
from tiers.queries.totals import ORDERED, Sums, take_adjustments, take_orders, take_points


def read_tiers(
    setup: Setup, tiers: TierSetup, member_ids: Sequence[int]
) -> tuple[dict[tuple[int, int], Standing], dict[int, Sums]]:
    """Return members' rows by member and ladder, and their sums by day.

    One statement; one more where adjustments may count. Balances are the caller's, who
    has the wallets.
    """
    sums = {member_id: Sums() for member_id in member_ids}
    if not member_ids or not tiers.ladders:
        return {}, sums
    theirs = one_of("member_id", member_ids)
    metrics = tiers.metrics
    wanted: list[tuple[type[Model], Condition]] = [(Standing, theirs)]
    if not ORDERED.isdisjoint(metrics):
        wanted.append((DayTotal, theirs))
    if "points" in metrics:
        wanted.append((DayPoints, theirs))
    found = dict(zip((model for model, _ in wanted), read_together(*wanted), strict=True))
    take_orders(sums, found.get(DayTotal, ()))
    if "points" in metrics:
        codes = {each.id: code for code, each in setup.point_types.items()}
        take_points(sums, found[DayPoints], codes)
        take_adjustments(sums, setup)
    live = {ladder.id for ladder in tiers.ladders.values()}
    rows = [row for row in found[Standing] if row.ladder_id in live]
    return {(row.member_id, row.ladder_id): row for row in rows}, sums
