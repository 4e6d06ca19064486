"""Giving points that are there already a later end, when their policy changes."""

from datetime import datetime

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest, Least

from loyalty.models import Lot, PointType, Wallet
from loyalty.queries.policies import living_lots, wallets_with_points


def prolong_lots(point_type: PointType, *, until: datetime, at: datetime) -> None:
    """Let every lot that is alive at `at` live until `until` at least.

    One that had no end ends then; one that ends with its wallet's idleness gets the
    later date for its own. All wallets that hold any are locked, in id order, until the
    transaction ends: who works out when a wallet is due must see the new dates.
    """
    wallets = wallets_with_points(point_type)
    list(wallets.select_for_update().order_by("id").values_list("id", flat=True))
    lots = Lot.objects.filter(pk__in=living_lots(point_type, at=at).values("pk"))
    idle_at = Wallet.objects.filter(pk=OuterRef("wallet_id")).values("idle_at")[:1]
    lots.filter(idle=True).update(expires_at=Subquery(idle_at))
    lots.update(expires_at=Greatest(Coalesce("expires_at", until), until), idle=False)
    # Too early does no harm, too late would.
    wallets.update(due_at=Least(Coalesce(F("due_at"), until), until))
