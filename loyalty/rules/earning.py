"""Ask the rules about an order or an event. No database, no clock.

The same rules, facts and member always give the same points: what an order
earned can be computed again from what was frozen with it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.errors import invalid
from core.expressions import Expression
from core.periods import add_period
from loyalty.rules.awards import (
    FixedAward,
    MeasuredAward,
    PropertyAward,
    Ratio,
)
from loyalty.rules.compiled import AwardRule, CompiledRuleSet, MultiplyRule, Rule
from loyalty.rules.forms import LARGEST
from loyalty.rules.multipliers import (
    NO_FACTORS,
    ONE,
    Acting,
    Bonus,
    Factors,
    Multipliers,
)
from loyalty.rules.orders import OrderFacts
from loyalty.rules.outcomes import Evaluation, Measured, RuleOutcome
from loyalty.rules.validity import WEEKDAYS
from loyalty.rules.words import WhyNot

__all__ = ["Bonus", "evaluate_event", "evaluate_order"]

Scope = dict[str, Mapping[str, Any]]


def evaluate_order(
    rule_set: CompiledRuleSet,
    facts: OrderFacts,
    *,
    at: datetime,
    fulfilled_at: datetime | None,
    member: Mapping[str, Any],
    bonuses: Sequence[Bonus],
) -> Evaluation:
    """Return what an order earns as it stands, before limits.

    `at` is when it was paid. `member` holds what `member.*` may ask, and
    `is_first`. Whether the order is paid at all is for the caller to know, who
    may be asking on behalf of somebody who has not paid yet.

    :raises InvalidInput: if a rule would give more than 2**63 - 1 points
    """
    local = at.astimezone(rule_set.zone)
    order = {
        **facts.scope,
        "is_first": member.get("is_first"),
        "weekday": WEEKDAYS[local.weekday()],
        "hour": local.hour,
    }
    scope: Scope = {"order": order, "member": member}
    asking = OrderAsking(rule_set, scope, local, bonuses, facts)
    return Evaluation(rule_set, asking.ask("order"), at, fulfilled_at)


def evaluate_event(
    rule_set: CompiledRuleSet,
    event: Mapping[str, Any],
    *,
    at: datetime,
    member: Mapping[str, Any],
    bonuses: Sequence[Bonus],
) -> Evaluation:
    """Return what an event earns, before limits.

    `event` has `type` and `properties`; `at` is when it occurred. `member` holds
    what `member.*` may ask and, for rules with `known_for`, the time since which
    the day is on file (`birthday_known_since`). An event is fulfilled when it
    happens.

    :raises InvalidInput: if a rule would give more than 2**63 - 1 points
    """
    scope: Scope = {"event": event, "member": member}
    asking = Asking(rule_set, scope, at.astimezone(rule_set.zone), bonuses)
    return Evaluation(rule_set, asking.ask(event["type"]), at, at)


class Asking:
    """One round of asking the rules about one fact."""

    line_count = 0
    line_ids: Sequence[str] = ()

    def __init__(
        self,
        rule_set: CompiledRuleSet,
        scope: Scope,
        local: datetime,
        bonuses: Sequence[Bonus],
    ) -> None:
        self.rule_set = rule_set
        self.scope = scope
        self.local = local
        self.bonuses = bonuses
        self._multipliers: dict[str, Multipliers] = {}
        self._factors: dict[tuple[str, bool], Factors] = {}

    def ask(self, kind: str) -> list[RuleOutcome]:
        """Return the outcome of every rule that listens, in the order asked."""
        listeners = self.rule_set.on(kind)
        multiplied = self._ask_multiplies(listeners.multiplies)
        awards = [self._ask_award(rule) for rule in listeners.awards]
        settle_rivals(awards)
        return multiplied + awards

    def factors(self, point_type: str, tiers: bool) -> Factors:
        """Return what multiplies awards in a point type, with or without tiers."""
        found = self._factors.get((point_type, tiers))
        if found is None:
            bonuses = [
                bonus
                for bonus in (self.bonuses if tiers else ())
                if bonus.point_type in (None, point_type)
            ]
            found = NO_FACTORS
            if bonuses or point_type in self._multipliers:
                found = self._multipliers_of(point_type).factors(bonuses)
            self._factors[point_type, tiers] = found
        return found

    def measure(self, rule: AwardRule) -> Measured | WhyNot:
        """Return what the rule's award comes to, or why it counts nothing."""
        award = rule.award
        if isinstance(award, FixedAward):
            points: Ratio | WhyNot = Ratio(award.points, 1)
        elif isinstance(award, PropertyAward):
            points = award.points_in(self.scope)
        else:
            return WhyNot.NO_GOODS_LEFT
        if isinstance(points, WhyNot):
            return points
        factors = NO_FACTORS
        if rule.multipliers:
            every = self.factors(rule.point_type, rule.tier_multiplier)
            factors = every.for_whole(self.line_count)
        return Measured(None, None, points, factors)

    def points(self, rule: AwardRule, measured: Measured) -> int:
        return rounded(rule, measured.points, measured.factors.whole, ONE)

    def lines_of(self, rule: Rule) -> tuple[int, ...] | WhyNot | None:
        """Return the lines that a rule is about; None is the whole fact."""
        return None

    def _ask_multiplies(self, rules: Sequence[MultiplyRule]) -> list[RuleOutcome]:
        outcomes = []
        acting: dict[str, list[Acting]] = {}
        for rule in rules:
            outcome = RuleOutcome(rule, line_ids=self.line_ids)
            outcomes.append(outcome)
            if not self._holds(rule, outcome):
                continue
            lines = self.lines_of(rule)
            if isinstance(lines, WhyNot):
                outcome.why_not = lines
                continue
            outcome.matched = True
            acting.setdefault(rule.point_type, []).append(
                Acting(rule.code, rule.multiplier, rule.group, lines)
            )
        for point_type, rivals in acting.items():
            multipliers = Multipliers(rivals, self.line_count)
            self._multipliers[point_type] = multipliers
        for outcome in outcomes:
            if outcome.matched:
                beaten = self._multipliers[outcome.point_type].beaten
                if winner := beaten.get(outcome.code):
                    outcome.why_not = WhyNot.GROUP_BEATEN.by(winner)
        return outcomes

    def _multipliers_of(self, point_type: str) -> Multipliers:
        found = self._multipliers.get(point_type)
        return found or Multipliers((), self.line_count)

    def _ask_award(self, rule: AwardRule) -> RuleOutcome:
        outcome = RuleOutcome(rule, line_ids=self.line_ids)
        if not self._holds(rule, outcome):
            return outcome
        measured = self.measure(rule)
        if isinstance(measured, WhyNot):
            outcome.why_not = measured
            return outcome
        outcome.matched = True
        outcome.measured = measured
        outcome.desired = desired = self.points(rule, measured)
        if not desired:
            outcome.why_not = WhyNot.ZERO
        elif desired > LARGEST:
            detail = f"rule {rule.code} would give more than {LARGEST} points"
            raise invalid("", "out_of_range", detail)
        return outcome

    def _holds(self, rule: Rule, outcome: RuleOutcome) -> bool:
        """Return whether the rule is to be asked now; if not, note why."""
        if rule.code in self.rule_set.spent:
            outcome.why_not = WhyNot.LIMIT_REACHED
        elif rule.valid and (why_not := rule.valid.why_not(self.local)):
            outcome.why_not = why_not
        elif rule.known_for and not self._is_known_long_enough(rule):
            outcome.why_not = WhyNot.NOT_KNOWN_LONG_ENOUGH
        elif rule.when is None or rule.when(self.scope):
            return True
        elif unknown := rule.when.missing(self.scope):
            outcome.why_not = WhyNot.CONDITION_UNKNOWN
            outcome.unknown = unknown
        else:
            outcome.why_not = WhyNot.CONDITION_FALSE
        return False

    def _is_known_long_enough(self, rule: Rule) -> bool:
        since = self.scope["member"].get(f"{rule.on}_known_since")
        if isinstance(since, str):  # as it comes back from where it was frozen
            since = datetime.fromisoformat(since)
        if since is None or rule.known_for is None:
            return False
        return add_period(since, rule.known_for, self.rule_set.zone) <= self.local


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
        self.line_count = len(self.line_ids)
        self._matching: dict[int, tuple[int, ...]] = {}
        self._line_scopes: list[Scope] | None = None
        self._before: OrderAsking | None = None

    def measure(self, rule: AwardRule) -> Measured | WhyNot:
        counted = None if rule.lines is None else self.matching(rule.lines)
        if counted is not None and not counted:
            return WhyNot.NO_LINES_MATCHED
        units = self.facts.bases(rule.base).units
        if not any(units if counted is None else [units[i] for i in counted]):
            return WhyNot.NO_GOODS_LEFT
        if isinstance(rule.award, PropertyAward):
            return super().measure(rule)
        if isinstance(rule.award, FixedAward):
            return self._measure_fixed(rule, rule.award, counted)
        return self._measure_goods(rule, rule.award, counted)

    def points(self, rule: AwardRule, measured: Measured) -> int:
        award = rule.award
        if isinstance(award, FixedAward | PropertyAward):
            return super().points(rule, measured)
        if rule.round_per_line:
            return self._points_per_line(rule, award, measured)
        factors = measured.factors
        if factors.lines is None or not measured.base:
            return rounded(rule, measured.points, factors.whole, ONE)
        weighted = sum(
            weight * factor for weight, factor in self._weighted(rule, award, measured)
        )
        return rounded(rule, measured.points, weighted, measured.base * ONE)

    def lines_of(self, rule: Rule) -> tuple[int, ...] | WhyNot | None:
        if rule.lines is None:
            return None
        lines = self.matching(rule.lines)
        if not lines:
            return WhyNot.NO_LINES_MATCHED
        if not any(self.facts.lines[i].units for i in lines):
            return WhyNot.NO_GOODS_LEFT
        return lines

    def matching(self, lines: Expression) -> tuple[int, ...]:
        """Return the indexes of the lines for which a condition holds."""
        found = self._matching.get(id(lines))
        if found is None:
            scopes = self._line_scopes
            if scopes is None:
                scopes = self._line_scopes = [
                    {**self.scope, "line": line} for line in self.facts.line_scopes
                ]
            found = tuple([i for i, scope in enumerate(scopes) if lines(scope)])
            self._matching[id(lines)] = found
        return found

    def _measure_goods(
        self, rule: AwardRule, award: MeasuredAward, counted: tuple[int, ...] | None
    ) -> Measured:
        bases = self.facts.bases(rule.base)
        if award.by_units:
            units = bases.units
            base = sum(units if counted is None else [units[i] for i in counted])
        elif counted is None:
            base = bases.total
        else:
            lines = bases.lines
            base = sum([lines[i] for i in counted]) + bases.shipping
        factors = NO_FACTORS
        if rule.multipliers:
            factors = self.factors(rule.point_type, rule.tier_multiplier)
        return Measured(base, counted, award.points_for(base), factors)

    def _measure_fixed(
        self, rule: AwardRule, award: FixedAward, counted: tuple[int, ...] | None
    ) -> Measured | WhyNot:
        whole = super().measure(rule)
        if isinstance(whole, WhyNot) or not award.prorate:
            return whole
        now, before = self._base_of(rule), self._as_before()._base_of(rule)
        if not before:
            return whole  # free goods: there is nothing to share it by
        points = Ratio(award.points * min(now, before), before)
        return Measured(now, counted, points, whole.factors)

    def _base_of(self, rule: AwardRule) -> int:
        bases = self.facts.bases(rule.base)
        if rule.lines is None:
            return bases.total
        counted = self.matching(rule.lines)
        return sum([bases.lines[i] for i in counted]) + bases.shipping

    def _as_before(self) -> "OrderAsking":
        """The same order had nothing been refunded."""
        if self._before is None:
            facts = self.facts.before_refunds
            order = {**self.scope["order"], **facts.scope}
            self._before = OrderAsking(
                self.rule_set,
                {**self.scope, "order": order},
                self.local,
                self.bonuses,
                facts,
            )
        return self._before

    def _weighted(
        self, rule: AwardRule, award: MeasuredAward, measured: Measured
    ) -> list[tuple[int, int]]:
        """Return what is counted, line by line and shipping last, with its factor."""
        bases = self.facts.bases(rule.base)
        weights = bases.units if award.by_units else bases.lines
        factors = measured.factors
        counted = range(self.line_count)
        each = factors.lines or [factors.whole] * self.line_count
        pairs = [(weights[i], each[i]) for i in measured.counted or counted]
        if not award.by_units:
            pairs.append((bases.shipping, factors.whole))
        return pairs

    def _points_per_line(
        self, rule: AwardRule, award: MeasuredAward, measured: Measured
    ) -> int:
        return sum(
            rounded(rule, award.points_for(weight), factor, ONE)
            for weight, factor in self._weighted(rule, award, measured)
        )


def rounded(rule: AwardRule, points: Ratio, factor: int, unity: int) -> int:
    """Return points times `factor / unity`, rounded once, at the very end.

    A rule that promises so rounds before multipliers as well.
    """
    above, below = points
    if rule.round_base is not None:
        above, below = rule.round_base.apply(above, below), 1
    if factor != unity:
        above *= factor
        below *= unity
    return rule.rounding.apply(above, below)


def settle_rivals(outcomes: Sequence[RuleOutcome]) -> None:
    """Let exclusive rules silence those after them, and the best of groups count.

    In the order asked. A rule that gives nothing neither silences nor beats, and
    one that was beaten does not silence.
    """
    silencers: dict[str, str] = {}
    best: dict[tuple[str, str], RuleOutcome] = {}
    for outcome in outcomes:
        rule = outcome.rule
        if not outcome.desired or not isinstance(rule, AwardRule):
            continue
        if silencer := silencers.get(rule.point_type):
            _take_back(outcome, WhyNot.SILENCED_BY.by(silencer))
            continue
        if rule.group is not None:
            rival = best.get((rule.point_type, rule.group))
            if rival is not None and rival.desired >= outcome.desired:
                _take_back(outcome, WhyNot.GROUP_BEATEN.by(rival.code))
                continue
            if rival is not None:
                _take_back(rival, WhyNot.GROUP_BEATEN.by(rule.code))
            best[rule.point_type, rule.group] = outcome
        if rule.exclusive:
            silencers[rule.point_type] = rule.code


def _take_back(outcome: RuleOutcome, why_not: str) -> None:
    outcome.desired = 0
    outcome.why_not = why_not
