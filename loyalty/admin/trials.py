"""What rules that are not published would do to the last orders, as tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.errors import InvalidInput
from core.staff import DASH, Figure, Panel
from loyalty.admin.explaining import Story, Teller
from loyalty.admin.showing import local, money, page_of, signed
from loyalty.models import MemberEvent, Order, Program
from loyalty.queries.programs import newest_rule_set
from loyalty.queries.trials import (
    Brought,
    Trial,
    last_events,
    last_orders,
    try_on_events,
    try_on_orders,
)
from loyalty.rules.ruleset import compile_rule_set

# Says by the number of an event what its member brought along to it.
BroughtTo = Callable[[Sequence[MemberEvent]], Mapping[int, Brought]]

BEFORE_LIMITS = (
    "Worked out by what each order froze when it first earned; limits are not counted."
)


def trial_of(
    program: Program, content: Mapping[str, Any], code: str, brought_to: BroughtTo
) -> Panel:
    """Try one rule, among the others of its set, on the last facts that it listens to.

    Orders froze what their members brought along; events are asked about.

    :raises InvalidInput: if the rules do not compile, or give absurdly much
    """
    rules = compile_rule_set(content)
    form = content["rules"][code]
    if form.get("on", "order") == "order":
        return _on_orders(
            program, try_on_orders(rules, last_orders(program), program), form, code
        )
    events = last_events(program, form["on"])
    trials = try_on_events(rules, events, program, brought_to(events))
    return _on_events(program, trials, form, code)


def _on_orders(
    program: Program, trials: Sequence[Trial], form: Mapping[str, Any], code: str
) -> Panel:
    return Panel(
        title="On the last orders",
        headings=("Order", "Paid", "Goods, net", "Result", "How, or why not"),
        rows=[
            (
                _fact_link(trial.fact),
                local(trial.fact.paid_at, program),
                money(trial.fact.subtotal, program),
                *_told(trial, program, form, code),
            )
            for trial in trials
            if isinstance(trial.fact, Order)
        ],
        empty="No order of the program has earned yet.",
        note=BEFORE_LIMITS,
    )


def _on_events(
    program: Program, trials: Sequence[Trial], form: Mapping[str, Any], code: str
) -> Panel:
    return Panel(
        title=f"On the last events {form['on']}",
        headings=("Event", "Occurred", "Result", "How, or why not"),
        rows=[
            (
                _fact_link(trial.fact),
                local(trial.fact.occurred_at, program),
                *_told(trial, program, form, code),
            )
            for trial in trials
            if isinstance(trial.fact, MemberEvent)
        ],
        empty=f"No event {form['on']} was stated lately.",
        note=BEFORE_LIMITS,
    )


def _told(
    trial: Trial, program: Program, form: Mapping[str, Any], code: str
) -> tuple[Figure, str]:
    story = _story(trial, Teller(program, {code: form}), code)
    return (Figure(story.result), story.text) if story else (Figure(DASH), "It was not asked.")


def _story(trial: Trial, teller: Teller, code: str) -> Story | None:
    for outcome in trial.evaluation.outcomes:
        if outcome.code == code:
            return teller.story(outcome.explain())
    return None


def effect_of(program: Program, content: Mapping[str, Any]) -> Panel:
    """Return what the last orders would have earned, by the rules in force and by these.

    :raises InvalidInput: if the rules do not compile, or give absurdly much
    """
    orders = last_orders(program)
    after = _totals(program, content, orders)
    newest = newest_rule_set(program)
    before = _totals(program, newest.content, orders) if newest else [{} for _ in orders]
    codes = sorted({code for totals in (*before, *after) for code in totals})
    rows: list[Sequence[object]] = [
        (_fact_link(order), money(order.subtotal, program), *_change(was, will, codes))
        for order, was, will in zip(orders, before, after, strict=True)
    ]
    if rows:
        sums = [
            {code: sum(each.get(code, 0) for each in totals) for code in codes}
            for totals in (before, after)
        ]
        worth = sum(order.subtotal for order in orders)
        rows.append(("All together", money(worth, program), *_change(sums[0], sums[1], codes)))
    return Panel(
        title="What the last orders would earn",
        headings=("Order", "Goods, net", *_headings(codes)),
        rows=rows,
        empty="No order of the program has earned yet.",
        note=BEFORE_LIMITS,
    )


def _totals(
    program: Program, content: Mapping[str, Any], orders: Sequence[Order]
) -> list[dict[str, int]]:
    trials = try_on_orders(compile_rule_set(content), orders, program)
    return [trial.evaluation.totals() for trial in trials]


def _headings(codes: Sequence[str]) -> list[str]:
    return [f"{code.capitalize()} {when}" for code in codes for when in ("now", "then", "±")]


def _change(
    was: Mapping[str, int], will: Mapping[str, int], codes: Sequence[str]
) -> list[object]:
    cells: list[object] = []
    for code in codes:
        before, then = was.get(code, 0), will.get(code, 0)
        cells += [before, then, signed(then - before)]
    return cells


def _fact_link(fact: Order | MemberEvent) -> SafeString:
    return format_html('<a href="{}">{}</a>', page_of(fact), fact.external_id)


def problems_of(error: InvalidInput) -> list[tuple[str, str]]:
    """Return what is wrong with draft rules: (the rule's code or "", what)."""
    found = []
    for problem in error.problems:
        steps = problem.pointer.strip("/").split("/")
        code = steps[1] if steps[0] == "rules" and len(steps) > 1 else ""
        where = ".".join(steps[2:] if code else steps)
        found.append((code, f"{where}: {problem.detail}" if where else problem.detail))
    return found
