"""Ask the rules about an order: which goods each counts, and what they come to."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.rules.asking import Asking, rounded
from loyalty.rules.awards import FixedAward, PropertyAward
from loyalty.rules.compiled import AwardRule, CompiledRuleSet, Counting, MultiplyRule
from loyalty.rules.filters import LineFilter, Lines, Scope
from loyalty.rules.multipliers import ONE, Bonus, Factors
from loyalty.rules.orders import OrderFacts
from loyalty.rules.outcomes import RuleOutcome
from loyalty.rules.words import WhyNot


class Count:
    """What one way of counting finds in an order.

    `total` is minor units, or units; `weights` are the lines' parts of it, and
    `shipping` that of shipping. `counted` None are all lines.
    """

    __slots__ = ("_factors", "_times", "counted", "shipping", "total", "weights", "why_not")

    def __init__(
        self, weights: Sequence[int], shipping: int, counted: tuple[int, ...] | None
    ) -> None:
        self.weights = weights
        self.shipping = shipping
        self.counted = counted
        self.why_not: WhyNot | None = None
        if counted is None:
            self.total = sum(weights) + shipping
        else:
            self.total = sum([weights[i] for i in counted]) + shipping
        self._factors: Factors | None = None
        self._times = 0

    def times(self, factors: Factors) -> int:
        """Return the total with each line times its own factor."""
        if self._factors is not factors:  # most rules take the same ones
            self._factors = factors
            self._times = sum([weight * factor for weight, factor in self.each(factors)])
        return self._times

    def each(self, factors: Factors) -> list[tuple[int, int]]:
        """Return every counted line with its factor, and shipping last."""
        lines = factors.lines or (factors.whole,) * len(self.weights)
        if self.counted is None:
            pairs = [*zip(self.weights, lines, strict=True)]
        else:
            weights = self.weights
            pairs = [(weights[i], lines[i]) for i in self.counted]
        pairs.append((self.shipping, factors.whole))
        return pairs


NOTHING_MATCHED = Count((), 0, ())
NOTHING_MATCHED.why_not = WhyNot.NO_LINES_MATCHED


class OrderAsking(Asking):
    """One round of asking the rules about an order."""

    def __init__(
        self,
        rule_set: CompiledRuleSet,
        scope: Scope,
        local: datetime,
        bonuses: Sequence[Bonus],
        facts: OrderFacts,
    ) -> None:
        super().__init__(rule_set, scope, local, bonuses)
        self.facts = facts
        self.line_ids = [line.id for line in facts.lines]
        self._lines = Lines(facts.line_scopes, scope)
        self._counts: dict[Counting, Count] = {}
        self._matching: dict[LineFilter, tuple[int, ...]] = {}
        self._before: OrderAsking | None = None

    def give(self, rule: AwardRule, outcome: RuleOutcome) -> None:
        count = self._counts.get(rule.counting) or self.count(rule.counting)
        award = rule.award
        if count.why_not is not None:
            outcome.why_not = count.why_not
        elif isinstance(award, PropertyAward):
            super().give(rule, outcome)
        elif isinstance(award, FixedAward):
            self._give_fixed(rule, award, outcome)
        else:
            total = outcome.base = count.total
            outcome.counted = count.counted
            points = outcome.points = award.points_for(total)
            if rule.multipliers:
                outcome.factors = self.factors_for(rule)
            factors = outcome.factors
            if rule.round_per_line:
                outcome.desired = sum(
                    rounded(rule, award.points_for(weight), factor, ONE)
                    for weight, factor in count.each(factors)
                )
            elif factors.lines is None or not total:
                outcome.desired = rounded(rule, points, factors.whole, ONE)
            else:
                weighted = count.times(factors)
                outcome.desired = rounded(rule, points, weighted, total * ONE)

    def lines_of(self, rule: MultiplyRule) -> tuple[int, ...] | WhyNot | None:
        if rule.lines is None:
            return None
        lines = self.matching(rule.lines)
        if not lines:
            return WhyNot.NO_LINES_MATCHED
        if not any(self.facts.lines[i].units for i in lines):
            return WhyNot.NO_GOODS_LEFT
        return lines

    def matching(self, lines: LineFilter) -> tuple[int, ...]:
        """Return the indexes of the lines that a filter lets through."""
        found = self._matching.get(lines)
        if found is None:
            found = self._matching[lines] = lines.matching(self._lines)
        return found

    def count(self, counting: Counting) -> Count:
        """Return what one way of counting finds, and keep it for rules that agree."""
        lines = counting.lines
        counted = None if lines is None else self.matching(lines)
        if counted is not None and not counted:
            self._counts[counting] = NOTHING_MATCHED
            return NOTHING_MATCHED
        bases = self.facts.bases(counting.base)
        units = bases.units
        if counting.by_units:
            count = Count(units, 0, counted)
        else:
            count = Count(bases.lines, bases.shipping, counted)
        if 0 in units or not units:
            left = any(units) if counted is None else any(units[i] for i in counted)
            count.why_not = None if left else WhyNot.NO_GOODS_LEFT
        self._counts[counting] = count
        return count

    def _give_fixed(self, rule: AwardRule, award: FixedAward, outcome: RuleOutcome) -> None:
        points = (award.points, 1)
        if award.prorate:
            count = self.count(rule.counting)
            before = self._as_before().count(rule.counting).total
            outcome.counted = count.counted
            # Free goods have nothing to share it by: whole while any are left.
            if before:
                outcome.base = count.total
                points = (award.points * min(count.total, before), before)
        self.give_once(rule, outcome, points)

    def _as_before(self) -> "OrderAsking":
        """Ask about the same order had nothing been refunded."""
        if self._before is None:
            facts = self.facts.before_refunds
            order = {**self.scope["order"], **facts.scope}
            scope = {**self.scope, "order": order}
            self._before = OrderAsking(self.rule_set, scope, self.local, self.bonuses, facts)
        return self._before
