"""A decision in words: what each rule gave and how, or why it gave nothing.

It reads what `RuleOutcome.explain` wrote, so that decisions from long ago and a
rule that is only being tried are told in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.money import format_money
from loyalty.models import Program

Explained = Mapping[str, Any]

TIMES = "\N{MULTIPLICATION SIGN}"

NOTHING: Mapping[str, str] = {
    "no_rules": "No rules were published yet.",
    "order_pending": "The order is not paid for yet.",
    "order_cancelled": "The order was cancelled.",
    "no_goods_left": "Everything of the order was given back.",
    "no_member": "Nobody has enrolled with this id or address yet.",
    "member_suspended": "Earning was suspended for this member.",
    "member_closed": "The member was closed.",
    "member_erased": "The member was erased.",
}
WHY_NOT: Mapping[str, str] = {
    "not_valid_yet": "It was not valid yet.",
    "not_valid_any_more": "It was not valid any more.",
    "not_on_this_weekday": "It is not valid on that weekday.",
    "not_at_this_hour": "It is not valid at that hour.",
    "not_known_long_enough": "The date had not been on file long enough.",
    "limit_reached": "A limit was reached.",
    "condition_false": "Its condition did not hold.",
    "condition_unknown": "Its condition asks for what was not known",
    "no_lines_matched": "No line of the order is among those it counts.",
    "no_goods_left": "None of the goods it counts are left.",
    "property_missing": "The property it counts was not stated.",
    "property_not_a_number": "The property it counts was not a number.",
    "property_negative": "The property it counts was below zero.",
    "zero": "It matched, and came to nothing",
    "group_beaten": "Another rule of its group gave more",
    "silenced_by": "An exclusive rule came first",
}
ROUNDED: Mapping[str, str] = {
    "floor": "rounded down",
    "ceil": "rounded up",
    "half_up": "rounded to the nearest, half up",
    "half_even": "rounded to the nearest, half to even",
}


@dataclass(frozen=True)
class Story:
    """One rule, told: its name, whether it gave anything, and how or why not.

    `tone` is "gave", "acted" (a rule that multiplies) or "none".
    """

    code: str
    name: str
    tone: str
    result: str
    text: str


class Teller:
    """Tells outcomes in the money and language of one program.

    `rules` are the forms of the rules that were asked, by code.
    """

    def __init__(
        self, program: Program, rules: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self.program = program
        self.rules = rules or {}

    def stories(self, explained: Iterable[Explained]) -> list[Story]:
        """Tell every rule, those that gave something first."""
        told = [self.story(each) for each in explained]
        order = ("gave", "acted", "none")
        return sorted(told, key=lambda story: order.index(story.tone))

    def story(self, rule: Explained) -> Story:
        """Tell what came of one rule."""
        name = rule.get("name") or rule["rule"]
        if "multiply" in rule:
            acted = rule["matched"]
            text = f"Multiplies by {rule['multiply']}." if acted else self._why_not(rule)
            result = f"{TIMES} {rule['multiply']}" if acted else "no effect"
            return Story(rule["rule"], name, "acted" if acted else "none", result, text)
        given = rule.get("given", rule.get("desired", 0))
        if not rule.get("desired"):
            return Story(rule["rule"], name, "none", "nothing", self._why_not(rule))
        text = self._arithmetic(rule) + self._limited(rule, given)
        tone = "gave" if given else "none"
        return Story(rule["rule"], name, tone, self._points(given), text)

    def _why_not(self, rule: Explained) -> str:
        word, _, other = str(rule.get("why_not") or "").partition(":")
        text = WHY_NOT.get(word, word.replace("_", " "))
        if other:
            return f"{text}: {other}."
        form = self.rules.get(rule["rule"], {})
        if word == "condition_unknown":
            return f"{text}: {', '.join(rule.get('unknown', []))}."
        if word == "condition_false" and form.get("when"):
            return f"{text} It asks for {form['when']}"
        if word == "no_lines_matched" and form.get("lines"):
            return f"{text} It counts {form['lines']}"
        if word == "zero":
            return f"{text}{self._from_what(rule)}."
        return text

    def _from_what(self, rule: Explained) -> str:
        if not rule.get("rate"):
            return ""
        return f": {self._measure(rule)}, {ROUNDED[rule['rounding']]}"

    def _arithmetic(self, rule: Explained) -> str:
        times = self._times(rule.get("multipliers", []))
        exact = rule["points"] == str(rule["desired"])
        rounded = "" if exact and not times else f", {ROUNDED[rule['rounding']]}"
        if rule.get("round_per") == "line":
            rounded += " for each line"
        if rule.get("round_base"):
            rounded += f", before multipliers {ROUNDED[rule['round_base']]}"
        measure = self._measure(rule)
        return f"{self._points(rule['desired'])} = {measure}{times}{rounded}."

    def _measure(self, rule: Explained) -> str:
        """Tell what was measured, and at which rate."""
        rate = rule["rate"]
        if "bands" in rate:
            bands = "; ".join(self._band(band) for band in rate["bands"])
            return f"{self._money(rule['base'])}{self._lines(rule)} by slices ({bands})"
        if rate.get("per_item"):
            unit = "unit" if rule["units"] == 1 else "units"
            return f"{rule['units']} {unit}{self._lines(rule)} {TIMES} {rate['points']}"
        if "per" in rate:
            steps = ", full steps only" if rate.get("whole_steps") else ""
            base = self._money(rule["base"])
            per = self._money(rate["per"])
            return f"{base}{self._lines(rule)} ÷ {per} {TIMES} {rate['points']}{steps}"
        if "points_from" in rate:
            return f"{rate['points_from']} {TIMES} {rate['times']} = {rule['points']}"
        if rate.get("on_partial_refund") == "prorate" and rule["points"] != rate["points"]:
            return f"the part of {rate['points']} for what is left"
        return f"{rate['points']} each time"

    def _band(self, band: Mapping[str, Any]) -> str:
        per = self._money(band["per"])
        return f"above {self._money(band['from'])}: {band['points']} per {per}"

    def _lines(self, rule: Explained) -> str:
        return _on_lines(rule.get("lines"), "")

    def _times(self, multipliers: Sequence[Mapping[str, Any]]) -> str:
        each = [
            f"{TIMES} {m['multiplier']}{_on_lines(m.get('lines'), ' only')} ({m['reason']})"
            for m in multipliers
        ]
        if not each:
            return ""
        everywhere = [m for m in multipliers if "lines" not in m]
        if len(everywhere) == len(each):
            total = 1 + sum(Decimal(m["multiplier"]) - 1 for m in everywhere)
            return f" {each[0]}" if len(each) == 1 else f" {TIMES} {total:f}: {', '.join(each)}"
        return f", {', '.join(each)}"

    def _limited(self, rule: Explained, given: int) -> str:
        if given >= rule["desired"]:
            return ""
        limits = ", ".join(limit_in_words(limit) for limit in rule.get("limits", []))
        because = f" ({limits})" if limits else ""
        return f" Limits left {self._points(given)} of them{because}."

    def _points(self, points: int) -> str:
        return f"{points:,} {'point' if points == 1 else 'points'}"

    def _money(self, minor: int) -> str:
        return format_money(minor, self.program.currency, self.program.locale)


def _on_lines(lines: list[str] | None, only: str) -> str:
    if not lines:
        return ""
    named = ", ".join(lines[:5]) + (", …" if len(lines) > 5 else "")
    return f" on {'line' if len(lines) == 1 else 'lines'} {named}{only}"


def limit_in_words(limit: Mapping[str, Any]) -> str:
    """Return a limit as people say it: "at most 500 points a month"."""
    times = limit.get("times")
    most = f"{limit.get('points') or 0:,} points" if times is None else _times_in_words(times)
    per = limit.get("per", "lifetime")
    span = {"fact": "each time", "lifetime": "ever"}.get(per, f"a {per}")
    rolling = ", rolling" if limit.get("window") == "rolling" else ""
    shared = ", all members together" if limit.get("of") == "program" else ""
    return f"at most {most} {span}{rolling}{shared}"


def _times_in_words(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times:,} times")


def rule_in_words(form: Mapping[str, Any]) -> str:
    """Return what a rule gives, in a few words for a list."""
    if "multiply" in form:
        return f"{TIMES} {form['multiply']}"
    award: Mapping[str, Any] = form.get("award") or {}
    if "bands" in award:
        return "by slices of the amount"
    if "points_from" in award:
        return f"{award['points_from']} {TIMES} {award.get('times', 1)}"
    points = award.get("points", "?")
    if award.get("per_item"):
        return f"{points} per item"
    return f"{points} per {award['per']}" if "per" in award else f"{points}"
