"""Decisions: the answer to "why did I get 47 points?" and "why did I get none?"."""

from typing import Any

from django.contrib import admin
from django.db.models import Q

from core.admin import is_number
from core.staff import DASH, Page, Panel, Tool, pretty
from loyalty.admin.explaining import NOTHING, Teller
from loyalty.admin.ledger import entries_panel
from loyalty.admin.showing import (
    ProgramRowsAdmin,
    link,
    list_of,
    local,
    money,
    signed,
)
from loyalty.models import Decision, Entry, MemberEvent, Order


@admin.register(Decision)
class DecisionAdmin(ProgramRowsAdmin):
    list_display = ("number", "decided", "fact_type", "fact_id", "version", "whose", "moved")
    list_display_links = ("number",)
    list_select_related = ("program", "member", "rule_set")
    search_fields = ("fact_id",)
    search_help_text = (
        "The id of an order or event, a decision (dec_123), or a member's id or e-mail."
    )
    member_path = "member"

    @admin.display(description="decision")
    def number(self, decision: Decision) -> str:
        return f"dec_{decision.pk}"

    @admin.display(description="decided")
    def decided(self, decision: Decision) -> str:
        return local(decision.decided_at, decision.program)

    @admin.display(description="member")
    def whose(self, decision: Decision) -> str:
        return decision.member.external_id if decision.member else DASH

    @admin.display(description="points")
    def moved(self, decision: Decision) -> str:
        points = decision.outcome.get("points", {})
        moves = [(code, each["delta"]) for code, each in points.items() if each["delta"]]
        return ", ".join(f"{delta:+,} {code}" for code, delta in moves) or DASH

    def found_by(self, term: str) -> Q:
        number = term.removeprefix("dec_")
        if number != term and is_number(number):
            return Q(pk=int(number))
        return super().found_by(term)

    def page(self, decision: Decision) -> Page:
        program, outcome = decision.program, decision.outcome
        rules = decision.rule_set.content["rules"] if decision.rule_set else {}
        return Page(
            facts=_facts(decision),
            stories=Teller(program, rules).stories(outcome.get("rules", [])),
            panels=[_points(outcome), entries_panel(_entries(decision), program)],
            raw=[("What was stated", pretty(decision.statement)), ("Outcome", pretty(outcome))],
            tools=[
                Tool("All statements of this fact", list_of(Decision, q=decision.fact_id)),
            ],
            note=_in_short(decision),
        )


def _facts(decision: Decision) -> list[tuple[str, object]]:
    program, outcome = decision.program, decision.outcome
    subtotal = outcome.get("subtotal")
    return [
        ("About", link(_fact(decision), f"{decision.fact_type} {decision.fact_id}")),
        ("Statement", decision.version),
        ("Member", link(decision.member)),
        ("Goods, net of refunds", DASH if subtotal is None else money(subtotal, program)),
        ("Rules", link(decision.rule_set)),
        ("Decided", local(decision.decided_at, program)),
    ]


def _fact(decision: Decision) -> Order | MemberEvent | None:
    """Return the order or event that a decision is about."""
    mine = {"program": decision.program_id, "external_id": decision.fact_id}
    if decision.fact_type != "event":
        order = Order.objects.filter(**mine).only("external_id").first()
        if order is not None:
            return order
    return MemberEvent.objects.filter(**mine).only("external_id", "type").first()


def _in_short(decision: Decision) -> str:
    """Return the decision in one sentence."""
    outcome = decision.outcome
    if outcome.get("waiting"):
        return "It waits: nobody with this id or address has enrolled."
    if reason := outcome.get("why_nothing"):
        return f"It earns nothing. {NOTHING.get(reason, reason.replace('_', ' '))}"
    points = outcome.get("points", {})
    said = [_said(code, each) for code, each in points.items() if each["desired"]]
    return " ".join(said) or "None of the rules gave anything."


def _said(code: str, each: dict[str, Any]) -> str:
    before = f", {each['previous']:,} of them before" if each["previous"] else ""
    limited = f"; {_held_back(each['limited_by'])}" if each["limited_by"] else ""
    return f"It is worth {each['target']:,} {code}{before}{limited}."


def _held_back(limited_by: str) -> str:
    if limited_by == "max_balance":
        return "more would be over the most that a member may have"
    return f"more was held back by the limits of {limited_by}"


def _points(outcome: dict[str, Any]) -> Panel:
    points: dict[str, dict[str, Any]] = outcome.get("points", {})
    return Panel(
        title="What was posted",
        headings=(
            "Points",
            "Rules gave",
            "After limits",
            "Posted before",
            "Difference",
            "Forgiven",
            "Had expired",
            "Held back by",
        ),
        rows=[
            (
                code,
                each["desired"],
                each["target"],
                each["previous"],
                signed(each["delta"]),
                each.get("forgiven", 0),
                each.get("already_expired", 0),
                each["limited_by"] or DASH,
            )
            for code, each in points.items()
        ],
        empty="No rule of the program gives points for this.",
    )


def _entries(decision: Decision) -> list[Entry]:
    """Return the entries that this decision caused."""
    if decision.member_id is None:
        return []
    rows = Entry.objects.filter(wallet__member=decision.member_id, decision=decision)
    return list(rows.order_by("-pk"))
