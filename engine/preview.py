"""What an order would earn, without it being stated. Nothing is locked or written."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.answers import points_of_preview
from loyalty.models import Member, Order, Program
from loyalty.queries.balances import states_of
from loyalty.queries.members import member_of
from loyalty.queries.setup import Setup, setup_of
from loyalty.rules.hints import hints, with_more, worded
from loyalty.rules.orders import order_facts
from loyalty.rules.statements import OrderStatement
from loyalty.services.earning import earn_points, gather_facts
from loyalty.services.facts import Fact, Wave
from loyalty.services.ledger import Book
from loyalty.services.orders import content_of
from tiers.services.counting import brought_by, tiers_of


def preview_order(
    program: Program, statement: OrderStatement, *, at: datetime
) -> dict[str, Any]:
    """Return what an order would earn if it were paid for as it stands.

    Without a member, or for one that nobody has enrolled, it is judged as the
    first order of somebody who joins now.
    """
    setup = setup_of(program)
    fact = _imagined(program, statement, at)
    wave = Wave(program, setup, at, [fact], _unlocked(setup, fact, at), is_preview=True)
    tiers = tiers_of(wave) if fact.member and fact.member.pk else None
    gather_facts(wave, brought_by(wave, tiers) if tiers else {})
    earn_points(wave)
    return {
        "member": fact.member.external_id or None if fact.member else None,
        "subtotal": fact.order.subtotal if fact.order else 0,
        "total": fact.order.total if fact.order else 0,
        "points": points_of_preview(fact, wave),
        "rules": fact.evaluation.explain() if fact.evaluation else [],
        "hints": _hints(wave, fact),
        "why_nothing": fact.why_nothing,
    }


def _imagined(program: Program, statement: OrderStatement, at: datetime) -> Fact:
    """Return the order as a fact, as if it had just been paid for."""
    body: Mapping[str, Any] = content_of(statement) | {"status": "paid"}
    fact = Fact(statement, order_facts=order_facts(body, []))
    known = member_of(program, statement.member) if statement.member else None
    fact.member = known or Member(pk=0, program=program, joined_at=at)
    fact.order = Order(
        pk=0,
        program=program,
        external_id=statement.id,
        body=body,
        placed_at=statement.placed_at or at,
        paid_at=statement.paid_at or statement.placed_at or at,
        fulfilled_at=statement.fulfilled_at,
    )
    if fact.order_facts:
        fact.order.subtotal = fact.order_facts.subtotal
        fact.order.total = fact.order_facts.total
        fact.order.counts = fact.order_facts.is_worth_something
    return fact


def _unlocked(setup: Setup, fact: Fact, at: datetime) -> Book:
    book = Book(setup, at)
    if fact.member and fact.member.pk:
        for state in states_of(setup, [fact.member.pk], at=at):
            book.wallets[state.member_id, state.point_type_id] = state
    return book


def _hints(wave: Wave, fact: Fact) -> list[dict[str, Any]]:
    """Return what a little more would earn, within every limit and balance."""
    if fact.order is None or fact.order.rule_set_id is None or fact.order_facts is None:
        return []
    rule_set = wave.setup.rule_set(fact.order.rule_set_id)
    wished = hints(
        rule_set, fact.order_facts, at=fact.occurred_at, member=fact.member_facts["member"]
    )
    richer = [_with_more(fact, hint["missing"]) for hint in wished]
    earn_points(replace(wave, facts=richer))
    return [
        worded(hint, more, rule_set.currency)
        for hint, larger in zip(wished, richer, strict=True)
        if (more := _given(larger, hint) - _given(fact, hint)) > 0
    ]


def _with_more(fact: Fact, missing: int) -> Fact:
    """Return an imagined order as if there were so much more in the cart."""
    facts = with_more(fact.order_facts, missing) if fact.order_facts else None
    return Fact(
        fact.statement,
        member=fact.member,
        order=fact.order,
        order_facts=facts,
        member_facts=fact.member_facts,
    )


def _given(fact: Fact, hint: Mapping[str, Any]) -> int:
    earning = fact.earnings.get(hint["point_type"])
    return earning.rules.get(hint["rule"], 0) if earning else 0
