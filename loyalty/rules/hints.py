"""What a little more would earn: "Spend €12.50 more for 100 more points"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.money import format_money
from loyalty.rules.awards import AmountAward, BandsAward
from loyalty.rules.compiled import AwardRule, CompiledRuleSet
from loyalty.rules.earning import evaluate_order
from loyalty.rules.multipliers import Bonus
from loyalty.rules.orders import ONE_LINE, OrderFacts, order_facts
from loyalty.rules.outcomes import Evaluation, RuleOutcome
from loyalty.rules.words import WhyNot

AT_LEAST = re.compile(r"\border\.(subtotal|total)\s*(>=?)\s*([0-9]+)\b(?!\.)")
AT_MOST = re.compile(r"\b([0-9]+)\s*(<=?)\s*order\.(subtotal|total)\b")

# A hint is for the cart at hand; beyond this it would mock, and could overflow.
MOST_MISSING = 10**9


def hints(
    rule_set: CompiledRuleSet,
    facts: OrderFacts,
    *,
    at: datetime,
    member: Mapping[str, Any],
    bonuses: Sequence[Bonus] = (),
    locale: str = "en",
) -> list[dict[str, Any]]:
    """Return what an order lacks to earn more, the nearest first.

    `{"rule", "point_type", "missing": minor units of goods, "points": what the
    rule would give more, "text"}`, for rules that ask for a larger order, for
    full steps and for bands. Each is tried with that much more in the cart, so
    a hint never promises what the rules would not give. Limits and balances are
    not the rules' business: whoever knows them says less with `worded`.

    :raises InvalidInput: if a rule gives more than 2**63 - 1 points
    """

    def evaluate(order: OrderFacts) -> Evaluation:
        return evaluate_order(
            rule_set, order, at=at, fulfilled_at=None, member=member, bonuses=bonuses
        )

    found = []
    for outcome in evaluate(facts).awards:
        for missing in sorted(set(_candidates(outcome, facts))):
            if missing > MOST_MISSING:
                break
            richer = evaluate(with_more(facts, missing))
            points = _desired(richer, outcome.code) - outcome.desired
            if points > 0:
                hint: dict[str, Any] = {"rule": outcome.code, "point_type": outcome.point_type}
                hint |= {"missing": missing}
                found.append(worded(hint, points, rule_set.currency, locale))
                break
    return sorted(found, key=lambda hint: (hint["missing"], hint["rule"]))


def _candidates(outcome: RuleOutcome, facts: OrderFacts) -> Iterator[int]:
    """Return amounts that might make a difference to a rule."""
    rule = outcome.rule
    if outcome.why_not == WhyNot.CONDITION_FALSE and rule.when is not None:
        yield from _below_threshold(rule.when.source, facts)
    elif isinstance(rule, AwardRule) and rule.counting.lines is None:
        # With a condition on lines, not just any goods would do.
        yield from _below_step(rule, outcome.base or 0)


def _below_threshold(source: str, facts: OrderFacts) -> Iterator[int]:
    asked = [(m[1], m[2], m[3]) for m in AT_LEAST.finditer(source)]
    asked += [(m[3], m[2], m[1]) for m in AT_MOST.finditer(source)]
    for name, sign, amount in asked:
        held = facts.subtotal if name == "subtotal" else facts.total
        missing = int(amount) + (len(sign) == 1) - held
        if missing > 0:
            yield missing


def _below_step(rule: AwardRule, base: int) -> Iterator[int]:
    award = rule.award
    if isinstance(award, AmountAward) and award.whole_steps:
        yield award.per - base % award.per
    elif isinstance(award, BandsAward):
        above = [band for band in award.bands if band.above > base]
        if above:
            yield above[0].above + above[0].per - base


def with_more(facts: OrderFacts, missing: int) -> OrderFacts:
    """Return the order with one more line, which takes no part of the tax."""
    ordered = facts.ordered
    more = {**ONE_LINE, "id": "more", "unit_price": missing, "tax": 0}
    return order_facts({**ordered.body, "lines": [*ordered.lines, more]})


def _desired(evaluation: Evaluation, code: str) -> int:
    return sum(each.desired for each in evaluation.awards if each.code == code)


def worded(
    hint: Mapping[str, Any], points: int, currency: str, locale: str = "en"
) -> dict[str, Any]:
    """Return a hint that promises so many points."""
    money = format_money(hint["missing"], currency, locale)
    plural = "point" if points == 1 else "points"
    return {**hint, "points": points, "text": f"Spend {money} more for {points} more {plural}"}
