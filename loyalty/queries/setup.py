"""A program's configuration as the hot path needs it: read once, kept in process.

`Program.revision` changes whenever rules, rewards or point types do, so a stale
copy is never looked at again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F

from core.periods import parse_period
from loyalty.models import PointType, Program, Reward, RuleSet
from loyalty.rules.celebrations import KINDS
from loyalty.rules.compiled import CompiledRuleSet
from loyalty.rules.expiry import Expiry, parse_expiry
from loyalty.rules.paying import PayTerms, PointTypeFace, plain_payment
from loyalty.rules.rewards import CompiledReward, compile_rewards
from loyalty.rules.ruleset import compile_rule_set
from loyalty.rules.wallets import Terms


@dataclass(frozen=True, slots=True)
class PointTypeSetup:
    """A point type with its policies parsed."""

    id: int
    code: str
    terms: Terms
    expiry: Expiry
    max_balance: int | None
    restore_on_refund: str
    face: PointTypeFace
    reminders: tuple[int, ...]


@dataclass
class Setup:
    """Everything about a program that a fact is judged by.

    `has_shared_limits` says that some rule set, old or new, limits all members
    together; `listening` has what of birthdays and anniversaries each one hears.
    `reward_forms` are the live rewards' numbers and forms by code.
    """

    program_id: int
    currency: str
    zone: ZoneInfo
    guest_claim: str
    point_types: Mapping[str, PointTypeSetup]
    published: Sequence[tuple[datetime, int]]
    has_shared_limits: bool
    leap_day: str
    listening: Mapping[int, frozenset[str]]
    reward_forms: Mapping[str, tuple[int, Mapping[str, Any]]]
    _compiled: dict[int, CompiledRuleSet] = field(default_factory=dict)

    def rule_set_id_at(self, at: datetime) -> int | None:
        """Return the rule set in force at `at`; before the first one, the first."""
        if not self.published:
            return None
        in_force = [key for published_at, key in self.published if published_at <= at]
        return in_force[-1] if in_force else self.published[0][1]

    @cached_property
    def celebrated(self) -> tuple[str, ...]:
        """Return what of birthdays and anniversaries any rule ever listened to."""
        heard = frozenset().union(*self.listening.values())
        return tuple(kind for kind in KINDS if kind in heard)

    def listens_at(self, kind: str, at: datetime) -> bool:
        """Say whether some rule listened to birthdays or anniversaries at `at`."""
        in_force = self.rule_set_id_at(at)
        return in_force is not None and kind in self.listening[in_force]

    def rule_set(self, rule_set_id: int) -> CompiledRuleSet:
        """Return a published rule set, compiled."""
        if rule_set_id not in self._compiled:
            content = RuleSet.objects.values_list("content", flat=True)
            self._compiled[rule_set_id] = compile_rule_set(content.get(pk=rule_set_id))
        return self._compiled[rule_set_id]

    @cached_property
    def rewards(self) -> Mapping[str, CompiledReward]:
        """Return the live rewards by code, in their order; compiled when first asked for."""
        compiled = compile_rewards(
            {code: form for code, (_, form) in self.reward_forms.items()},
            zone=self.zone,
            currency=self.currency,
            point_types={code: each.face for code, each in self.point_types.items()},
        )
        return {
            code: replace(compiled[code], id=self.reward_forms[code][0]) for code in compiled
        }

    def pay_rewards(self, point_type: str) -> list[CompiledReward]:
        """Return the live rewards by which points of this type pay at a checkout."""
        return [
            reward
            for reward in self.rewards.values()
            if reward.gives.pay is not None and reward.gives.point_type == point_type
        ]

    def plain_payment(self, point_type: str) -> PayTerms | None:
        """Return how points pay where no reward says it; None if they are worth nothing."""
        return plain_payment(point_type, self.point_types[point_type].face, self.currency)

    def point_type(self, point_type_id: int) -> PointTypeSetup:
        """Return a point type by its number."""
        return next(p for p in self.point_types.values() if p.id == point_type_id)


def setup_of(program: Program) -> Setup:
    """Return the program's configuration, from memory unless it has changed."""
    return _load(program.pk, program.revision)


@lru_cache(maxsize=256)
def _load(program_id: int, revision: UUID) -> Setup:
    program = Program.objects.get(pk=program_id)
    # Those that are still in use come first: one of them stands for what names none.
    point_types = PointType.objects.filter(program=program).order_by(
        F("archived_at").asc(nulls_first=True), "position", "id"
    )
    rule_sets = list(
        RuleSet.objects.filter(program=program)
        .order_by("version")
        .values_list("published_at", "pk", "content")
    )
    rewards = Reward.objects.live().filter(program=program)
    return Setup(
        program_id=program_id,
        currency=program.currency,
        zone=program.zone,
        guest_claim=program.guest_claim,
        point_types={row.code: _point_type(row, program.zone) for row in point_types},
        published=[(published_at, key) for published_at, key, _ in rule_sets],
        has_shared_limits=any(_limits_all(content) for _, _, content in rule_sets),
        reward_forms={row.code: (row.pk, row.form()) for row in rewards},
        leap_day=program.leap_day,
        listening={key: _celebrated(content) for _, key, content in rule_sets},
    )


def _limits_all(content: Mapping[str, Any]) -> bool:
    """Say whether a rule of this set is limited for all members together."""
    return any(
        (limit or {}).get("of") == "program"
        for rule in content["rules"].values()
        for limit in rule.get("limits") or ()
    )


def _celebrated(content: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(rule.get("on") for rule in content["rules"].values()) & set(KINDS)


def _point_type(row: PointType, zone: ZoneInfo) -> PointTypeSetup:
    return PointTypeSetup(
        id=row.pk,
        code=row.code,
        terms=_terms(row, zone),
        expiry=parse_expiry(row.expiry or "never"),
        max_balance=row.max_balance,
        restore_on_refund=row.restore_on_refund,
        face=PointTypeFace(row.kind, row.value, row.max_balance),
        reminders=tuple(sorted(row.expiry_reminders)),
    )


def _terms(row: PointType, zone: ZoneInfo) -> Terms:
    debt: Any = row.debt or "allow"
    max_debt = None
    if isinstance(debt, dict):
        debt, max_debt = "allow", debt["allow_up_to"]
    min_validity = parse_period(row.min_validity_after_return)
    return Terms(
        zone=zone,
        oldest_first=row.spend_order == "oldest",
        debt=debt,
        max_debt=max_debt,
        min_validity=min_validity if min_validity.count else None,
        inactivity=parse_expiry(row.expiry or "never").inactivity,
    )
