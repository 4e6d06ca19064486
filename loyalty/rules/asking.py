"""Ask the rules about one fact: which hold, what multiplies, what each gives."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from core.errors import invalid
from core.expressions import Expression
from core.money import Rounding
from core.periods import add_period
from loyalty.rules.awards import FixedAward, PropertyAward, Ratio
from loyalty.rules.compiled import AwardRule, CompiledRuleSet, MultiplyRule, Rule
from loyalty.rules.filters import Scope
from loyalty.rules.forms import LARGEST
from loyalty.rules.limits import apply_limits
from loyalty.rules.multipliers import (
    NO_FACTORS,
    ONE,
    Acting,
    Bonus,
    Factors,
    Multipliers,
)
from loyalty.rules.outcomes import RuleOutcome
from loyalty.rules.words import WhyNot

# What other facts have used of the limits of rules, by code; and of one limit, nothing.
Used = Mapping[str, Sequence[tuple[int, int]]]
UNUSED = ((0, 0),)


class Asking:
    """One round of asking the rules about one event.

    `scope` is what conditions see, `local` the fact's time in the program's zone.
    """

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
        self._answers: dict[Expression, bool] = {}
        self._multipliers: dict[str, Multipliers] = {}
        self._factors: dict[tuple[str, bool], Factors] = {}

    def ask(self, kind: str) -> list[RuleOutcome]:
        """Return the outcome of every rule that listens, in the order asked."""
        multiplies, awards, rivals = self.rule_set.on(kind)
        multiplied = self._ask_multiplies(multiplies) if multiplies else []
        given = [self._ask_award(rule) for rule in awards]
        if rivals:
            settle_rivals(given, self.rule_set.used)
        return multiplied + given

    def give(self, rule: AwardRule, outcome: RuleOutcome) -> None:
        """Fill in what the rule's award comes to, or why it gives nothing."""
        award = rule.award
        if isinstance(award, PropertyAward):
            points = award.points_in(self.scope)
            if isinstance(points, WhyNot):
                outcome.why_not = points
            else:
                self.give_once(rule, outcome, points)
        elif isinstance(award, FixedAward):
            self.give_once(rule, outcome, (award.points, 1))

    def give_once(self, rule: AwardRule, outcome: RuleOutcome, points: Ratio) -> None:
        """Give points that belong to no line, however much was bought."""
        outcome.points = points
        if rule.multipliers:
            outcome.factors = self.factors_for(rule).for_whole(len(self.line_ids))
        outcome.desired = rounded(rule, points, outcome.factors.whole, ONE)

    def lines_of(self, rule: MultiplyRule) -> tuple[int, ...] | WhyNot | None:
        """Return the lines a rule multiplies, or why there are none; None is all."""
        return None if rule.lines is None else WhyNot.NO_LINES_MATCHED

    def factors_for(self, rule: AwardRule) -> Factors:
        """Return what multiplies the awards of a rule that takes multipliers."""
        key = (rule.point_type, rule.tier_multiplier)
        found = self._factors.get(key)
        if found is None:
            found = self._factors[key] = self._factors_of(*key)
        return found

    def _factors_of(self, point_type: str, tiers: bool) -> Factors:
        bonuses = [
            bonus
            for bonus in (self.bonuses if tiers else ())
            if bonus.point_type in {None, point_type}
        ]
        multipliers = self._multipliers.get(point_type)
        if multipliers is None:
            if not bonuses:
                return NO_FACTORS
            multipliers = Multipliers((), len(self.line_ids))
        return multipliers.factors(bonuses)

    def _ask_multiplies(self, rules: Sequence[MultiplyRule]) -> list[RuleOutcome]:
        outcomes = []
        acting: dict[str, list[Acting]] = {}
        for rule in rules:
            outcome = RuleOutcome(rule, self.line_ids)
            outcomes.append(outcome)
            if not self._holds(rule, outcome):
                continue
            lines = self.lines_of(rule)
            if isinstance(lines, WhyNot):
                outcome.why_not = lines
                continue
            outcome.matched = True
            acting.setdefault(rule.point_type, []).append((rule, lines))
        for point_type, rivals in acting.items():
            multipliers = Multipliers(rivals, len(self.line_ids))
            self._multipliers[point_type] = multipliers
            for outcome in outcomes if multipliers.beaten else ():
                if winner := multipliers.beaten.get(outcome.code):
                    outcome.matched = False
                    outcome.why_not = WhyNot.GROUP_BEATEN.by(winner)
        return outcomes

    def _ask_award(self, rule: AwardRule) -> RuleOutcome:
        outcome = RuleOutcome(rule, self.line_ids)
        if not self._holds(rule, outcome):
            return outcome
        self.give(rule, outcome)
        if outcome.why_not is not None:
            return outcome
        outcome.matched = True
        if not outcome.desired:
            outcome.why_not = WhyNot.ZERO
        elif outcome.desired > LARGEST:
            detail = f"rule {rule.code} would give more than {LARGEST} points"
            raise invalid("", "out_of_range", detail)
        return outcome

    def _holds(self, rule: Rule, outcome: RuleOutcome) -> bool:
        """Return whether the rule is to be asked now; if not, note why."""
        if rule.valid is not None or rule.known_for is not None or self.rule_set.spent:
            outcome.why_not = self._closed(rule)
            if outcome.why_not is not None:
                return False
        when = rule.when
        if when is None:
            return True
        holds = self._answers.get(when)
        if holds is None:
            holds = self._answers[when] = when(self.scope)
        if not holds:
            outcome.unknown = when.missing(self.scope)
            outcome.why_not = (
                WhyNot.CONDITION_UNKNOWN if outcome.unknown else WhyNot.CONDITION_FALSE
            )
        return holds

    def _closed(self, rule: Rule) -> WhyNot | None:
        """Return why the rule is not open at this time, whatever the fact says."""
        if rule.code in self.rule_set.spent:
            return WhyNot.LIMIT_REACHED
        if rule.known_for is not None and not self._is_known_long_enough(rule):
            return WhyNot.NOT_KNOWN_LONG_ENOUGH
        return None if rule.valid is None else rule.valid.why_not(self.local)

    def _is_known_long_enough(self, rule: Rule) -> bool:
        since = self.scope["member"].get(f"{rule.on}_known_since")
        if since is None or rule.known_for is None:
            # When somebody joined is on file since they did.
            return rule.on == "anniversary"
        if isinstance(since, str):  # as it comes back from where it was frozen
            since = datetime.fromisoformat(since)
        return add_period(since, rule.known_for, self.rule_set.zone) <= self.local


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
    if rule.rounding is Rounding.FLOOR:
        return above // below
    return rule.rounding.apply(above, below)


class Best(NamedTuple):
    """The best of a group so far, and what its limits let it give."""

    outcome: RuleOutcome
    worth: int


def settle_rivals(outcomes: Sequence[RuleOutcome], used: Used) -> None:
    """Let exclusive rules silence those after them, and the best of groups count.

    In the order asked. A rule that gives nothing, or whose limits let it give
    nothing, neither silences nor beats, and one that was beaten does not silence.
    """
    silencers: dict[str, str] = {}
    best: dict[tuple[str, str], Best] = {}
    for outcome in outcomes:
        rule = outcome.rule
        if not outcome.desired or not isinstance(rule, AwardRule):
            continue
        if rule.point_type in silencers:
            silencer = silencers[rule.point_type]
            _take_back(outcome, WhyNot.SILENCED_BY.by(silencer))
            continue
        worth = _worth(outcome, used)
        if rule.group is not None and not _is_best(rule, Best(outcome, worth), best):
            continue
        if rule.exclusive and worth:
            silencers[rule.point_type] = rule.code


def _worth(outcome: RuleOutcome, used: Used) -> int:
    """Return what the limits of a rule leave of what it would give."""
    limits = outcome.limits
    if not limits:
        return outcome.desired
    return apply_limits(outcome.desired, limits, used.get(outcome.code, UNUSED * len(limits)))[
        0
    ]


def _is_best(rule: AwardRule, one: Best, best: dict[tuple[str, str], Best]) -> bool:
    """Let an outcome and the best of its group so far meet."""
    group = (rule.point_type, rule.group or "")
    rival = best.get(group)
    if rival is not None and rival.worth >= one.worth:
        _lose(one, to=rival)
        return False
    if rival is not None:
        _lose(rival, to=one)
    best[group] = one
    return True


def _lose(one: Best, *, to: Best) -> None:
    beaten = WhyNot.GROUP_BEATEN.by(to.outcome.code)
    _take_back(one.outcome, beaten if one.worth else WhyNot.LIMIT_REACHED)


def _take_back(outcome: RuleOutcome, why_not: str) -> None:
    outcome.desired = 0
    outcome.why_not = why_not
