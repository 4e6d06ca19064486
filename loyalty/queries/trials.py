"""What rules that are not published would give for facts that were stated already.

Nothing is written, and limits are not counted: they depend on what other facts
have used, which a trial does not change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from loyalty.models import MemberEvent, Order, Program
from loyalty.queries.member_facts import COUNTED, Question, member_facts
from loyalty.rules.compiled import CompiledRuleSet
from loyalty.rules.earning import evaluate_event, evaluate_order
from loyalty.rules.multipliers import Bonus
from loyalty.rules.orders import order_facts
from loyalty.rules.outcomes import Evaluation

HOW_MANY = 20
# How far back to look for events of one type, since no index leads to them.
LOOKED_THROUGH = 5_000


@dataclass(frozen=True, slots=True)
class Trial:
    """A fact, and what the rules that are tried make of it."""

    fact: Order | MemberEvent
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Brought:
    """What its member brought along to a fact: tiers by ladder, and multipliers."""

    tiers: Mapping[str, str] = field(default_factory=dict)
    bonuses: Sequence[Bonus] = ()


NOTHING = Brought()


def last_orders(program: Program, most: int = HOW_MANY) -> list[Order]:
    """Return the orders that were stated last and have earned, newest first."""
    earned = Order.objects.filter(program=program, counts=True, frozen__isnull=False)
    return list(earned.select_related("member").order_by("-pk")[:most])


def last_events(program: Program, kind: str, most: int = HOW_MANY) -> list[MemberEvent]:
    """Return the last events of a type that had a member, newest first."""
    stated = MemberEvent.objects.filter(program=program, member__isnull=False)
    newest = stated.order_by("-pk").values("pk")[:LOOKED_THROUGH]
    events = MemberEvent.objects.filter(pk__in=newest, type=kind)
    return list(events.select_related("member__program").order_by("-pk")[:most])


def try_on_orders(
    rule_set: CompiledRuleSet, orders: Sequence[Order], program: Program
) -> list[Trial]:
    """Return what a rule set gives for orders, by the member facts they froze.

    :raises InvalidInput: if a rule would give more than 2**63 - 1 points
    """
    known = [dict(_frozen(order)["member"]) for order in orders]
    if COUNTED & rule_set.names:
        # What a rule newly asks for was perhaps not looked up when they were frozen.
        known = _counted_anew(known, orders, program)
    return [
        Trial(
            order,
            evaluate_order(
                rule_set,
                order_facts(order.body or {}, order.refunds),
                at=_earned_at(order),
                fulfilled_at=order.fulfilled_at,
                member=facts,
                bonuses=_bonuses(_frozen(order)["bonuses"]),
            ),
        )
        for order, facts in zip(orders, known, strict=True)
    ]


def try_on_events(
    rule_set: CompiledRuleSet,
    events: Sequence[MemberEvent],
    program: Program,
    brought: Mapping[int, Brought],
) -> list[Trial]:
    """Return what a rule set gives for events.

    `brought` has by the number of an event what its member brought along to it.

    :raises InvalidInput: if a rule would give more than 2**63 - 1 points
    """
    questions = [
        Question(event.member, event.occurred_at, tiers=brought.get(event.pk, NOTHING).tiers)
        for event in events
        if event.member
    ]
    counted = bool(COUNTED & rule_set.names)
    known = member_facts(questions, zone=program.zone, counted=counted)
    return [
        Trial(
            event,
            evaluate_event(
                rule_set,
                {"type": event.type, "properties": event.properties},
                at=event.occurred_at,
                member=facts,
                bonuses=brought.get(event.pk, NOTHING).bonuses,
            ),
        )
        for event, facts in zip(events, known, strict=True)
    ]


def _counted_anew(
    known: Sequence[dict[str, Any]], orders: Sequence[Order], program: Program
) -> list[dict[str, Any]]:
    questions = [
        Question(order.member, _earned_at(order), order.pk, again=True)
        for order in orders
        if order.member
    ]
    counts = member_facts(questions, zone=program.zone, counted=True)
    wanted = ("orders_count", "spend_12m", "is_first")
    return [
        facts | {name: count[name] for name in wanted}
        for facts, count in zip(known, counts, strict=True)
    ]


def _frozen(order: Order) -> dict[str, Any]:
    frozen: dict[str, Any] = order.frozen or {}
    return frozen


def _earned_at(order: Order) -> Any:
    return order.paid_at or order.placed_at


def _bonuses(frozen: Iterable[dict[str, Any]]) -> list[Bonus]:
    return [Bonus(b["reason"], Decimal(b["multiplier"]), b["point_type"]) for b in frozen]
