"""What came of asking the rules: points, and why so many or none."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from loyalty.rules.awards import ItemAward, Ratio, written
from loyalty.rules.compiled import AwardRule, CompiledRuleSet, MultiplyRule
from loyalty.rules.expiry import NEVER, NO_HOLD, Expiry, Hold, LotSchedule, schedule
from loyalty.rules.limits import Limit
from loyalty.rules.multipliers import NO_FACTORS, Factors, Reason
from loyalty.rules.words import WhyNot


class RuleOutcome:
    """What came of asking one rule.

    `matched` says that its conditions hold and that it found something to count
    or, if it multiplies, that it acts. `desired` are an award's points before
    limits, 0 with a reason in `why_not`.
    `unknown` are the names that its condition asks for and nobody knows.

    `base` is what the award measured: minor units, or units where it is per
    item; None where it is given once. `counted` are indexes into `line_ids`;
    None is all. `points` are those before multipliers, as a fraction.
    """

    # Most outcomes differ from these in one or two; an order has twenty.
    matched = False
    why_not: str | None = None
    desired = 0
    unknown: tuple[str, ...] = ()
    base: int | None = None
    counted: tuple[int, ...] | None = None
    points: Ratio | None = None
    factors: Factors = NO_FACTORS

    def __init__(self, rule: AwardRule | MultiplyRule, line_ids: Sequence[str]) -> None:
        self.rule = rule
        self.line_ids = line_ids

    def __repr__(self) -> str:
        return f"<{self.rule.code}: {self.desired} {self.why_not or ''}>"

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def point_type(self) -> str:
        return self.rule.point_type

    @property
    def limits(self) -> tuple[Limit, ...]:
        return self.rule.limits

    @property
    def is_award(self) -> bool:
        """Whether the rule gives points itself, and not only multiplies."""
        return isinstance(self.rule, AwardRule)

    @property
    def hold(self) -> Hold:
        return self.rule.hold if isinstance(self.rule, AwardRule) else NO_HOLD

    @property
    def expiry(self) -> Expiry:
        return self.rule.expiry if isinstance(self.rule, AwardRule) else NEVER

    @property
    def rounding(self) -> str | None:
        return str(self.rule.rounding) if isinstance(self.rule, AwardRule) else None

    @property
    def multipliers(self) -> list[tuple[str, Decimal]]:
        """What acted on the award; for a rule that multiplies, itself."""
        if isinstance(self.rule, MultiplyRule):
            return [(self.rule.code, self.rule.multiplier)]
        return [(reason, multiplier) for reason, multiplier, _ in self._reasons()]

    def explain(self) -> dict[str, Any]:
        """Return everything about the outcome, ready for JSON."""
        answer: dict[str, Any] = {
            "rule": self.rule.code,
            "name": self.rule.name,
            "point_type": self.rule.point_type,
            "matched": self.matched,
            "why_not": self.why_not,
        }
        if self.unknown:
            answer["unknown"] = list(self.unknown)
        if isinstance(self.rule, MultiplyRule):
            answer["multiply"] = f"{self.rule.multiplier:f}"
        else:
            answer["desired"] = self.desired
            answer |= self._explain_award(self.rule)
        if self.rule.limits:
            answer["limits"] = [limit.explain() for limit in self.rule.limits]
        return answer

    def _explain_award(self, rule: AwardRule) -> dict[str, Any]:
        if self.points is None:
            return {}
        unit = "units" if isinstance(rule.award, ItemAward) else "base"
        return {
            "lines": self._ids(self.counted),
            unit: self.base,
            "rate": rule.award.explain(),
            "points": written(self.points),
            "multipliers": [
                {"reason": reason, "multiplier": f"{multiplier:f}"}
                | ({} if places is None else {"lines": self._ids(places)})
                for reason, multiplier, places in self._reasons()
            ],
            "rounding": str(rule.rounding),
            "round_per": "line" if rule.round_per_line else "order",
            "round_base": str(rule.round_base) if rule.round_base else None,
        }

    def _reasons(self) -> list[Reason]:
        """Return the multipliers that touched what was counted."""
        counted = self.counted
        if counted is None:
            return self.factors.reasons
        touched = {*counted, len(self.line_ids)}
        return [
            reason
            for reason in self.factors.reasons
            if reason.places is None or not touched.isdisjoint(reason.places)
        ]

    def _ids(self, places: Sequence[int] | None) -> list[str] | None:
        if places is None:
            return None
        ids = [*self.line_ids, "shipping"]
        return [ids[place] for place in places]


class Evaluation:
    """What came of asking all rules that listen to one fact, in that order.

    `at` is the fact's business time.
    """

    def __init__(
        self,
        rule_set: CompiledRuleSet,
        outcomes: list[RuleOutcome],
        *,
        at: datetime,
        fulfilled_at: datetime | None,
    ) -> None:
        self.rule_set = rule_set
        self.outcomes = outcomes
        self.at = at
        self.fulfilled_at = fulfilled_at
        self._schedules: dict[tuple[int, int], LotSchedule] = {}

    @property
    def awards(self) -> list[RuleOutcome]:
        """The outcomes of rules that give points, also those that gave none."""
        return [outcome for outcome in self.outcomes if outcome.is_award]

    def totals(self) -> dict[str, int]:
        """Return the points before limits of every point type that is earned."""
        points = dict.fromkeys(self.rule_set.earns, 0)
        for outcome in self.outcomes:
            if outcome.desired:
                points[outcome.point_type] += outcome.desired
        return points

    def schedule_of(self, outcome: RuleOutcome) -> LotSchedule:
        """Return when the points of an outcome are released, and when they expire."""
        hold, expiry = outcome.hold, outcome.expiry
        # The rule set keeps them: by what they are they would be hashed field by field.
        policies = (id(hold), id(expiry))
        found = self._schedules.get(policies)
        if found is None:
            found = self._schedules[policies] = schedule(
                hold,
                expiry,
                paid_at=self.at,
                fulfilled_at=self.fulfilled_at,
                zone=self.rule_set.zone,
            )
        return found

    def explain(self) -> list[dict[str, Any]]:
        return [outcome.explain() for outcome in self.outcomes]


def nothing_earned(
    rule_set: CompiledRuleSet, kind: str, why_not: WhyNot, *, at: datetime
) -> Evaluation:
    """Return the evaluation of a fact that earns nothing, whatever the rules say."""
    listeners = rule_set.on(kind)
    outcomes = [RuleOutcome(rule, ()) for rule in listeners.multiplies]
    outcomes += [RuleOutcome(rule, ()) for rule in listeners.awards]
    for outcome in outcomes:
        outcome.why_not = why_not
    return Evaluation(rule_set, outcomes, at=at, fulfilled_at=None)
