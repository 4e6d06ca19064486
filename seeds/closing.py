"""What came of a replay: counts from the database, and whether it is all true."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import F, Sum

from loyalty.models import Allocation, Entry, Member, Order, PointType, Program, Wallet
from loyalty.queries.verification import Finding, guard_findings, ledger_findings
from seeds.contents import Expected

# What an order has given or taken back by itself: not what became of it later.
OF_ORDERS = ("earn", "clawback")


@dataclass(frozen=True)
class PointCount:
    """What became of one kind of points in a program."""

    name: str
    issued: int
    pending: int
    clawed_back: int
    expired: int


def count_points(program: Program) -> list[PointCount]:
    """Return the sums of the ledger, by point type."""
    return [_count(point_type) for point_type in PointType.objects.filter(program=program)]


def _count(point_type: PointType) -> PointCount:
    entries = Entry.objects.filter(wallet__point_type=point_type)
    moved = dict(
        entries.values_list("kind").annotate(points=Sum(F("available") + F("pending") - F("debt")))
    )
    pending = Wallet.objects.filter(point_type=point_type).aggregate(points=Sum("pending"))
    return PointCount(
        name=point_type.name_other,
        issued=int(moved.get("earn", 0)),
        pending=int(pending["points"] or 0),
        clawed_back=-int(moved.get("clawback", 0)),
        expired=-int(moved.get("expire", 0)),
    )
