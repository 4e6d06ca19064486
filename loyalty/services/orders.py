"""Recording orders and refunds as stated; stale and repeated statements stop here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import DomainError, InvalidInput, Problem
from core.reading import blank_row
from loyalty.models import Order
from loyalty.rules.orders import order_facts
from loyalty.rules.statements import OrderStatement, RefundStatement
from loyalty.services.facts import Claim, Fact, Wave

TIMES = ("placed_at", "paid_at", "fulfilled_at", "cancelled_at")


class VersionConflict(DomainError):
    """The same version of an order was stated before, with other content."""

    code = "version_conflict"


class ConflictingFact(DomainError):
    """The same id was stated before, with other content."""

    code = "conflicting_fact"


def stated_orders(wave: Wave) -> set[str]:
    """Return the ids of the orders that a wave's facts are about."""
    return {order_id for fact in wave.facts if (order_id := order_of(fact))}


def order_of(fact: Fact) -> str | None:
    """Return the id of the order that a fact is about."""
    statement = fact.statement
    if isinstance(statement, OrderStatement):
        return statement.id
    if isinstance(statement, RefundStatement):
        return statement.order
    if isinstance(statement, Claim) and statement.kind == "order":
        return statement.id
    return None


def has_new_owners(wave: Wave, orders: Mapping[str, Order]) -> bool:
    """Say whether an order was claimed while its members' wallets were being locked."""
    return any(
        order.member_id is not None and fact.member is None and not fact.is_erased
        for fact in wave.of(OrderStatement, RefundStatement, Claim)
        if (order := orders.get(order_of(fact) or ""))
    )


def record_orders(wave: Wave, orders: Mapping[str, Order]) -> None:
    """Bring the orders (locked) in line with what was stated; nothing is written yet."""
    for fact in wave.of(OrderStatement, RefundStatement, Claim):
        order_id = order_of(fact)
        if order_id is None:
            continue
        order = orders.get(order_id)
        fact.is_created = order is None
        fact.order = order or _new_order(wave, order_id)
        fact.fulfilled_before = fact.order.fulfilled_at
        fact.counted_before = fact.order.counted
        try:
            _record(fact, fact.order, wave)
        except DomainError as error:
            fact.error = error


def _new_order(wave: Wave, order_id: str) -> Order:
    return blank_row(
        Order,
        program_id=wave.setup.program_id,
        external_id=order_id,
        recorded_at=wave.at,
    )


def _record(fact: Fact, order: Order, wave: Wave) -> None:
    statement = fact.statement
    if isinstance(statement, OrderStatement):
        fact.is_created = order.body is None
        named = _redemptions_of(order)
        fact.is_applied = _restate(order, statement, wave.at)
        fact.dropped = named - _redemptions_of(order)
    elif isinstance(statement, RefundStatement):
        fact.is_created = False
        fact.is_applied = _add_refund(order, statement)
    _attach(fact, order)
    if order.body is None:
        return
    fact.order_facts = order_facts(order.body, order.refunds)
    fact.clamped = fact.order_facts.clamped
    if isinstance(statement, RefundStatement):
        # What was clamped before belongs to other statements.
        others = [one for one in order.refunds if one["id"] != statement.id]
        fact.clamped -= order_facts(order.body, others).clamped
    order.subtotal = fact.order_facts.subtotal
    order.total = fact.order_facts.total
    order.counts = fact.order_facts.is_worth_something


def _redemptions_of(order: Order) -> frozenset[str]:
    return frozenset(order.body["redemptions"]) if order.body else frozenset()


def _attach(fact: Fact, order: Order) -> None:
    """Tie the order to its member, or let it wait for one."""
    stated = getattr(fact.statement, "member", None)
    if order.member_id and stated and (not fact.member or order.member_id != fact.member.pk):
        raise ConflictingFact(f"order {order.external_id} belongs to another member")
    if fact.member:
        order.member = fact.member
    order.waiting = order.member_id is None and bool(
        order.body is None or order.member_ref or order.guest_email or order.guest_phone
    )


def _restate(order: Order, statement: OrderStatement, at: datetime) -> bool:
    """Take a statement over unless it is stale or a repeat; say whether it counts."""
    content = content_of(statement)
    if order.body is not None:
        # Leaving the member out is not taking the order away from its member.
        content["member"] = content["member"] or order.body["member"]
        if _is_stale(order, statement, content):
            return False
    order.body = content
    stated = statement.version
    order.version = order.version + 1 if stated is None else stated
    order.stated_updated_at = statement.updated_at or order.stated_updated_at
    order.status = statement.status
    order.member_ref = statement.member or order.member_ref
    order.guest_email = statement.guest_email
    order.guest_phone = statement.guest_phone
    _fill_times(order, statement, at)
    return True


def content_of(statement: OrderStatement) -> dict[str, Any]:
    """Return everything an order statement says, as it is kept and compared."""
    times = {
        name: moment.isoformat() if moment else None
        for name in TIMES
        for moment in [getattr(statement, name)]
    }
    guest = {"email": statement.guest_email, "phone": statement.guest_phone}
    return (
        statement.body
        | times
        | {
            "status": statement.status,
            "member": statement.member,
            "guest": guest if any(guest.values()) else None,
        }
    )


def _is_stale(order: Order, statement: OrderStatement, content: Mapping[str, Any]) -> bool:
    """Say whether a statement is older than, or the same as, what is known.

    :raises VersionConflict: if the same version says something else now
    """
    for stated, known in (
        (statement.version, order.version),
        (statement.updated_at, order.stated_updated_at),
    ):
        if stated is None or known is None or stated > known:  # type: ignore[operator]
            continue
        if stated == known and content != order.body:
            raise VersionConflict(
                f"order {order.external_id} was stated before with the same "
                "version or time and other content"
            )
        return True
    unversioned = statement.version is None and statement.updated_at is None
    return unversioned and content == order.body


def _fill_times(order: Order, statement: OrderStatement, at: datetime) -> None:
    """Take stated times; the first time a status is stated, `at` stands in."""
    is_first = order.placed_at is None
    order.placed_at = statement.placed_at or order.placed_at or at
    reached = {
        "paid_at": statement.status in ("paid", "fulfilled"),
        "fulfilled_at": statement.status == "fulfilled",
        "cancelled_at": statement.status == "cancelled",
    }
    for name, is_reached in reached.items():
        stated = getattr(statement, name) or getattr(order, name)
        if stated is None and is_reached:
            stated = order.placed_at if name == "paid_at" and is_first else at
        setattr(order, name, stated)


def _add_refund(order: Order, statement: RefundStatement) -> bool:
    """Add a refund that was posted by itself; say whether it is new.

    :raises ConflictingFact: if the same refund was posted with other content
    """
    refund = content_of_refund(statement)
    for known in order.refunds:
        if known["id"] == statement.id:
            if known != refund:
                raise ConflictingFact(
                    f"refund {statement.id} was posted before with other content"
                )
            return False
    if order.body is not None:
        _refuse_unknown_lines(order.body, statement)
    order.refunds = [*order.refunds, refund]
    return True


def content_of_refund(statement: RefundStatement) -> dict[str, Any]:
    """Return everything a posted refund says, as it is kept and compared."""
    refunded_at = statement.refunded_at
    return {
        "id": statement.id,
        "amount": statement.amount,
        "lines": [{"id": line, "quantity": units} for line, units in statement.lines],
        "refunded_at": refunded_at.isoformat() if refunded_at else None,
    }


def _refuse_unknown_lines(body: Mapping[str, Any], statement: RefundStatement) -> None:
    """:raises InvalidInput: if a refund names a line that its order does not have"""
    known = {line["id"] for line in body["lines"]}
    problems = [
        Problem(f"/lines/{place}/id", "unknown_line", f"the order has no line {line}")
        for place, (line, _) in enumerate(statement.lines)
        if line not in known
    ]
    if problems:
        raise InvalidInput(problems)


ORDER_COLUMNS = (
    "member_id",
    "member_ref",
    "guest_email",
    "guest_phone",
    "waiting",
    "version",
    "stated_updated_at",
    "status",
    "refunds",
    *TIMES,
    "subtotal",
    "total",
    "counts",
    "rule_set_id",
    "frozen",
    "posted",
    "decision_id",
    "body",
)
