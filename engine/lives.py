"""Members' lives, where apps have to act together: merged, parted, erased, back again."""

from datetime import datetime

from core.transactions import retrying
from loyalty.models import Member, Merge
from loyalty.services.adjustments import Requested
from loyalty.services.erasing import erase_member
from loyalty.services.merging import merge_members, undo_merge
from loyalty.services.statuses import reactivate_member
from referrals.services.forgetting import forget_referrals
from referrals.services.merging import gifts_of_merged as referral_gifts_of_merged
from referrals.services.merging import join_referrals, part_referrals
from tiers.services.forgetting import forget_tiers
from tiers.services.merging import gifts_of_merged, join_tiers, part_tiers
from tiers.services.reviews import review_members


@retrying
def merge_people(
    *, member: Member, into: Member, requested: Requested, reason: str = ""
) -> Merge:
    """Let one member become another, with all that every app knows of them.

    A repeated key returns the first merge. Refused as by `merge_members`.
    """
    merge = merge_members(member=member, into=into, requested=requested, reason=reason)
    join_tiers(merge=merge, at=requested.at)
    join_referrals(merge=merge, at=requested.at)
    return merge


@retrying
def part_people(*, merge: Merge, at: datetime) -> Merge:
    """Make two members of one again. Refused as by `undo_merge`."""
    gifts = [*gifts_of_merged(merge), *referral_gifts_of_merged(merge)]
    undone = undo_merge(merge=merge, at=at, gifts=gifts)
    part_tiers(merge=undone, at=at)
    part_referrals(merge=undone, at=at)
    return undone


@retrying
def erase_person(*, member: Member, at: datetime) -> None:
    """Erase a person, whatever app knows of it.

    :raises MemberErased: if it was erased before
    """
    numbers = erase_member(member=member, at=at)
    forget_tiers(program=member.program, member_ids=numbers, at=at)
    forget_referrals(members=numbers)


@retrying
def welcome_back(*, member: Member, at: datetime) -> Member:
    """Let a suspended or closed member earn and redeem again, and stand where it stands.

    Refused as by `reactivate_member`. Nobody reviews who is closed.
    """
    active = reactivate_member(member=member, at=at)
    review_members(program=member.program, members=[active], at=at)
    return active
