"""Members' sums by day made anew, from the orders and events that they add up."""

from collections.abc import Sequence
from datetime import datetime

from core.transactions import retrying
from loyalty.models import Program
from loyalty.queries.setup import Setup, setup_of
from loyalty.services.ledger import open_book, write
from tiers.queries.days import differing, sums_kept, sums_stated
from tiers.services.totals import OrderChange, PointsChange, move_totals


@retrying
def rebuild_totals(*, program: Program, member_ids: Sequence[int], at: datetime) -> int:
    """Let members' sums by day be what their orders and events come to.

    Locks their wallets, so that nobody counts for them meanwhile. Returns how many days
    were wrong; who is lifted or falls by that has to be reviewed afterwards.
    """
    setup = setup_of(program)
    write(open_book(setup, members=member_ids, at=at, even_closed=True))
    return restate_totals(setup, member_ids)


def restate_totals(setup: Setup, member_ids: Sequence[int]) -> int:
    """Do the same where the caller holds the wallets."""
    stated, kept = sums_stated(setup, member_ids), sums_kept(member_ids)
    orders = [
        OrderChange(*key, now[0] - was[0], now[1] - was[1])
        for key, (now, was) in differing(stated.orders, kept.orders).items()
    ]
    points = [
        PointsChange(*key, now[0] - was[0], now[1] - was[1])
        for key, (now, was) in differing(stated.points, kept.points).items()
    ]
    move_totals(setup.program_id, orders, points)
    return len(orders) + len(points)
