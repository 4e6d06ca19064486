"""Points of another type that a redemption gives: granted when captured, taken back in part."""

from datetime import datetime
from functools import partial

from loyalty.models import Redemption
from loyalty.queries.setup import PointTypeSetup, Setup
from loyalty.rules.expiry import NO_HOLD, active_until, schedule
from loyalty.rules.movements import claw_back, grant
from loyalty.rules.redemption import proportion
from loyalty.rules.wallets import Cause, NewLot
from loyalty.services.ledger import Posting


def given_type(setup: Setup, redemption: Redemption) -> PointTypeSetup | None:
    """Return the type of the points that a redemption gives, if it gives points."""
    if not isinstance(redemption.gives.get("points"), int):
        return None
    return setup.point_types[redemption.gives["point_type"]]


def granting(setup: Setup, redemption: Redemption, cause: Cause) -> list[Posting]:
    """Return what grants the points that a captured redemption gives.

    Who captures less than the price gets that much less.
    """
    point_type = given_type(setup, redemption)
    points = _given(redemption)
    if point_type is None or not points:
        return []
    at = cause.occurred_at
    lot = _lot(setup, point_type, points, at)
    movement = partial(grant, kind="earn", lots=[lot], cause=cause)
    until = active_until(point_type.expiry, "earn", at, setup.zone)
    wallet = (redemption.member_id, point_type.id)
    return [Posting(wallet, movement, reads="wallet", active_until=until)]


def _lot(setup: Setup, point_type: PointTypeSetup, points: int, at: datetime) -> NewLot:
    """Return the lot of points that were paid for: they wait for no return window."""
    dates = schedule(NO_HOLD, point_type.expiry, paid_at=at, fulfilled_at=None, zone=setup.zone)
    return NewLot(points, expires_at=dates.expires_at, idle=dates.idle)


def _given(redemption: Redemption) -> int:
    points = redemption.gives.get("points")
    if not isinstance(points, int):
        return 0
    return proportion(points, redemption.captured_points, redemption.points)


def taking_back(
    setup: Setup, redemption: Redemption, returned: int, cause: Cause
) -> list[Posting]:
    """Return what takes back the given points' share of `returned` points that came back.

    To be asked before `reversed_points` counts them: all that came back so far
    decides, so that parts add up to the whole.
    """
    point_type = given_type(setup, redemption)
    if point_type is None:
        return []
    given, captured = _given(redemption), redemption.captured_points
    before = proportion(given, redemption.reversed_points, captured)
    points = proportion(given, redemption.reversed_points + returned, captured) - before
    if not points:
        return []
    movement = partial(claw_back, points=points, cause=cause)
    return [Posting((redemption.member_id, point_type.id), movement, source=cause.source)]
