"""Points that people give, take and give back: the ledger's part, and that of tiers."""

from core.transactions import retrying
from loyalty.models import Adjustment, Entry, Member, PointType
from loyalty.services.adjustments import AdjustmentRequest, Requested, adjust_points
from loyalty.services.reversals import reverse_entry
from tiers.services.adjustments import follow_adjustments


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
    adjustment = adjust_points(
        member=member, point_type=point_type, request=request, requested=requested
    )
    follow_adjustments(program=member.program, members=[member], at=requested.at)
    return adjustment


@retrying
def reverse_for_member(*, entry: Entry, reason: str, requested: Requested) -> Entry:
    """Undo an entry, and let its member stand where that puts it.

    Refused as by `reverse_entry`.
    """
    undone = reverse_entry(entry=entry, reason=reason, requested=requested)
    member = entry.wallet.member
    follow_adjustments(program=entry.program, members=[member], at=requested.at)
    return undone
