"""What facts are worth now, under the rules that they froze, within the limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import invalid
from loyalty.models import Member
from loyalty.queries.member_facts import COUNTED, Question, member_facts
from loyalty.rules.compiled import CompiledRuleSet
from loyalty.rules.earning import evaluate_event, evaluate_order
from loyalty.rules.multipliers import Bonus
from loyalty.rules.outcomes import Evaluation, nothing_earned
from loyalty.rules.wallets import MOST_POINTS, NewLot
from loyalty.rules.words import WhyNot
from loyalty.services.facts import Earning, Fact, Wave
from loyalty.services.limits import LimitBook, note_multipliers

# Why an order is worth nothing, by its status; else because nothing of it is left.
WORTHLESS = {"pending": WhyNot.ORDER_PENDING, "cancelled": WhyNot.ORDER_CANCELLED}


@dataclass(frozen=True, slots=True)
class Brought:
    """What members bring along to facts: tiers by ladder, and earning multipliers."""

    tiers: Mapping[str, str] = field(default_factory=dict)
    bonuses: Sequence[Bonus] = ()


NOTHING = Brought()


def first_judged(wave: Wave) -> list[Fact]:
    """Return the facts that are judged for the first time, and freeze by what."""
    return [fact for fact in wave.live() if _must_freeze(fact)]


def gather_facts(wave: Wave, brought: Mapping[int, Brought]) -> None:
    """Freeze, for facts that earn for the first time, by what they will be judged.

    `brought` is what the members bring along at the time of their facts, by member.
    """
    asking = first_judged(wave)
    questions = []
    for fact in asking:
        row = fact.row
        row.rule_set_id = wave.setup.rule_set_id_at(fact.occurred_at)
        order_id = fact.order.id if fact.order else None
        tiers = brought.get(_member(fact).id, NOTHING).tiers
        questions.append(Question(_member(fact), fact.occurred_at, order_id, tiers=tiers))
    sets = {fact.row.rule_set_id for fact in asking} - {None}
    counted = any(COUNTED & wave.setup.rule_set(key).names for key in sets if key)
    answers = member_facts(questions, zone=wave.setup.zone, counted=counted)
    for fact, known in zip(asking, answers, strict=True):
        why_nothing = _member(fact).why_no_earning
        frozen = {
            "member": known,
            "bonuses": _frozen_bonuses(brought.get(_member(fact).id, NOTHING).bonuses),
            "earns_nothing": why_nothing,
        }
        if fact.order is not None:
            fact.order.frozen = frozen
        fact.member_facts = frozen
    for fact in wave.live():
        if fact.order is not None and fact.order.frozen:
            fact.order.frozen = _bounded(fact, fact.order.frozen)
            fact.member_facts = fact.order.frozen


def _bounded(fact: Fact, frozen: dict[str, Any]) -> dict[str, Any]:
    """Let an order count for no more than it did while its member may not earn."""
    bounded = {key: value for key, value in frozen.items() if key != "counts_at_most"}
    if fact.member is not None and fact.member.why_no_earning is not None:
        before = fact.counted_before
        bounded["counts_at_most"] = [before.spend, before.orders]
    return bounded


def _must_freeze(fact: Fact) -> bool:
    if fact.member is None or not _moves_points(fact):
        return False
    if fact.order is not None:
        return fact.order.counts and fact.order.frozen is None
    return True


def _moves_points(fact: Fact) -> bool:
    return fact.order is not None or fact.event is not None


def _member(fact: Fact) -> Member:
    if fact.member is None:
        raise AssertionError("Only a member's facts earn")
    return fact.member


def _frozen_bonuses(bonuses: Iterable[Bonus]) -> list[dict[str, Any]]:
    return [
        {
            "reason": bonus.reason,
            "multiplier": str(bonus.multiplier),
            "point_type": bonus.point_type,
        }
        for bonus in bonuses
    ]


def earn_points(wave: Wave) -> None:
    """Work out each fact's target in each point type, and what it differs by."""
    facts = [fact for fact in wave.live() if _moves_points(fact) and fact.member]
    limits = LimitBook(wave, facts)
    for fact in facts:
        _open_earnings(fact, wave)
        why_nothing = _why_nothing(fact)
        if why_nothing:
            _earn_nothing(fact, wave, why_nothing)
        else:
            _evaluate(fact, wave, limits)
        for earning in fact.earnings.values():
            _hold_back(earning, fact, wave)
        note_multipliers(fact)


def _earn_nothing(fact: Fact, wave: Wave, why_nothing: WhyNot) -> None:
    """Say of every rule why it gives nothing."""
    fact.why_nothing = why_nothing
    if fact.row.rule_set_id is not None:
        rule_set = wave.setup.rule_set(fact.row.rule_set_id)
        fact.evaluation = nothing_earned(rule_set, fact.kind, why_nothing, at=fact.occurred_at)


def _open_earnings(fact: Fact, wave: Wave) -> None:
    """Begin with what was posted before, in every point type that rules give."""
    codes = set(fact.row.posted)
    if fact.row.rule_set_id:
        codes.update(wave.setup.rule_set(fact.row.rule_set_id).earns)
    # By code, since databases give the keys of JSON back in orders of their own.
    for code in sorted(codes):
        earning = Earning(point_type=wave.setup.point_types[code])
        posted = fact.row.posted.get(code)
        if posted:
            earning.previous = posted["points"]
            earning.forgiven = posted["forgiven"]
            earning.lots = dict(posted.get("lots", {}))
        fact.earnings[code] = earning


def _why_nothing(fact: Fact) -> WhyNot | None:
    """Say why a fact is worth nothing, whatever the rules say."""
    if fact.order is not None and not fact.order.counts:
        return WORTHLESS.get(fact.order.status, WhyNot.NO_GOODS_LEFT)
    if fact.row.rule_set_id is None:
        return WhyNot.NO_RULES
    reason = fact.member_facts.get("earns_nothing")
    return WhyNot(reason) if reason else None


def _evaluate(fact: Fact, wave: Wave, limits: LimitBook) -> None:
    rule_set = wave.setup.rule_set(fact.row.rule_set_id or 0)
    if spent := limits.spent_multipliers(fact):
        rule_set = rule_set.without(spent)
    if used := limits.used_by_rivals(fact):
        rule_set = rule_set.within(used)
    fact.evaluation = evaluation = evaluate(fact, rule_set)
    for outcome in evaluation.outcomes:
        earning = fact.earnings.get(outcome.point_type)
        if not outcome.is_award or earning is None:
            continue
        if outcome.desired > MOST_POINTS:
            detail = f"rule {outcome.code} would give more than {MOST_POINTS} points"
            raise invalid("", "out_of_range", detail)
        given, limit = limits.apply(fact, outcome)
        earning.desired += outcome.desired
        earning.target += given
        if limit is not None:
            earning.limited_by = outcome.code
        if given:
            earning.rules[outcome.code] = given
            moves = fact.order is not None and outcome.hold.after_fulfilled
            rule = outcome.code if moves else ""
            dates = evaluation.schedule_of(outcome)
            earning.dates[outcome.code] = NewLot(given, *dates, rule=rule)


def evaluate(fact: Fact, rule_set: CompiledRuleSet) -> Evaluation:
    """Return what the rules say of a fact, before limits."""
    known = fact.member_facts
    bonuses = [
        Bonus(b["reason"], Decimal(b["multiplier"]), b["point_type"]) for b in known["bonuses"]
    ]
    if fact.order is not None and fact.order_facts is not None:
        return evaluate_order(
            rule_set,
            fact.order_facts,
            at=fact.occurred_at,
            fulfilled_at=fact.order.fulfilled_at,
            member=known["member"],
            bonuses=bonuses,
        )
    if fact.event is None:
        raise AssertionError("There is nothing to evaluate")
    return evaluate_event(
        rule_set,
        {"type": fact.event.type, "properties": fact.event.properties},
        at=fact.occurred_at,
        member=known["member"],
        bonuses=bonuses,
    )


def _hold_back(earning: Earning, fact: Fact, wave: Wave) -> None:
    """Clip what is still to be given: for a suspended member, or to the most allowed."""
    if earning.delta <= 0:
        return
    why_nothing = _member(fact).why_no_earning
    most = earning.point_type.max_balance
    if why_nothing is not None:
        _cut(earning, fact, to=earning.previous, because=why_nothing)
    elif most is not None:
        wallet = wave.book.wallets.get((_member(fact).id, earning.point_type.id))
        # What is owed takes from what comes in before it can be too much.
        has = wallet.available + wallet.pending + wallet.held - wallet.debt if wallet else 0
        room = max(0, most - has)
        if earning.delta > room:
            _cut(earning, fact, to=earning.previous + room, because="max_balance")


def _cut(earning: Earning, fact: Fact, *, to: int, because: str) -> None:
    """Lower the target; what the rules asked last then give less and use up no limit."""
    over = earning.target - to
    earning.target, earning.limited_by = to, because
    for code, given in reversed([*earning.rules.items()]):
        cut = min(over, given)
        over -= cut
        earning.rules[code] = given - cut
    for use in fact.uses:
        use.points = earning.rules.get(use.rule, use.points)
    fact.uses = [use for use in fact.uses if earning.rules.get(use.rule) != 0]
    earning.rules = {code: given for code, given in earning.rules.items() if given}
