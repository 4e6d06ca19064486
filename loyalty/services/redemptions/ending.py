"""Writing down that holds are over: the status, the voucher, what the outside hears."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, OuterRef, QuerySet, Subquery

from core.events import record_events
from loyalty.models import Redemption, Voucher
from loyalty.queries.setup import Setup
from loyalty.services.redemptions.announcing import told

# Redemptions per transaction: bounded locks, little to repeat after a crash.
CHUNK = 500


def end_overdue(
    setup: Setup, candidates: QuerySet[Redemption], *, at: datetime
) -> Sequence[Redemption]:
    """Note which of these are over by `at`, a chunk at most; the caller has their rewards.

    Their points have come back to the wallets already, or will when somebody looks.
    """
    overdue = list(
        candidates.filter(status=Redemption.Status.HELD, expires_at__lte=at)
        .select_related("member")
        .select_for_update(of=("self",))
        .order_by("id")[:CHUNK]
    )
    if not overdue:
        return []
    ended = Redemption.objects.filter(pk__in=[redemption.pk for redemption in overdue])
    ended.update(status=Redemption.Status.EXPIRED, settled_at=F("expires_at"))
    over_at = Redemption.objects.filter(pk=OuterRef("redemption")).values("expires_at")
    vouchers = Voucher.objects.filter(redemption__in=overdue, voided_at=None)
    vouchers.update(voided_at=Subquery(over_at))
    for redemption in overdue:
        redemption.status = Redemption.Status.EXPIRED
        redemption.settled_at = redemption.expires_at
    record_events(
        [
            told(setup, "redemption.expired", redemption, at=redemption.expires_at or at)
            for redemption in overdue
        ]
    )
    return overdue
