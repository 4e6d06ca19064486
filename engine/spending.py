"""Points that are redeemed, given back and passed on: the ledger's part, and that of tiers."""

from collections.abc import Callable
from typing import Any

from core.transactions import retrying
from loyalty.models import Entry, Member, PointType, Redemption
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import RedemptionRequest, redeem_reward
from loyalty.services.transfers import transfer_points
from tiers.queries.balances import follows_balances
from tiers.queries.telling import tiers_held
from tiers.services.balances import follow_balances, lock_balances
from tiers.services.moves import Cause


@retrying
def redeem_for_member(
    *, member: Member, request: RedemptionRequest, requested: Requested
) -> Redemption:
    """Redeem something with the tiers that the member holds, who then stands where it stands.

    Refused as by `redeem_reward`.
    """
    _lock([member], requested)
    redemption = redeem_reward(
        member=member,
        request=request,
        requested=requested,
        tiers=tiers_held(member, requested.at),
    )
    _follow([member], requested, Cause("redemption", "redemption", str(redemption)))
    return redemption


@retrying
def settle_for_member(
    *,
    settle: Callable[..., Redemption],
    redemption: Redemption,
    requested: Requested,
    **asked: Any,
) -> Redemption:
    """Capture, void or reverse a redemption, and let its member stand where that puts it.

    Refused as by `settle`, which is the service that does it.
    """
    program = redemption.program
    if not follows_balances(program):
        return settle(redemption=redemption, requested=requested, **asked)
    members = _owners(redemption)
    lock_balances(program=program, members=members, at=requested.at)
    settled = settle(redemption=redemption, requested=requested, **asked)
    cause = Cause("redemption", "redemption", str(settled))
    # A merge may have moved it to another member before the locks were granted.
    members = _owners(settled)
    follow_balances(program=program, members=members, at=requested.at, cause=cause)
    return settled


@retrying
def transfer_between(
    *,
    sender: Member,
    recipient: Member,
    point_type: PointType,
    points: int,
    requested: Requested,
) -> Entry:
    """Pass points on, and let both members stand where that puts them.

    Refused as by `transfer_points`.
    """
    both = [sender, recipient]
    _lock(both, requested)
    sent = transfer_points(
        sender=sender,
        recipient=recipient,
        point_type=point_type,
        points=points,
        requested=requested,
    )
    _follow(both, requested, Cause("transfer", "transfer", requested.key))
    return sent


def _owners(redemption: Redemption) -> list[Member]:
    return list(Member.objects.filter(pk=redemption.member_id))


def _lock(members: list[Member], requested: Requested) -> None:
    lock_balances(program=members[0].program, members=members, at=requested.at)


def _follow(members: list[Member], requested: Requested, cause: Cause) -> None:
    program = members[0].program
    follow_balances(program=program, members=members, at=requested.at, cause=cause)
