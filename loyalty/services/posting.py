"""From what facts are worth to what the ledger is asked to do, and its record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from django.db.models import Model

from core import bulk
from loyalty.models import Decision, Entry, Lot, MemberEvent, Order
from loyalty.rules.expiry import active_until
from loyalty.rules.movements import claw_back, grant
from loyalty.rules.statements import EventStatement, RefundStatement
from loyalty.rules.wallets import Cause, Draft, NewLot
from loyalty.services.facts import Claim, Earning, Fact, Wave
from loyalty.services.ledger import Posting, draft_postings, keep_active, reschedule, write
from loyalty.services.limits import write_uses
from loyalty.services.orders import ORDER_COLUMNS, content_of_refund

# What is written once, and what may change, of the rows that remember facts.
COLUMNS: Mapping[type[Model], tuple[Sequence[str], Sequence[str]]] = {
    Order: (("program_id", "external_id", "recorded_at"), ORDER_COLUMNS),
    MemberEvent: (
        (
            "program_id",
            "external_id",
            "type",
            "member_ref",
            "occurred_at",
            "properties",
            "recorded_at",
        ),
        ("member_id", "waiting", "rule_set_id", "posted", "decision_id"),
    ),
}


def post_facts(wave: Wave) -> None:
    """Make the ledger agree with what the facts are worth; write facts and reasons."""
    facts = [fact for fact in wave.live() if fact.order or fact.event]
    _number(facts, wave.book.numbers)
    asked = [
        (fact, earning, posting)
        for fact in facts
        for earning in fact.earnings.values()
        for posting in _postings(fact, earning, wave)
    ]
    for fact in facts:
        _move_dates(fact, wave)
        _note_activity(fact, wave)
    drafts = draft_postings(wave.book, [posting for _, _, posting in asked])
    for (_, earning, _), drafted in zip(asked, drafts, strict=True):
        _take_over(earning, drafted)
    write_uses(wave, facts)
    # Before all that refers to them: where a row refers to one that is yet to come,
    # SQLite looks through whole tables for it.
    _write_decisions(wave, facts)
    write(wave.book)
    for (_, earning, _), drafted in zip(asked, drafts, strict=True):
        _note_lots(earning, drafted)
    for model in COLUMNS:
        _write_rows(model, [fact for fact in facts if isinstance(fact.row, model)], wave.at)


def _number(facts: Sequence[Fact], numbers: bulk.Numbers) -> None:
    """Give new rows their numbers before anything refers to them."""
    orders = [fact.order for fact in facts if fact.order and not fact.order.id]
    events = [fact.event for fact in facts if fact.event and not fact.event.id]
    # What the ledger will most likely ask for is fetched along with the rest.
    moving = sum(bool(e.delta) for fact in facts for e in fact.earnings.values())
    likely = {Entry: moving, Lot: moving}
    known = {Decision: len(facts), Order: len(orders), MemberEvent: len(events)}
    numbers.reserve(known | likely)
    for fact, number in zip(facts, numbers.take(Decision, len(facts)), strict=True):
        fact.decision_id = fact.row.decision_id = number
    for order, number in zip(orders, numbers.take(Order, len(orders)), strict=True):
        order.id = number
        order._state.adding = True
    for event, number in zip(events, numbers.take(MemberEvent, len(events)), strict=True):
        event.id = number
        event._state.adding = True


def _postings(fact: Fact, earning: Earning, wave: Wave) -> list[Posting]:
    if fact.member is None or not earning.delta:
        return []
    wallet = (fact.member.id, earning.point_type.id)
    cause = Cause(
        key=f"{_key_of(fact)}:{earning.point_type.code}",
        source=fact.source,
        occurred_at=fact.occurred_at if earning.delta > 0 else _taken_at(fact, wave),
        decision_id=fact.decision_id,
    )
    if earning.delta < 0:
        movement = partial(claw_back, points=-earning.delta, cause=cause)
        return [Posting(wallet, movement, source=fact.source)]
    # What was forgiven when it should have been taken back is not given twice.
    points = earning.delta - min(earning.forgiven, earning.delta)
    if not points:
        earning.forgiven -= earning.delta
        return []
    lots = _new_lots(fact, earning, points)
    movement = partial(grant, kind="earn", lots=lots, cause=cause)
    earning.forgiven = 0
    return [
        Posting(
            wallet,
            movement,
            reads="wallet",
            active_until=active_until(
                earning.point_type.expiry, "earn", fact.occurred_at, wave.setup.zone
            ),
        )
    ]


def _key_of(fact: Fact) -> str:
    """Return what identifies a statement for ever, however often it is repeated.

    Ids may contain anything, colons too: no two statements may come to one key.
    """
    statement = fact.statement
    stem = ":".join(fact.source)
    if isinstance(statement, RefundStatement):
        return f"refund:{len(statement.order)}:{statement.order}:{statement.id}"
    if isinstance(statement, Claim):
        return f"claim:{stem}"
    return f"{stem}:{fact.order.version}" if fact.order else stem


def _taken_at(fact: Fact, wave: Wave) -> datetime:
    """Return when points are taken back: at the refund if it says when, else now."""
    if isinstance(fact.statement, RefundStatement) and fact.statement.refunded_at:
        return min(fact.statement.refunded_at, wave.at)
    return wave.at


def _new_lots(fact: Fact, earning: Earning, points: int) -> list[NewLot]:
    """Share what is to be granted over the rules that now give more, by their dates."""
    before = fact.row.posted.get(earning.point_type.code, {}).get("rules", {})
    by_dates: dict[NewLot, int] = {}
    left = points
    for code, given in earning.rules.items():
        share = min(left, max(0, given - before.get(code, 0)))
        if share:
            dates = replace(earning.dates[code], points=0)
            by_dates[dates] = by_dates.get(dates, 0) + share
            left -= share
    if left:
        dates = replace(next(iter(earning.dates.values())), points=0)
        by_dates[dates] = by_dates.get(dates, 0) + left
    return [replace(dates, points=share) for dates, share in by_dates.items()]


def _take_over(earning: Earning, drafts: Sequence[Draft]) -> None:
    """Note what a clawback forgave, and what of it had expired already."""
    for draft in drafts:
        if draft.kind == "clawback":
            earning.forgiven += draft.forgiven
            earning.already_expired += -sum(move.expired for move in draft.moves)


def _note_lots(earning: Earning, drafts: Sequence[Draft]) -> None:
    """Note which lots, now numbered, have dates that may yet be moved."""
    for draft in drafts:
        for lot in draft.lots:
            if lot.rule:
                earning.lots.setdefault(lot.rule, []).append(lot.id)


def _move_dates(fact: Fact, wave: Wave) -> None:
    """Let pending points follow an order that was fulfilled meanwhile."""
    order, evaluation = fact.order, fact.evaluation
    if order is None or evaluation is None or fact.member is None:
        return
    if not order.posted or fact.fulfilled_before == order.fulfilled_at:
        return
    for earning in fact.earnings.values():
        moved = {
            lot: replace(dates, available_at=dates.available_at or fact.occurred_at)
            for rule, dates in earning.dates.items()
            for lot in earning.lots.get(rule, ())
        }
        wallet = wave.book.wallets[fact.member.id, earning.point_type.id]
        if moved:
            reschedule(wave.book, wallet, moved)


def _note_activity(fact: Fact, wave: Wave) -> None:
    """Let an event such as a visit keep points alive that expire by inactivity."""
    if fact.event is None or fact.member is None:
        return
    for point_type in wave.setup.point_types.values():
        activity = f"event:{fact.event.type}"
        until = active_until(point_type.expiry, activity, fact.occurred_at, wave.setup.zone)
        wallet = wave.book.wallets.get((fact.member.id, point_type.id))
        if until and wallet:
            keep_active(wave.book, wallet, until=until)


def _remember(fact: Fact, at: datetime) -> None:
    """Note on the order or event what the ledger has been made to agree with."""
    posted = {code: posted_of(earning) for code, earning in fact.earnings.items()}
    for code, earning in fact.earnings.items():
        if earning.delta <= 0:
            _keep_past_dates(posted[code], fact.row.posted.get(code, {}), at)
    fact.row.posted = fact.row.posted | posted


def _keep_past_dates(posted: dict[str, Any], before: dict[str, Any], at: datetime) -> None:
    """Leave a release that lies behind where it was: an order fulfilled later undoes none."""
    for rule, released_at in before.get("dates", {}).items():
        if rule in posted["dates"] and released_at and released_at <= at.isoformat():
            posted["dates"][rule] = released_at
            posted["expires"][rule] = before["expires"][rule]


def posted_of(earning: Earning) -> dict[str, Any]:
    """Return what an order or event remembers of its points in one point type."""
    dates = earning.dates.items()
    lapsing = [rule for rule, lot in dates if lot.lapses]
    return {
        "points": earning.target,
        "forgiven": earning.forgiven,
        "desired": earning.desired,
        "limited_by": earning.limited_by,
        "rules": earning.rules,
        "dates": {rule: _text(lot.available_at) for rule, lot in dates},
        "expires": {rule: _text(lot.expires_at) for rule, lot in dates},
        # What is cancelled at its date if nothing comes between, where others are released.
        **({"lapses": lapsing} if lapsing else {}),
        **({"lots": earning.lots} if earning.lots else {}),
    }


def _text(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


def _write_decisions(wave: Wave, facts: Sequence[Fact]) -> None:
    columns = (
        "id",
        "program_id",
        "member_id",
        "fact_type",
        "fact_id",
        "version",
        "statement",
        "outcome",
        "rule_set_id",
        "decided_at",
    )
    rows = (
        (
            fact.decision_id,
            wave.setup.program_id,
            fact.row.member_id,
            _fact_type(fact),
            fact.source[1],
            fact.order.version if fact.order else 1,
            _statement(fact),
            outcome_of(fact),
            fact.row.rule_set_id,
            wave.at,
        )
        for fact in facts
    )
    bulk.insert_rows(Decision, columns, rows)


def _fact_type(fact: Fact) -> str:
    if isinstance(fact.statement, Claim):
        return "claim"
    if isinstance(fact.statement, RefundStatement):
        return "refund"
    return fact.source[0]


def _statement(fact: Fact) -> dict[str, Any]:
    """Return what was stated, as a decision keeps it."""
    statement = fact.statement
    if isinstance(statement, RefundStatement):
        return content_of_refund(statement)
    if isinstance(statement, EventStatement):
        return {
            "type": statement.type,
            "member": statement.member,
            "occurred_at": _text(statement.occurred_at),
            "properties": statement.properties,
        }
    if isinstance(statement, Claim):
        return {"member": statement.member}
    return fact.order.body or {} if fact.order else {}


def outcome_of(fact: Fact) -> dict[str, Any]:
    """Return why a fact earned what it earned: every rule, and every point type."""
    facts = fact.order_facts
    return {
        "waiting": fact.is_waiting,
        "why_nothing": fact.why_nothing,
        "occurred_at": fact.occurred_at.isoformat() if not _is_early(fact) else None,
        "subtotal": facts.subtotal if facts else None,
        "clamped": facts.clamped if facts else 0,
        "redemptions": fact.redeemed,
        "used_vouchers": fact.used_vouchers,
        "restored": fact.restored,
        "rules": _explained(fact),
        "points": {
            code: {
                "desired": earning.desired,
                "target": earning.target,
                "previous": earning.previous,
                "delta": earning.delta,
                "limited_by": earning.limited_by,
                "forgiven": earning.forgiven,
                "already_expired": earning.already_expired,
            }
            for code, earning in fact.earnings.items()
        },
    }


def _explained(fact: Fact) -> list[dict[str, Any]]:
    """Return each rule that was looked at, with what it gave after limits."""
    if fact.evaluation is None:
        return []
    explained = []
    for outcome in fact.evaluation.outcomes:
        reasons = outcome.explain()
        if outcome.is_award:
            earning = fact.earnings.get(outcome.point_type)
            reasons["given"] = earning.rules.get(outcome.code, 0) if earning else 0
        explained.append(reasons)
    return explained


def _is_early(fact: Fact) -> bool:
    """Say whether a refund came before its order."""
    return fact.order is not None and fact.order.body is None


def _write_rows(model: type[Model], facts: Sequence[Fact], at: datetime) -> None:
    """Write the rows of facts, which are all of one table."""
    fixed, changing = COLUMNS[model]
    new = [fact for fact in facts if fact.row._state.adding]
    known = [fact for fact in facts if not fact.row._state.adding]
    columns = ("id", *fixed, *changing)
    bulk.insert_rows(model, columns, _remembering(new, columns, at))
    bulk.update_rows(model, changing, list(_remembering(known, ("id", *changing), at)))


def _remembering(
    facts: Sequence[Fact], columns: Sequence[str], at: datetime
) -> Iterator[bulk.Row]:
    """Yield the columns of facts' rows, which remember what was posted from now on."""
    values = attrgetter(*columns)
    for fact in facts:
        _remember(fact, at)
        yield values(fact.row)
