"""Taking a person out of the facts that were stated about them, and out of reasons."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from core import bulk
from loyalty.models import (
    Adjustment,
    Decision,
    Member,
    MemberEvent,
    Order,
    Program,
    Redemption,
    Voucher,
)
from loyalty.rules.erasure import scrubbed_body, without_codes
from loyalty.rules.words import WhyNot

CHUNK = 500
# Nothing is judged by these any more; that it was judged is remembered.
NOTHING_FROZEN = {"member": {}, "bonuses": [], "earns_nothing": str(WhyNot.MEMBER_ERASED)}
ORDER_COLUMNS = (
    "member_ref",
    "guest_email",
    "guest_phone",
    "waiting",
    "body",
    "refunds",
    "frozen",
)


def forget_orders(family: Sequence[Member], program: Program) -> list[int]:
    """Leave of orders what refunds are reckoned by; return their numbers.

    Those that wait for one of these members go the same way.
    """
    numbers: list[int] = []
    for orders in _chunks(_orders_of(family, program)):
        rows = [
            (
                order.pk,
                "",
                "",
                "",
                False,
                scrubbed_body(order.body) if order.body is not None else None,
                [scrubbed_body(refund) for refund in order.refunds],
                NOTHING_FROZEN if order.frozen else None,
            )
            for order in orders
        ]
        bulk.update_rows(Order, ORDER_COLUMNS, rows)
        ids = [order.external_id for order in orders]
        about = Q(fact_type__in=("order", "refund", "claim"), fact_id__in=ids)
        _forget_statements(Decision.objects.filter(about, program=program))
        numbers += [order.pk for order in orders]
    return numbers


def _orders_of(family: Sequence[Member], program: Program) -> QuerySet[Order]:
    waiting = Q(member_ref__in=[one.external_id for one in family])
    waiting |= Q(guest_email__in=[one.email for one in family if one.email])
    waiting |= Q(guest_phone__in=[one.phone for one in family if one.phone])
    theirs = Q(member__in=[one.pk for one in family]) | (Q(waiting=True) & waiting)
    return Order.objects.filter(theirs, program=program)


def forget_events(family: Sequence[Member], program: Program) -> None:
    """Leave of events that they happened, and when."""
    waiting = Q(waiting=True, member_ref__in=[one.external_id for one in family])
    theirs = Q(member__in=[one.pk for one in family]) | waiting
    events = MemberEvent.objects.filter(theirs, program=program)
    for chunk in _chunks(events):
        about = Q(fact_type="event", fact_id__in=[event.external_id for event in chunk])
        _forget_statements(Decision.objects.filter(about, program=program))
        rows: list[Any] = [(event.pk, "", False, {}) for event in chunk]
        bulk.update_rows(MemberEvent, ("member_ref", "waiting", "properties"), rows)


def forget_decisions(family: Sequence[Member], program: Program) -> None:
    """Leave of decisions how points came about, and not from what was stated."""
    theirs = [one.pk for one in family]
    _forget_statements(Decision.objects.filter(program=program, member__in=theirs))


def _forget_statements(decisions: QuerySet[Decision]) -> None:
    for chunk in _chunks(decisions):
        rows = [
            (decision.pk, scrubbed_body(decision.statement), without_codes(decision.outcome))
            for decision in chunk
        ]
        bulk.update_rows(Decision, ("statement", "outcome"), rows)


def forget_log(members: Sequence[int], orders: Sequence[int]) -> None:
    """Take names out of what the admin noted about a member and what belongs to it."""
    noted: dict[Any, Iterable[int]] = {
        Member: members,
        Order: orders,
        Adjustment: _numbers_of(Adjustment, members),
        Redemption: _numbers_of(Redemption, members),
        Voucher: _numbers_of(Voucher, members),
    }
    for model, numbers in noted.items():
        kind = ContentType.objects.get_for_model(model)
        entries = LogEntry.objects.filter(content_type=kind)
        entries = entries.filter(object_id__in=[str(number) for number in numbers])
        entries.update(object_repr="erased", change_message="")


def _numbers_of(model: Any, members: Sequence[int]) -> list[int]:
    return list(model.objects.filter(member__in=members).values_list("pk", flat=True))


def _chunks(rows: QuerySet[Any]) -> Iterable[list[Any]]:
    """Yield rows some at a time, by number: they are changed as they are read."""
    after = 0
    while chunk := list(rows.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        after = chunk[-1].pk
        yield chunk
