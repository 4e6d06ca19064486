"""Counting limits: under lock, and without what the fact itself used before."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from core import bulk
from core.periods import window_of
from loyalty.models import EarningRule, LimitUse
from loyalty.rules.compiled import CompiledRuleSet
from loyalty.rules.limits import Limit, apply_limits
from loyalty.rules.outcomes import RuleOutcome
from loyalty.services.facts import Fact, LimitUseChange, Wave

UNUSED = (0, 0)

Key = tuple[int, str, int]


class LimitBook:
    """What other facts have used of every limit that a wave's facts come under.

    A member's limits are guarded by the wallet's lock. Those of the whole
    program are guarded by the rules' own rows, locked after the wallets; a wave
    under such rules holds one fact only.
    """

    def __init__(self, wave: Wave, facts: Sequence[Fact]) -> None:
        self.wave = wave
        self.used: dict[Key, tuple[int, int]] = {}
        asked = [
            (fact, code, place, limit)
            for fact in facts
            for code, limits in self._limits_of(fact).items()
            for place, limit in enumerate(limits)
            if limit.per != "fact"
        ]
        shared = [question for question in asked if question[3].of == "program"]
        own = [question for question in asked if question[3].of == "member"]
        self._lock({code for _, code, _, _ in shared})
        self._count(own, of_member=True)
        self._count(shared, of_member=False)

    def _limits_of(self, fact: Fact) -> dict[str, tuple[Limit, ...]]:
        if fact.row.rule_set_id is None:
            return {}
        return limits_of(self._rule_set(fact), fact.kind)

    def _rule_set(self, fact: Fact) -> CompiledRuleSet:
        return self.wave.setup.rule_set(fact.row.rule_set_id or 0)

    def _lock(self, codes: Iterable[str]) -> None:
        if codes and not self.wave.is_preview:
            rules = EarningRule.objects.filter(
                program_id=self.wave.setup.program_id, code__in=codes
            )
            list(rules.order_by("id").select_for_update().values_list("id"))

    def _count(self, asked: Sequence[Any], *, of_member: bool) -> None:
        """Add up, in one query, what others used of the limits that are asked about."""
        if not asked:
            return
        values: list[Any] = []
        adapt = connection.ops.adapt_datetimefield_value
        for number, (fact, code, _, limit) in enumerate(asked):
            window = window_of(limit.per, limit.window, fact.occurred_at, self.wave.setup.zone)
            values += [number, code, fact.member.pk]
            values += [adapt(window.start), adapt(window.end), *fact.source]
        rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(asked))
        whose = "AND u.member_id = asked.member " if of_member else ""
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH asked (number, rule, member, starts, ends, kind, id) AS "  # noqa: S608
                f"(VALUES {rows}) SELECT asked.number, SUM(u.points), SUM(u.times) "
                "FROM asked JOIN loyalty_limituse u ON u.rule = asked.rule "
                f"AND u.program_id = %s {whose}"
                "AND u.occurred_at >= asked.starts AND u.occurred_at < asked.ends "
                "AND NOT (u.source_type = asked.kind AND u.source_id = asked.id) "
                "GROUP BY asked.number",
                [*values, self.wave.setup.program_id],
            )
            for number, points, times in cursor.fetchall():
                fact, code, place, _ = asked[number]
                self.used[id(fact), code, place] = (int(points), int(times))

    def apply(self, fact: Fact, outcome: RuleOutcome) -> tuple[int, Limit | None]:
        """Return the points a rule may give a fact, and the limit that clipped them."""
        if not outcome.limits:
            return outcome.desired, None
        used = [
            self.used.get((id(fact), outcome.code, place), UNUSED)
            for place in range(len(outcome.limits))
        ]
        given, limit = apply_limits(outcome.desired, outcome.limits, used)
        if given:
            fact.uses.append(LimitUseChange(outcome.code, given, 1))
        return given, limit

    def spent_multipliers(self, fact: Fact) -> frozenset[str]:
        """Return the multipliers that may not be used once more."""
        limited = self._limits_of(fact)
        if not limited:
            return frozenset()
        multipliers = {rule.code for rule in self._rule_set(fact).on(fact.kind).multiplies}
        return frozenset(
            code
            for code, limits in limited.items()
            for place, limit in enumerate(limits)
            if code in multipliers
            and limit.room(*self.used.get((id(fact), code, place), UNUSED)) == 0
        )

    def used_by_rivals(self, fact: Fact) -> dict[str, list[tuple[int, int]]]:
        """Return what others have used of the limits of awards that rival others."""
        listeners = self._rule_set(fact).on(fact.kind)
        return {
            rule.code: [
                self.used.get((id(fact), rule.code, place), UNUSED)
                for place in range(len(rule.limits))
            ]
            for rule in (listeners.awards if listeners.rivals else ())
            if rule.limits and (rule.exclusive or rule.group is not None)
        }


def note_multipliers(fact: Fact) -> None:
    """Count each limited multiplier that made some award larger, once all limits have cut."""
    outcomes = fact.evaluation.outcomes if fact.evaluation else ()
    limited = [one.code for one in outcomes if one.limits and one.matched and not one.is_award]
    if not limited:
        return
    multiplied = {
        reason
        for outcome in outcomes
        for earning in [fact.earnings.get(outcome.point_type)]
        if earning and earning.rules.get(outcome.code)
        for reason, _ in outcome.multipliers
    }
    fact.uses += [LimitUseChange(code, 0, 1) for code in limited if code in multiplied]


def limits_of(rule_set: CompiledRuleSet, kind: str) -> dict[str, tuple[Limit, ...]]:
    """Return the limits of every rule that listens to `kind` and has some."""
    listeners = rule_set.on(kind)
    rules = (*listeners.multiplies, *listeners.awards)
    return {rule.code: rule.limits for rule in rules if rule.limits}


def write_uses(wave: Wave, facts: Sequence[Fact]) -> None:
    """Write what facts use of limits now, in place of what they used before."""
    program_id = wave.setup.program_id
    limited = [
        fact
        for fact in facts
        if fact.row.rule_set_id
        and limits_of(wave.setup.rule_set(fact.row.rule_set_id), fact.kind)
    ]
    if not limited:
        return
    for kind in ("order", "event"):
        ids = [
            fact.source[1] for fact in limited if fact.source[0] == kind and not fact.is_created
        ]
        if ids:
            LimitUse.objects.filter(
                program_id=program_id, source_type=kind, source_id__in=ids
            ).delete()
    bulk.insert_rows(
        LimitUse,
        (
            "program_id",
            "member_id",
            "rule",
            "source_type",
            "source_id",
            "occurred_at",
            "points",
            "times",
        ),
        [
            (
                program_id,
                fact.member.pk if fact.member else None,
                use.rule,
                *fact.source,
                fact.occurred_at,
                use.points,
                use.times,
            )
            for fact in limited
            for use in fact.uses
        ],
    )
