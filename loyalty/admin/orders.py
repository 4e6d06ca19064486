"""Orders and events, as storefronts stated them: to read, with every reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.staff import DASH, Page, Panel, WordFilter, pretty
from loyalty.admin.ledger import entries_panel
from loyalty.admin.showing import (
    ProgramRowsAdmin,
    link,
    local,
    money,
    page_of,
    points_posted,
    signed,
    why_link,
)
from loyalty.models import Decision, Entry, MemberEvent, Order, Program
from loyalty.rules.orders import OrderFacts, order_facts

STATUSES = ("pending", "paid", "fulfilled", "cancelled")
LAST = 50


class StatusFilter(WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple((status, status) for status in STATUSES)


@admin.register(Order)
class OrderAdmin(ProgramRowsAdmin):
    list_display = ("external_id", "whose", "status", "worth", "points", "paid", "waits")
    list_select_related = ("program", "member", "rule_set")
    list_filter = ("program", StatusFilter, "waiting")
    search_fields = ("external_id", "member__external_id")
    search_help_text = "The id of an order, or a member's id or e-mail, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, order: Order) -> str:
        return order.member.external_id if order.member else order.member_ref or "guest"

    @admin.display(description="goods, net")
    def worth(self, order: Order) -> str:
        return money(order.subtotal, order.program)

    @admin.display(description="points")
    def points(self, order: Order) -> str:
        return points_posted(order.posted)

    @admin.display(description="waiting")
    def waits(self, order: Order) -> str:
        return "for its member" if order.waiting else DASH

    @admin.display(description="paid")
    def paid(self, order: Order) -> str:
        return local(order.paid_at, order.program)

    def page(self, order: Order) -> Page:
        program = order.program
        facts = order_facts(order.body, order.refunds) if order.body else None
        return Page(
            facts=_order_facts(order, facts),
            panels=[
                _lines(facts, program),
                statements_panel(program, order.external_id, ("order", "refund", "claim")),
                entries_panel(_entries("order", order), program),
            ],
            raw=[
                ("As it was stated last", pretty(order.body)),
                ("Refunds that were posted one by one", pretty(order.refunds)),
                ("What its rules know of the member", pretty(order.frozen)),
            ],
            note="" if order.body else "Only a refund has come; the order is awaited.",
        )


def _order_facts(order: Order, facts: OrderFacts | None) -> list[tuple[str, object]]:
    program = order.program
    times = [
        (name.capitalize(), local(getattr(order, f"{name}_at"), program))
        for name in ("placed", "paid", "fulfilled", "cancelled")
    ]
    return [
        ("Status", order.status or DASH),
        ("Member", link(order.member) if order.member else _whose(order)),
        ("Goods, net of refunds", money(order.subtotal, program)),
        ("Total", money(order.total, program)),
        ("Refunded", money(facts.refunded_goods, program) if facts else DASH),
        ("Points", points_posted(order.posted)),
        ("Why", why_link(order.decision_id)),
        ("Rules it keeps", link(order.rule_set)),
        ("Version", order.version),
        *times,
        ("Program", link(program)),
    ]


def _whose(order: Order) -> str:
    known = order.member_ref or order.guest_email or order.guest_phone or "a guest"
    return f"{known}, not enrolled" if order.waiting else known


def _lines(facts: OrderFacts | None, program: Program) -> Panel:
    stated: Sequence[Mapping[str, Any]] = facts.ordered.lines if facts else ()
    lines = facts.lines if facts else ()
    return Panel(
        title="Lines, as they stand now",
        headings=("Line", "SKU", "Name", "Units left", "Of", "Unit price", "Worth now"),
        rows=[
            (
                line.id or "the whole order",
                said["sku"] or DASH,
                said["name"] or DASH,
                line.units,
                said["quantity"],
                money(said["unit_price"], program),
                money(line.amount, program),
            )
            for said, line in zip(stated, lines, strict=True)
        ],
        empty="Nothing was stated yet.",
    )


def statements_panel(program: Program, fact_id: str, kinds: Sequence[str]) -> Panel:
    """Return every statement of a fact with what it moved, newest first."""
    rows = Decision.objects.filter(program=program, fact_id=fact_id, fact_type__in=kinds)
    return Panel(
        title="Statements",
        headings=("When", "What", "Version", "Moved", "In short", ""),
        rows=[
            (
                local(decision.decided_at, program),
                decision.fact_type,
                decision.version,
                _moved(decision),
                decision.outcome.get("why_nothing") or _waiting(decision),
                why_link(decision.pk),
            )
            for decision in rows.order_by("-pk")[:LAST]
        ],
        empty="Nothing was stated yet.",
    )


def _moved(decision: Decision) -> str:
    points = decision.outcome.get("points", {})
    moves = [(code, each["delta"]) for code, each in points.items() if each["delta"]]
    return ", ".join(f"{signed(delta)} {code}" for code, delta in moves) or DASH


def _waiting(decision: Decision) -> str:
    return "waits for its member" if decision.outcome.get("waiting") else DASH


def _entries(kind: str, fact: Order | MemberEvent) -> list[Entry]:
    if fact.member_id is None:
        return []
    rows = Entry.objects.filter(
        wallet__member=fact.member_id, source_type=kind, source_id=fact.external_id
    )
    return list(rows.order_by("-pk")[:LAST])


@admin.register(MemberEvent)
class MemberEventAdmin(ProgramRowsAdmin):
    list_display = ("external_id", "type", "whose", "occurred", "points", "waits")
    list_select_related = ("program", "member", "rule_set")
    list_filter = ("program", "waiting")
    search_fields = ("external_id", "member__external_id")
    search_help_text = "The id of an event, or a member's id or e-mail, as a whole."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, event: MemberEvent) -> str:
        return event.member.external_id if event.member else event.member_ref

    @admin.display(description="occurred")
    def occurred(self, event: MemberEvent) -> str:
        return local(event.occurred_at, event.program)

    @admin.display(description="points")
    def points(self, event: MemberEvent) -> str:
        return points_posted(event.posted)

    @admin.display(description="waiting")
    def waits(self, event: MemberEvent) -> str:
        return "for its member" if event.waiting else DASH

    def page(self, event: MemberEvent) -> Page:
        program = event.program
        facts: list[tuple[str, object]] = [
            ("Type", event.type),
            ("Member", link(event.member) if event.member else event.member_ref),
            ("Occurred", local(event.occurred_at, program)),
            ("Stated", local(event.recorded_at, program)),
            ("Points", points_posted(event.posted)),
            ("Why", why_link(event.decision_id)),
            ("Rules", link(event.rule_set)),
            ("Program", link(program)),
        ]
        panels = [
            statements_panel(program, event.external_id, ("event", "claim")),
            entries_panel(_entries("event", event), program),
        ]
        return Page(facts, panels, raw=[("Properties", pretty(event.properties))])


def orders_panel(orders: Sequence[Order], program: Program) -> Panel:
    """Return orders with what they are worth and the way to the reasons."""
    return Panel(
        title="Orders",
        headings=("Paid", "Order", "Status", "Goods, net", "Points", ""),
        rows=[
            (
                local(order.paid_at, program),
                _order_link(order),
                order.status or DASH,
                money(order.subtotal, program),
                points_posted(order.posted),
                why_link(order.decision_id),
            )
            for order in orders
        ],
        empty="No orders yet.",
    )


def _order_link(order: Order) -> SafeString:
    return format_html('<a href="{}">{}</a>', page_of(order), order.external_id)
