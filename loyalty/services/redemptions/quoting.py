"""What a checkout could be paid with in points, before anybody decides to."""

from collections.abc import Mapping
from datetime import datetime

from core.errors import invalid
from loyalty.models import Member
from loyalty.queries.balances import states_of
from loyalty.queries.member_facts import NO_TIERS
from loyalty.queries.rewards import facts_for
from loyalty.queries.setup import setup_of
from loyalty.rules.paying import Quote, quote_payment
from loyalty.services.redemptions.asking import RedemptionRequest, reward_asked


def quote_redemption(
    *,
    member: Member,
    request: RedemptionRequest,
    at: datetime,
    tiers: Mapping[str, str] = NO_TIERS,
) -> Quote:
    """Return the most points that a member can pay with at `at`; nothing is reserved.

    None for who may not redeem, or where paying is not on offer. `tiers` are those
    that the member holds, by ladder.

    :raises InvalidInput: with a pointer, if it is not clear what is meant, or it is no
        payment
    :raises NotRedeemable: if points of this type buy nothing
    """
    setup = setup_of(member.program)
    reward = reward_asked(setup, request)
    terms = reward.gives.pay
    if terms is None:
        detail = f"{reward.code} has its price; only payments are quoted"
        raise invalid("/reward", "not_a_payment", detail)
    facts = facts_for(setup, [reward], member, at=at, tiers=tiers)
    is_offered = member.may_redeem and reward.why_not_offered(at, facts) is None
    point_type = setup.point_types[terms.point_type]
    having = {state.point_type_id: state for state in states_of(setup, [member.pk], at=at)}
    wallet = having.get(point_type.id) if is_offered else None
    return quote_payment(
        terms,
        available=wallet.available if wallet else 0,
        order_total=request.order_total,
        asked=request.points,
    )
