"""Whose facts these are, before anything is locked: for splitting a batch."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from engine.batch import Known, keys_of
from loyalty.models import Member, Order, Program
from loyalty.rules.statements import MemberStatement, OrderStatement, RefundStatement
from loyalty.services.facts import Statement


def owners_of(program: Program, statements: Sequence[Statement]) -> Known:
    """Return whom orders and addresses lead to that are named without their member.

    Two facts of one member must not travel in one wave, even if one of them says
    "order 7" and the other "ada@example.org". An order that waits leads to those
    who may claim it.
    """
    known: Known = {}
    _add_orders(known, program, list(_orders_of_somebody(statements)))
    addresses = {key for statement in statements for key in keys_of(statement)}
    addresses |= {key for keys in known.values() for key in keys}
    _add_people(known, program, [key for key in addresses if key.startswith("address:")])
    return known


def _orders_of_somebody(statements: Sequence[Statement]) -> Iterable[str]:
    """Yield the ids of orders that are named without their member, or may be claimed."""
    somebody_enrols = any(isinstance(one, MemberStatement) for one in statements)
    for statement in statements:
        if isinstance(statement, RefundStatement):
            yield statement.order
        elif isinstance(statement, OrderStatement) and (
            statement.member is None or somebody_enrols
        ):
            yield statement.id


def _add_orders(known: Known, program: Program, order_ids: Sequence[str]) -> None:
    if not order_ids:
        return
    orders = Order.objects.filter(program=program, external_id__in=order_ids)
    refs = ("member__external_id", "member_ref", "guest_email", "guest_phone")
    for order_id, *members, email, phone in orders.values_list("external_id", *refs):
        keys = {f"member:{member}" for member in members if member}
        keys |= {f"address:{address}" for address in (email, phone) if address}
        known[f"order:{order_id}"] = keys


def _add_people(known: Known, program: Program, keys: Sequence[str]) -> None:
    if not keys:
        return
    addresses = [key.removeprefix("address:") for key in keys]
    theirs = Q(email__in=addresses) | Q(phone__in=addresses)
    people = Member.objects.filter(theirs, program=program)
    for member, *found in people.values_list("external_id", "email", "phone"):
        for address in found:
            known.setdefault(f"address:{address}", set()).add(f"member:{member}")
