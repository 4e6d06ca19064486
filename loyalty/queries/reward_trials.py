"""Who could have a reward that is not saved yet, of those who were active last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from loyalty.models import Entry, Member, Program, Redemption, Reward, Voucher
from loyalty.queries.balances import states_of
from loyalty.queries.member_facts import COUNTED, NO_TIERS, Question, member_facts
from loyalty.queries.rewards import Circumstances, used_of, why_not_redeemable
from loyalty.queries.setup import setup_of
from loyalty.rules.rewards import CompiledReward

HOW_MANY = 20
# How far back to look for members whose points moved, since no index leads to them.
LOOKED_THROUGH = 2_000


@dataclass(frozen=True, slots=True)
class RewardTrial:
    """A member, the points they may spend, and in a stable word why not."""

    member: Member
    available: Mapping[str, int]
    why_not: str | None


def last_active_members(program: Program, most: int = HOW_MANY) -> list[Member]:
    """Return the members whose points moved last, newest first."""
    newest = Entry.objects.filter(program=program).order_by("-pk")[:LOOKED_THROUGH]
    found = dict.fromkeys(newest.values_list("wallet__member", flat=True))
    ids = list(found)[:most]
    members = {member.pk: member for member in Member.objects.filter(pk__in=ids)}
    for member in members.values():
        member.program = program
    return [members[pk] for pk in ids]


def left_if(
    row: Reward | None, stock: int | None, *, is_pooled: bool, at: datetime
) -> int | None:
    """Return how many would be left of a reward with this stock; None is any number."""
    left = stock
    if stock is not None and row is not None:
        left = stock - taken_of(row, at=at)
    if is_pooled:
        waiting = Voucher.objects.filter(reward=row, issued_at=None) if row else None
        codes = waiting.count() if waiting is not None else 0
        left = codes if left is None else min(left, codes)
    return left


def taken_of(row: Reward, *, at: datetime) -> int:
    """Return how many of a reward are reserved or gone, whatever job has run."""
    held = Q(status=Redemption.Status.HELD, expires_at__gt=at)
    standing = Q(status=Redemption.Status.CAPTURED) | held
    return Redemption.objects.filter(standing, reward=row).count()


def try_on_members(
    program: Program,
    reward: CompiledReward,
    members: Sequence[Member],
    *,
    left: int | None,
    at: datetime,
    tiers: Mapping[int, Mapping[str, str]],
) -> list[RewardTrial]:
    """Return who could have a reward, at the price and by the rules that it says.

    `tiers` has by member number those that are held, by ladder. A handful of queries
    for all; two for each member where it has limits.
    """
    setup = setup_of(program)
    names = reward.when.names if reward.when else frozenset()
    questions = [
        Question(member, at, tiers=tiers.get(member.pk, NO_TIERS)) for member in members
    ]
    known = member_facts(questions, zone=setup.zone, counted=not COUNTED.isdisjoint(names))
    having: dict[int, dict[str, int]] = {}
    for state in states_of(setup, [member.pk for member in members], at=at):
        code = setup.point_type(state.point_type_id).code
        having.setdefault(state.member_id, {})[code] = state.available
    is_counted = bool(reward.limits) and reward.id is not None
    tried = []
    for member, facts in zip(members, known, strict=True):
        met = Circumstances(
            facts=facts,
            left={} if left is None else {reward.code: left},
            used=used_of(setup, [reward], member, at=at) if is_counted else {},
            available=having.get(member.pk, {}),
        )
        word = why_not_redeemable(reward, member, at, met)
        tried.append(RewardTrial(member, met.available, word))
    return tried
