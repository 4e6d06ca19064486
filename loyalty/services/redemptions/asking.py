"""What a storefront asks for: which reward, at which price, in which points."""

from dataclasses import dataclass, replace
from datetime import timedelta

from core.errors import invalid
from loyalty.models import Member, Order
from loyalty.queries.setup import PointTypeSetup, Setup, setup_of
from loyalty.rules.gives import gives_of
from loyalty.rules.redemption import NotRedeemable, points_to_pay
from loyalty.rules.rewards import CompiledReward
from loyalty.services.ledger import Book


@dataclass(frozen=True, slots=True)
class RedemptionRequest:
    """What is to be redeemed: a reward at its price, or points to pay with.

    To pay, say how many `points` and what the order comes to (`order_total`, minor
    units); `up_to` takes as many of them as can be taken, or of all there are. A
    reward with several prices takes the `point_type` that is named, or else the
    first that the member can pay. `capture` spends at once; otherwise the points
    are held for `ttl`, half an hour if left out and a day at most. Where `is_claimed`,
    the total is a shopper's word and no more.
    """

    reward: str | None = None
    point_type: str | None = None
    points: int | None = None
    order_total: int | None = None
    order: str = ""
    up_to: bool = False
    capture: bool = False
    ttl: timedelta | None = None
    is_claimed: bool = False


def with_known_total(member: Member, request: RedemptionRequest) -> RedemptionRequest:
    """Return a shopper's request with its order's own total, if the order was stated.

    What another order comes to is not known yet: points that pay for it stay held, and
    are spent by whoever knows.

    :raises InvalidInput: if they are to be spent at once
    """
    owned = Order.objects.filter(program=member.program_id, member=member.pk)
    order = owned.filter(external_id=request.order).exclude(status="cancelled").first()
    if order is not None:
        said = order.total if request.order_total is None else request.order_total
        return replace(request, order_total=min(said, order.total), is_claimed=False)
    reward = setup_of(member.program).rewards.get(request.reward or "")
    if request.reward is not None and (reward is None or reward.gives.pay is None):
        return replace(request, order_total=None, is_claimed=False)
    if request.capture:
        detail = "points pay at once only for an order that the shop has stated: name it"
        raise invalid("/capture", "not_here", detail)
    return request


def reward_asked(setup: Setup, request: RedemptionRequest) -> CompiledReward:
    """Return the reward that is asked for.

    Paying that no reward says anything about goes by the point type's value, under
    a reward without code and row.

    :raises InvalidInput: with a pointer, if no reward or point type is meant clearly
    :raises NotRedeemable: if points of this type buy nothing
    """
    if request.reward is None:
        return _payment_asked(setup, request)
    reward = setup.rewards.get(request.reward)
    if reward is None:
        raise invalid("/reward", "unknown_reward", f"there is no reward {request.reward!r}")
    if request.point_type is not None and request.point_type not in prices_of(reward):
        detail = f"{reward.code} takes {' or '.join(prices_of(reward))}"
        raise invalid("/point_type", "unknown_price", detail)
    if reward.gives.pay is None and request.points is not None:
        raise invalid(
            "/points", "not_here", "a reward has its price; only payments have points"
        )
    _require_total(reward, request)
    return reward


def live_reward(setup: Setup, reward_id: int | None) -> CompiledReward | None:
    """Return a reward by its number, unless it was archived meanwhile."""
    live = (reward for reward in setup.rewards.values() if reward.id == reward_id)
    return next(live, None) if reward_id else None


def prices_of(reward: CompiledReward) -> list[str]:
    """Return the point types that a reward can be had for."""
    return [reward.gives.point_type] if reward.gives.pay else list(reward.cost)


def _payment_asked(setup: Setup, request: RedemptionRequest) -> CompiledReward:
    code = request.point_type
    if code is None:
        raise invalid("/reward", "required", "name a reward, or a point type to pay with")
    if code not in setup.point_types:
        raise invalid("/point_type", "unknown_point_type", f"there is no point type {code!r}")
    ways = setup.pay_rewards(code)
    if len(ways) > 1:
        named = " or ".join(reward.code for reward in ways)
        raise invalid("/reward", "required", f"there are several ways to pay: name {named}")
    reward = ways[0] if ways else _plain_payment(setup, code)
    _require_total(reward, request)
    return reward


def _plain_payment(setup: Setup, code: str) -> CompiledReward:
    if setup.plain_payment(code) is None:
        raise NotRedeemable(f"{code} pay for nothing")
    faces = {each.code: each.face for each in setup.point_types.values()}
    form = {"pay": {"point_type": code}}
    gives = gives_of(form, currency=setup.currency, point_types=faces)
    return CompiledReward(code="", name="", cost={}, gives=gives)


def _require_total(reward: CompiledReward, request: RedemptionRequest) -> None:
    if reward.gives.pay is not None and request.order_total is None:
        raise invalid("/order_total", "required", "say what the order comes to")


def price_asked(
    book: Book, member_id: int, reward: CompiledReward, request: RedemptionRequest
) -> tuple[PointTypeSetup, int]:
    """Return in which points, and how many, the reward is paid from a locked wallet.

    :raises InsufficientPoints: if the member has too few to pay so many
    :raises DomainError: below_minimum, not_a_step or above_maximum for a payment
    """
    point_types = book.setup.point_types
    terms = reward.gives.pay
    if terms is not None:
        point_type = point_types[terms.point_type]
        points = points_to_pay(
            terms,
            available=book.wallets[member_id, point_type.id].available,
            order_total=request.order_total or 0,
            asked=request.points,
            up_to=request.up_to,
        )
        return point_type, points
    offered = [request.point_type] if request.point_type else list(reward.cost)
    prices = [(point_types[code], reward.cost[code]) for code in offered]
    affordable = (
        (point_type, price)
        for point_type, price in prices
        if book.wallets[member_id, point_type.id].available >= price
    )
    return next(affordable, prices[0])
