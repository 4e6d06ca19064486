"""Orders: stating them as they stand, refunds, previews."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.pipeline import state_fact
from engine.preview import preview_order
from loyalty.models import Decision, Order
from loyalty.queries.members import member_of
from loyalty.rules.statements import parse_order, parse_refund
from loyalty.rules.statements.values import parse_id
from loyalty.services.members import claimable_since
from storefront.api.auth import ProgramRequest
from storefront.api.decisions import as_stated
from storefront.api.entries import public_id
from storefront.api.ids import find_order
from storefront.api.pagination import PAGE_PARAMETERS, page_of
from storefront.api.program_view import ProgramView
from storefront.api.shapes import orders as shapes
from storefront.api.shapes import query

STATED = OpenApiExample("Paid", shapes.STATEMENT, request_only=True)
GUEST = OpenApiExample("A guest's", shapes.GUEST, request_only=True)


class OrderView(ProgramView):
    """One order, by the storefront's own id."""

    tag = "Orders"
    noun = "order"
    scopes = frozenset({"orders"})
    is_one_object = True

    @extend_schema(
        responses=shapes.OrderWhole,
        examples=[OpenApiExample("Paid", shapes.WHOLE, response_only=True)],
    )
    def get(self, request: ProgramRequest, order_id: str) -> Response:
        """Get an order as it stands, its points, and its history of statements."""
        order = find_order(request.program, order_id)
        since = claimable_since(request.program, request.program.now())
        refunds = [as_stated(refund) for refund in order.refunds]
        body = {"stated": order.body and as_stated(order.body), "refunds": refunds}
        statements = {"statements": history_of(order)}
        return Response(order_body(order, since=since) | body | statements)

    @extend_schema(
        request=shapes.OrderStatement,
        responses={
            201: OpenApiResponse(
                shapes.OrderAnswer,
                "Stated for the first time.",
                examples=[OpenApiExample("Paid", shapes.ANSWER)],
            ),
            200: OpenApiResponse(
                shapes.OrderAnswer,
                "Stated before: restated, or `applied: false` for a repeat or older version.",
                examples=[OpenApiExample("One unit refunded", shapes.AGAIN)],
            ),
        },
        examples=[STATED, GUEST],
    )
    def put(self, request: ProgramRequest, order_id: str) -> Response:
        """State an order as it stands now.

        The ledger is made to agree with it: what the order is worth now, less what
        was posted for it, is posted. Repeats change nothing. Only `status` and
        `lines` (or `subtotal`) are required. 409 `version_conflict`: this version
        said something else before.
        """
        at = request.program.now()
        currency = request.program.currency
        statement = parse_order(order_id, request.data, currency=currency, now=at)
        answer = state_fact(request.program, statement, at=at)
        return Response(answer.body, status=201 if answer.created else 200)


class PreviewView(OrderView):
    """What an order would earn. An order may be called `preview` all the same."""

    noun = "order_preview"

    @extend_schema(
        request=shapes.OrderStatement,
        responses=shapes.PreviewAnswer,
        examples=[STATED, OpenApiExample("Nearly", shapes.PREVIEW, response_only=True)],
    )
    def post(self, request: ProgramRequest, order_id: str) -> Response:
        """Say what an order would earn, per rule; nothing is written.

        With or without a member.
        """
        at = request.program.now()
        currency = request.program.currency
        statement = parse_order(order_id, request.data, currency=currency, now=at)
        return Response(preview_order(request.program, statement, at=at))

    @extend_schema(exclude=True)
    def get(self, request: ProgramRequest, order_id: str) -> Response:
        return super().get(request, order_id)

    @extend_schema(exclude=True)
    def put(self, request: ProgramRequest, order_id: str) -> Response:
        return super().put(request, order_id)


class RefundView(ProgramView):
    """Refunds that are reported one by one."""

    tag = "Orders"
    noun = "refund"
    scopes = frozenset({"orders"})

    @extend_schema(
        request=shapes.RefundStatement,
        responses={
            201: OpenApiResponse(
                shapes.RefundAnswer,
                "Recorded.",
                examples=[OpenApiExample("One unit", shapes.REFUNDED)],
            ),
            200: OpenApiResponse(
                shapes.RefundAnswer,
                "Recorded before: `applied: false`.",
                examples=[OpenApiExample("A repeat", shapes.REPEATED)],
            ),
            202: OpenApiResponse(
                shapes.RefundAnswer,
                "Its order is not known yet: the refund waits for it.",
                examples=[OpenApiExample("Early", shapes.EARLY)],
            ),
        },
        examples=[OpenApiExample("One unit", shapes.REFUND, request_only=True)],
    )
    def post(self, request: ProgramRequest, order_id: str) -> Response:
        """Report a refund by itself; once for each refund id.

        It adds to what the order says of itself; more than is left is clamped, and
        `clamped` says by how much. 409 `conflicting_fact`: the same refund said
        something else before.
        """
        at = request.program.now()
        statement = parse_refund(order_id, request.data, now=at)
        answer = state_fact(request.program, statement, at=at)
        return Response(answer.body, status=refund_status(answer.body))


class OrderListView(ProgramView):
    """Orders, newest first."""

    tag = "Orders"
    noun = "orders"
    scopes = frozenset({"orders"})
    parameters = {**PAGE_PARAMETERS, "member": parse_id}

    @extend_schema(
        parameters=[*query.OF_MEMBER, *query.PAGE],
        responses=shapes.OrderList,
        examples=[OpenApiExample("One", shapes.LIST, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """List orders, those stated last first."""
        page = page_of(request, orders_asked_for(request).select_related("member"))
        since = claimable_since(request.program, request.program.now())
        rows = [order_body(order, since=since) for order in page.rows]
        return Response(page.body(rows))


def refund_status(answer: Mapping[str, Any]) -> int:
    """Return 202 where the order is not known yet, 201 for news, 200 for a repeat."""
    if answer["status"] is None:
        return 202
    return 201 if answer["applied"] else 200


def orders_asked_for(request: ProgramRequest) -> QuerySet[Order]:
    orders = Order.objects.filter(program=request.program)
    asked_for = request.query.get("member")
    if asked_for is None:
        return orders
    if member := member_of(request.program, asked_for):
        return orders.filter(member=member)
    # Who has not enrolled yet may have orders that wait.
    return orders.filter(waiting=True, member_ref=asked_for)


def order_body(order: Order, *, since: datetime) -> dict[str, Any]:
    """Return an order and its points as the contract has them."""
    return {
        "id": order.external_id,
        "version": order.version,
        "status": order.status or None,
        "member": order.member.external_id if order.member else order.member_ref or None,
        "waiting": order.still_waits(claimable_since=since),
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "fulfilled_at": order.fulfilled_at,
        "cancelled_at": order.cancelled_at,
        "subtotal": order.subtotal,
        "total": order.total,
        "points": [
            {
                "point_type": code,
                "target": posted["points"],
                "desired": posted["desired"],
                "limited_by": posted["limited_by"],
            }
            for code, posted in order.posted.items()
        ],
        "decision": public_id("dec", order.decision_id),
    }


def history_of(order: Order) -> list[dict[str, Any]]:
    """Return every statement about an order, oldest first."""
    decisions = Decision.objects.filter(
        program_id=order.program_id,
        fact_id=order.external_id,
        fact_type__in=("order", "refund", "claim"),
    )
    return [
        {
            "decision": f"dec_{decision.pk}",
            "kind": decision.fact_type,
            "version": decision.version,
            "stated_at": decision.decided_at,
            "statement": as_stated(decision.statement),
        }
        for decision in decisions.order_by("pk")
    ]
