"""Points that people give, take and give back: the ledger's part, and that of tiers."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from core.transactions import retrying
from loyalty.models import Adjustment, Entry, Member, PointType
from loyalty.queries.setup import setup_of
from loyalty.services.adjustments import (
    AdjustmentRequest,
    Requested,
    adjust_points,
    approve_adjustment,
)
from loyalty.services.ledger import open_book, write
from loyalty.services.reversals import members_moved, reverse_entry
from tiers.queries.balances import follows_balances
from tiers.queries.ladders import tier_setup_of
from tiers.services.adjustments import follow_adjustments
from tiers.services.balances import follow_balances, lock_balances
from tiers.services.moves import Cause


@retrying
def adjust_member(
    *,
    member: Member,
    point_type: PointType,
    request: AdjustmentRequest,
    requested: Requested,
) -> Adjustment:
    """Adjust points, and let the member stand where that puts it.

    Refused as by `adjust_points`.
    """
    _lock(member, requested.at)
    adjustment = adjust_points(
        member=member, point_type=point_type, request=request, requested=requested
    )
    follow_adjustments(program=member.program, members=[member], at=requested.at)
    return adjustment


@retrying
def approve_for_member(
    *, adjustment: Adjustment, user: AbstractBaseUser, at: datetime
) -> Adjustment:
    """Post what waited for a second person, and let its member stand where that puts it.

    Refused as by `approve_adjustment`.
    """
    program, member = adjustment.program, adjustment.member
    member.program = program
    _lock(member, at)
    approved = approve_adjustment(adjustment=adjustment, user=user, at=at)
    follow_adjustments(program=program, members=[member], at=at)
    return approved


@retrying
def reverse_for_member(*, entry: Entry, reason: str, requested: Requested) -> Entry:
    """Undo an entry, and let its member stand where that puts it.

    Refused as by `reverse_entry`.
    """
    program = entry.program
    if entry.kind != "adjust":
        return _reverse_transfer(entry, reason, requested)
    member = entry.wallet.member
    member.program = program
    _lock(member, requested.at)
    undone = reverse_entry(entry=entry, reason=reason, requested=requested)
    follow_adjustments(program=program, members=[member], at=requested.at)
    return undone


def _reverse_transfer(entry: Entry, reason: str, requested: Requested) -> Entry:
    """Undo a transfer: it counts for no tier, but where balances are followed."""
    program, at = entry.program, requested.at
    both = members_moved(entry) if follows_balances(program) else []
    lock_balances(program=program, members=both, at=at)
    undone = reverse_entry(entry=entry, reason=reason, requested=requested)
    cause = Cause("transfer", entry.source_type, entry.source_id)
    follow_balances(program=program, members=both, at=at, cause=cause)
    return undone


def _lock(member: Member, at: datetime) -> None:
    """Lock all the member's wallets, in order, where a review will ask for all of them."""
    if not tier_setup_of(member.program).metrics.isdisjoint(("points", "balance")):
        setup = setup_of(member.program)
        write(open_book(setup, members=[member.pk], at=at, even_closed=True))
