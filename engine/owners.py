"""Whose facts these are, before anything is locked: for splitting a batch."""

from collections.abc import Sequence

from django.db.models import Q

from loyalty.models import Member, Order, Program
from loyalty.rules.statements import OrderStatement, RefundStatement
from loyalty.services.facts import Statement


def owners_of(program: Program, statements: Sequence[Statement]) -> dict[str, str]:
    """Return the member id behind each order and address that names no member.

    Two facts of one member must not travel in one wave, even if one of them says
    "order 7" and the other "ada@example.org".
    """
    orders = [s.order for s in statements if isinstance(s, RefundStatement)]
    emails, phones = set(), set()
    for statement in statements:
        if isinstance(statement, OrderStatement) and statement.member is None:
            orders.append(statement.id)
            emails.add(statement.guest_email)
            phones.add(statement.guest_phone)
    owners = {}
    if orders:
        known = Order.objects.filter(
            program=program, external_id__in=orders, member__isnull=False
        )
        for order_id, member in known.values_list("external_id", "member__external_id"):
            owners[f"order:{order_id}"] = str(member)
    emails.discard("")
    phones.discard("")
    if emails or phones:
        people = Member.objects.filter(
            Q(email__in=emails) | Q(phone__in=phones), program=program
        )
        for person in people:
            owners[f"address:{person.email}"] = person.external_id
            owners[f"address:{person.phone}"] = person.external_id
    return owners
