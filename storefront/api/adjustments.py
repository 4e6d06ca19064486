"""Points that a person gives, takes, or passes on."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from core.errors import Problem
from engine.adjusting import adjust_member
from engine.spending import transfer_between
from loyalty.models import Adjustment
from loyalty.rules.statements.reading import Parser, ahead, raise_any, read_body
from loyalty.rules.statements.values import (
    parse_flag,
    parse_id,
    parse_moment,
    parse_quantity,
    parse_text,
    parse_time,
)
from loyalty.services.adjustments import (
    LONGEST_NOTE,
    POLICY,
    AdjustmentRequest,
    Requested,
)
from storefront.api.auth import ProgramRequest
from storefront.api.entries import entry_bodies, parse_reason
from storefront.api.ids import find_member, find_point_type
from storefront.api.program_view import ProgramView
from storefront.api.reading import parse_change, read_fields
from storefront.api.shapes import entries as shapes

ADJUSTMENT: Mapping[str, Parser] = {
    "point_type": parse_text,
    "points": parse_change,
    "reason": parse_reason,
    "note": partial(parse_text, most=LONGEST_NOTE),
    "occurred_at": parse_time,
    "available_at": parse_moment,
    "expires_at": parse_moment,
    "counts_for_tiers": parse_flag,
    "allow_debt": parse_flag,
}
TRANSFER: Mapping[str, Parser] = {
    "to": parse_id,
    "point_type": parse_text,
    "points": parse_quantity,
}


class AdjustmentView(ProgramView):
    """Adjusting what a member has."""

    tag = "Members"
    noun = "adjustment"
    scopes = frozenset({"members"})
    needs_key = True

    @extend_schema(
        request=shapes.AdjustmentStatement,
        responses={
            201: OpenApiResponse(
                shapes.EntryAnswer,
                "Entered.",
                examples=[OpenApiExample("Goodwill", shapes.ADJUSTED)],
            ),
            202: OpenApiResponse(
                shapes.AdjustmentWaiting,
                "Above the program's threshold: it waits for a second person.",
                examples=[OpenApiExample("A lot", shapes.WAITING)],
            ),
        },
        examples=[OpenApiExample("Goodwill", shapes.ADJUSTMENT, request_only=True)],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Give a member points, or take some away.

        Taking more than is available is 409 `insufficient_points`, unless
        `allow_debt`; then the point type's debt policy holds.
        """
        member = find_member(request.program, member_id)
        at = request.program.now()
        code, wanted = parse_adjustment(request.data, now=at)
        adjustment = adjust_member(
            member=member,
            point_type=find_point_type(request.program, code),
            request=wanted,
            requested=Requested(request.work_key, at, by=f"API key {request.key}"),
        )
        if adjustment.entry is None:
            return Response(waiting_body(adjustment), status=202)
        return Response(entry_bodies(request, [adjustment.entry])[0], status=201)


class TransferView(ProgramView):
    """Passing points on."""

    tag = "Members"
    noun = "transfer"
    scopes = frozenset({"members"})
    needs_key = True

    @extend_schema(
        request=shapes.TransferStatement,
        responses={201: OpenApiResponse(shapes.EntryAnswer, "The sender's entry.")},
        examples=[
            OpenApiExample("A present", shapes.TRANSFER, request_only=True),
            OpenApiExample("Sent", shapes.SENT, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Transfer points to another member; they keep the dates they expire on.

        409 `insufficient_points`, `same_member`, `member_suspended`.
        """
        sender = find_member(request.program, member_id)
        stated = read_fields(request.data, TRANSFER, needs=tuple(TRANSFER))
        sent = transfer_between(
            sender=sender,
            recipient=find_member(request.program, stated["to"]),
            point_type=find_point_type(request.program, stated["point_type"]),
            points=stated["points"],
            requested=Requested(request.work_key, request.program.now()),
        )
        return Response(entry_bodies(request, [sent])[0], status=201)


def parse_adjustment(data: object, *, now: datetime) -> tuple[str, AdjustmentRequest]:
    """Return the code of the point type, and what is to be done.

    :raises InvalidInput: with everything that is wrong
    """
    stated: dict[str, Any] = {}
    problems = read_body(data, ADJUSTMENT, stated, needs=("point_type", "points", "reason"))
    problems += ahead(stated, ("occurred_at",), now)
    raise_any(problems)
    code = stated.pop("point_type")
    # Left out, `expires_at` follows the policy; null is never.
    is_never = isinstance(data, dict) and "expires_at" in data
    stated.setdefault("expires_at", None if is_never else POLICY)
    wanted = AdjustmentRequest(**stated)
    raise_any(_contradictions(wanted, now))
    return code, wanted


def _contradictions(wanted: AdjustmentRequest, now: datetime) -> list[Problem]:
    """Return what cannot be meant of the times of an adjustment."""
    start = wanted.available_at or wanted.occurred_at or now
    if isinstance(wanted.expires_at, datetime) and wanted.expires_at <= start:
        detail = "must be later than the points are available"
        return [Problem("/expires_at", "inconsistent", detail)]
    if wanted.points >= 0:
        return []
    dates = {"available_at": wanted.available_at, "expires_at": wanted.expires_at}
    return [
        Problem(f"/{name}", "inconsistent", "is for points that are given")
        for name, stated in dates.items()
        if isinstance(stated, datetime)
    ]


def waiting_body(adjustment: Adjustment) -> dict[str, Any]:
    """Return an adjustment that has no entry as the contract has it."""
    return {
        "id": f"adj_{adjustment.pk}",
        "status": adjustment.status,
        "member": adjustment.member.external_id,
        "point_type": adjustment.point_type.code,
        "points": adjustment.points,
        "reason": adjustment.reason,
        "note": adjustment.note,
        "occurred_at": adjustment.occurred_at,
    }
