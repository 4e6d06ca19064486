"""Redemptions: points reserved for something, or spent on it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.spending import redeem_for_member
from loyalty.models import Program, Redemption
from loyalty.queries.setup import Setup, setup_of
from loyalty.rules.statements.reading import Fault, Parser
from loyalty.rules.statements.values import (
    parse_flag,
    parse_id,
    parse_label,
    parse_quantity,
    parse_whole,
)
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import (
    RedemptionRequest,
    quote_redemption,
)
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member, find_redemption
from storefront.api.pagination import PAGE_PARAMETERS, page_of
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import query
from storefront.api.shapes import redemptions as shapes
from storefront.api.tokens import parse_life
from storefront.api.vouchers import voucher_body
from tiers.queries.telling import tiers_held

LONGEST_CODE = 60
Status = Redemption.Status

OWN_REDEMPTION: Mapping[str, Parser] = {
    "reward": partial(parse_label, most=LONGEST_CODE),
    "point_type": partial(parse_label, most=LONGEST_CODE),
    "points": parse_quantity,
    "order_total": parse_whole,
    "order": parse_id,
    "up_to": parse_flag,
    "capture": parse_flag,
    "ttl": parse_life,
}
REDEMPTION: Mapping[str, Parser] = {"member": parse_id, **OWN_REDEMPTION}
QUOTE: Mapping[str, Parser] = {
    name: REDEMPTION[name]
    for name in ("member", "reward", "point_type", "points", "order_total")
}


def parse_status(value: object) -> str:
    if value not in Status.values:
        raise Fault.of("invalid_choice", f"must be one of {', '.join(Status.values)}")
    return str(value)


def parse_work(value: object) -> str:
    if value not in shapes.WORK:
        raise Fault.of("invalid_choice", f"must be one of {', '.join(shapes.WORK)}")
    return str(value)


# What a list of redemptions may be asked for, beside whose.
LIST_PARAMETERS: Mapping[str, Parser] = {
    **PAGE_PARAMETERS,
    "status": parse_status,
    "fulfilment": parse_work,
}


class RedemptionListView(ProgramView):
    """Redemptions, newest first."""

    tag = "Rewards"
    noun = "redemptions"
    scopes = frozenset({"rewards"})
    needs_key = True
    names_a_member = True
    parameters = {**LIST_PARAMETERS, "member": parse_id}

    @extend_schema(
        parameters=[*query.REDEMPTIONS_OF, *query.REDEMPTIONS, *query.PAGE],
        responses=shapes.RedemptionList,
        examples=[OpenApiExample("One", shapes.LIST, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """List redemptions: of a member, in a status, or those that wait for work."""
        rows = Redemption.objects.filter(program=request.program)
        if asked_for := request.query.get("member"):
            rows = rows.filter(member=find_member(request.program, asked_for))
        return Response(redemption_page(request, rows))

    @extend_schema(
        request=shapes.RedemptionStatement,
        responses={201: OpenApiResponse(shapes.RedemptionAnswer, "Held, or spent at once.")},
        examples=[
            OpenApiExample("A reward", shapes.REDEEM, request_only=True),
            OpenApiExample("Pay with points", shapes.PAY, request_only=True),
            OpenApiExample("Held", shapes.HELD, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Reserve points for a reward or for paying with them, or spend them at once.

        409 `insufficient_points` (with `short_by`), `not_redeemable`,
        `not_eligible`, `out_of_stock`, `limit_reached`, `already_redeemed`,
        `member_suspended`, `below_minimum`, `not_a_step`, `above_maximum`.
        """
        stated = read_fields(request.data, REDEMPTION, needs=("member",))
        member = find_member(request.program, stated.pop("member"))
        redemption = redeem_for_member(
            member=member,
            request=RedemptionRequest(**stated),
            requested=requested_by(request),
        )
        return Response(redemption_answer(request, redemption), status=201)


class QuoteView(ProgramView):
    """What could be paid with points."""

    tag = "Rewards"
    noun = "quote"
    scopes = frozenset({"rewards"})
    names_a_member = True

    @extend_schema(
        request=shapes.QuoteStatement,
        responses=shapes.QuoteAnswer,
        examples=[
            OpenApiExample("At the checkout", shapes.QUOTE, request_only=True),
            OpenApiExample("So many", shapes.QUOTED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Say how many points can be used on an order; nothing is reserved.

        At most what was asked for, down to the step, 0 below the minimum, and never
        worth more than the order. Where a program has several `pay` rewards, name
        one.
        """
        stated = read_fields(request.data, QUOTE, needs=("member", "order_total"))
        member = find_member(request.program, stated.pop("member"))
        wanted = RedemptionRequest(**stated)
        at = request.program.now()
        tiers = tiers_held(member, at)
        quote = quote_redemption(member=member, request=wanted, at=at, tiers=tiers)
        return Response(asdict(quote))


class RedemptionView(ProgramView):
    """One redemption."""

    tag = "Rewards"
    noun = "redemption"
    scopes = frozenset({"rewards"})
    is_one_object = True

    @extend_schema(
        responses=shapes.RedemptionAnswer,
        examples=[OpenApiExample("Held", shapes.HELD, response_only=True)],
    )
    def get(self, request: ProgramRequest, redemption_id: str) -> Response:
        """Get a redemption as it stands now."""
        redemption = find_redemption(request.program, redemption_id)
        return Response(redemption_answer(request, redemption))


def requested_by(request: ProgramRequest) -> Requested:
    """Return who asks, when, and under which key."""
    return Requested(key=request.work_key, at=request.program.now())


def redemption_page(request: ProgramRequest, rows: QuerySet[Redemption]) -> dict[str, Any]:
    """Return the page of a list of redemptions that is asked for."""
    at = request.program.now()
    if status := request.query.get("status"):
        rows = rows.filter(standing(status, at=at))
    if work := request.query.get("fulfilment"):
        rows = rows.filter(fulfilment=work)
    page = page_of(request, rows.select_related("member", "point_type", "reward", "voucher"))
    return page.body(redemption_bodies(request.program, page.rows, at=at))


def standing(status: str, *, at: datetime) -> Q:
    """Return the condition for redemptions that stand like this, whatever job has run."""
    over = Q(status=Status.HELD, expires_at__lte=at)
    if status == Status.HELD:
        return Q(status=Status.HELD) & ~over
    if status == Status.EXPIRED:
        return Q(status=Status.EXPIRED) | over
    return Q(status=status)


def redemption_answer(request: ProgramRequest, redemption: Redemption) -> dict[str, Any]:
    """Return a redemption with its voucher, as both stand now."""
    fresh = find_redemption(request.program, str(redemption))
    return redemption_bodies(request.program, [fresh], at=request.program.now())[0]


def redemption_bodies(
    program: Program, redemptions: Sequence[Redemption], *, at: datetime
) -> list[dict[str, Any]]:
    """Return redemptions of one program as the contract has them."""
    setup = setup_of(program)
    return [redemption_body(setup, redemption, at=at) for redemption in redemptions]


def redemption_body(setup: Setup, redemption: Redemption, *, at: datetime) -> dict[str, Any]:
    """Return a redemption as the contract has it."""
    status = redemption.status_at(at)
    is_held, is_noted = status == Status.HELD, status == redemption.status
    voucher = getattr(redemption, "voucher", None)
    return {
        "id": str(redemption),
        "status": status,
        "member": redemption.member.external_id,
        "reward": redemption.reward.code if redemption.reward else None,
        "point_type": redemption.point_type.code,
        "points": redemption.points,
        "captured_points": redemption.captured_points,
        "reversed_points": redemption.reversed_points,
        "order": redemption.order_ref or None,
        "gives": redemption.gives,
        "discount": redemption.discount,
        "voucher": voucher_body(setup, voucher, at=at) if voucher else None,
        "fulfilment": fulfilment_body(redemption),
        "held_at": redemption.held_at,
        "expires_at": redemption.expires_at if is_held else None,
        "settled_at": redemption.settled_at if is_noted else redemption.expires_at,
    }


def fulfilment_body(redemption: Redemption) -> dict[str, Any] | None:
    """Return how far the work is; None where there is nothing to do."""
    if redemption.fulfilment == Redemption.Fulfilment.NONE:
        return None
    return {
        "status": redemption.fulfilment,
        "note": redemption.fulfilment_note or None,
        "fulfilled_at": redemption.fulfilled_at,
    }
