"""The catalogue: what can be had, how much of it is left, and who may have it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Count, F

from core.periods import window_of
from loyalty.models import Member, Program, Redemption, Reward, Voucher
from loyalty.queries.balances import states_of
from loyalty.queries.member_facts import COUNTED, NO_TIERS, Question, member_facts
from loyalty.queries.setup import Setup, setup_of
from loyalty.rules.limits import Limit
from loyalty.rules.paying import quote_payment
from loyalty.rules.rewards import CompiledReward, Window

UNUSED = (0, 0)

# For each limit of a reward, the points and times used of it.
Used = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides, beside the reward itself, whether a member may have it.

    `facts` are those of `member.*`, `left` how many there are by reward code (a
    code that is missing: any number), `used` what was used of each reward's
    limits, and `available` the points the member may spend, by point type.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, Used] = field(default_factory=dict)
    available: Mapping[str, int] = field(default_factory=dict)


def catalogue(
    program: Program,
    member: Member | None,
    at: datetime,
    *,
    tiers: Mapping[str, str] = NO_TIERS,
) -> list[dict[str, Any]]:
    """Return the rewards that are visible at `at`, in their order.

    With a member, each says whether they can pay for it (`affordable`), whether
    it is meant for them (`eligible`), and in a stable word why they cannot have
    it now (`why_not`, None if they can). `tiers` are those that the member holds,
    by ladder. A few queries, however many rewards.
    """
    setup = setup_of(program)
    rewards = [reward for reward in setup.rewards.values() if at in reward.visible]
    if member is None:
        left = left_of(setup, rewards, at=at)
        return [_face(reward, left) for reward in rewards]
    met = circumstances_of(setup, rewards, member, at=at, tiers=tiers)
    return [_face(reward, met.left) | _answer(reward, member, at, met) for reward in rewards]


def circumstances_of(
    setup: Setup,
    rewards: Sequence[CompiledReward],
    member: Member,
    *,
    at: datetime,
    tiers: Mapping[str, str] = NO_TIERS,
) -> Circumstances:
    """Return what decides whether a member may have these rewards, as it stands now."""
    return Circumstances(
        facts=facts_for(setup, rewards, member, at=at, tiers=tiers),
        left=left_of(setup, rewards, at=at),
        used=used_of(setup, rewards, member, at=at),
        available=_available(setup, member, at),
    )


def why_not_redeemable(
    reward: CompiledReward, member: Member, at: datetime, met: Circumstances
) -> str | None:
    """Return in a stable word why a member cannot have a reward now; None if they can.

    `member_suspended`, `not_redeemable`, `not_eligible`, `out_of_stock`,
    `limit_reached` or `insufficient_points`: the first that holds, in this order.
    """
    if not member.may_redeem:
        return "member_suspended"
    if word := reward.why_not_offered(at, met.facts):
        return word
    if met.left.get(reward.code, 1) <= 0:
        return "out_of_stock"
    used = met.used.get(reward.code, [UNUSED] * len(reward.limits))
    if reward.limit_reached(used, _least(reward)):
        return "limit_reached"
    return None if is_affordable(reward, met.available) else "insufficient_points"


def is_affordable(reward: CompiledReward, available: Mapping[str, int]) -> bool:
    """Say whether one of its prices, or the smallest payment, is there."""
    if reward.gives.pay is not None:
        having = available.get(reward.gives.point_type, 0)
        return quote_payment(reward.gives.pay, available=having, order_total=None).points > 0
    return any(available.get(code, 0) >= price for code, price in reward.cost.items())


def facts_for(
    setup: Setup,
    rewards: Iterable[CompiledReward],
    member: Member,
    *,
    at: datetime,
    tiers: Mapping[str, str] = NO_TIERS,
) -> dict[str, Any]:
    """Return what these rewards' conditions may ask about a member.

    Empty if none has a condition; one query if one counts orders.
    """
    names = frozenset[str]().union(*(reward.when.names for reward in rewards if reward.when))
    if not names:
        return {}
    counted = not COUNTED.isdisjoint(names)
    question = Question(member, at, tiers=tiers)
    return member_facts([question], zone=setup.zone, counted=counted)[0]


def left_of(setup: Setup, rewards: Iterable[CompiledReward], *, at: datetime) -> dict[str, int]:
    """Return how many are left of rewards that can run out, by code.

    A hold that is over has given its piece back, whether or not anybody noted it.
    """
    rewards = list(rewards)
    rows = Reward.objects.filter(pk__in=_ids(rewards)).exclude(stock=None).order_by()
    stocked = dict(rows.annotate(left=F("stock") - F("taken")).values_list("pk", "left"))
    over = _holds_over(setup, stocked, at) if stocked else {}
    left = {
        reward.code: stocked[reward.id] + over.get(reward.id, 0)
        for reward in rewards
        if reward.id in stocked
    }
    pools = [reward for reward in rewards if reward.voucher and reward.voucher.from_pool]
    for code, codes in _codes_in(pools).items():
        left[code] = min(left.get(code, codes), codes)
    return left


def _holds_over(setup: Setup, reward_ids: Iterable[int], at: datetime) -> dict[int, int]:
    """Return how many holds on each reward have ended by themselves, unnoted."""
    over = Redemption.objects.filter(
        program=setup.program_id, status=Redemption.Status.HELD, expires_at__lte=at
    )
    return dict(
        over.filter(reward__in=reward_ids)
        .values_list("reward")
        .annotate(Count("pk"))
        .order_by()
    )


def _codes_in(pools: Sequence[CompiledReward]) -> dict[str, int]:
    """Return how many imported codes are left in each pool."""
    if not pools:
        return {}
    counts = (
        Voucher.objects.filter(reward__in=_ids(pools), issued_at=None)
        .values_list("reward")
        .annotate(Count("pk"))
        .order_by()
    )
    found: dict[int | None, int] = dict(counts)
    return {reward.code: found.get(reward.id, 0) for reward in pools}


def _ids(rewards: Iterable[CompiledReward]) -> list[int]:
    return [reward.id for reward in rewards if reward.id is not None]


def used_of(
    setup: Setup, rewards: Iterable[CompiledReward], member: Member, *, at: datetime
) -> dict[str, list[tuple[int, int]]]:
    """Return what was used of each limit of these rewards, by code, at most two queries.

    Points that are held or spent count, and those that came back do not; a
    redemption that ended or was reversed as a whole counts as none. To be true
    for the next redemption as well, call it under the locks that guard it: the
    member's wallet, and the reward's row for limits of the whole program and for
    rewards with several prices, which may be paid from another wallet.
    """
    asked = [
        (reward, place, limit)
        for reward in rewards
        for place, limit in enumerate(reward.limits)
    ]
    count = partial(_count, setup, at=at)
    found = count([each for each in asked if each[2].of == "member"], member)
    found |= count([each for each in asked if each[2].of == "program"], None)
    used: dict[str, list[tuple[int, int]]] = {}
    for reward, place, _ in asked:
        used.setdefault(reward.code, []).append(found.get((reward.code, place), UNUSED))
    return used


def _count(
    setup: Setup,
    asked: Sequence[tuple[CompiledReward, int, Limit]],
    member: Member | None,
    *,
    at: datetime,
) -> dict[tuple[str, int], tuple[int, int]]:
    """Add up, in one query, what a member or all of them used of these limits."""
    if not asked:
        return {}
    adapt = connection.ops.adapt_datetimefield_value
    values: list[Any] = []
    for number, (reward, _, limit) in enumerate(asked):
        window = window_of(limit.per, limit.window, at, setup.zone)
        values += [number, reward.id, adapt(window.start), adapt(window.end)]
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(asked))
    whose = "AND r.member_id = %s " if member else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH asked (number, reward, starts, ends) AS (VALUES {rows}) "  # noqa: S608
            "SELECT asked.number, COUNT(r.id), SUM(CASE r.status WHEN 'held' THEN r.points "
            "ELSE r.captured_points - r.reversed_points END) "
            "FROM asked JOIN loyalty_redemption r ON r.reward_id = asked.reward "
            f"{whose}AND r.held_at >= asked.starts AND r.held_at < asked.ends "
            "AND (r.status = 'captured' OR r.status = 'held' "
            "AND (r.expires_at IS NULL OR r.expires_at > %s)) "
            "GROUP BY asked.number",
            [*values, *([member.pk] if member else []), adapt(at)],
        )
        return {
            (asked[number][0].code, asked[number][1]): (int(points), int(times))
            for number, times, points in cursor.fetchall()
        }


def _available(setup: Setup, member: Member, at: datetime) -> dict[str, int]:
    states = states_of(setup, [member.pk], at=at)
    return {setup.point_type(state.point_type_id).code: state.available for state in states}


def _least(reward: CompiledReward) -> int:
    """Return the fewest points that a redemption takes."""
    if pay := reward.gives.pay:
        return pay.minimum
    return min(reward.cost.values())


def _answer(
    reward: CompiledReward, member: Member, at: datetime, met: Circumstances
) -> dict[str, Any]:
    return {
        "affordable": is_affordable(reward, met.available),
        "eligible": reward.when is None or reward.when({"member": met.facts}),
        "why_not": why_not_redeemable(reward, member, at, met),
    }


def _face(reward: CompiledReward, left: Mapping[str, int]) -> dict[str, Any]:
    stock = left.get(reward.code)
    return {
        "code": reward.code,
        "name": reward.name,
        "cost": dict(reward.cost),
        "gives": dict(reward.gives.form),
        "stock": None if stock is None else max(stock, 0),
        "visible": _ends(reward.visible),
        "redeemable": _ends(reward.redeemable),
        "limits": [_limit(limit) for limit in reward.limits],
        "several_per_order": reward.several_per_order,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    told = limit.explain()
    del told["on_overflow"]  # a reward always refuses
    return told


def _ends(window: Window) -> dict[str, datetime | None]:
    return {"from": window.starts_at, "until": window.ends_at}
