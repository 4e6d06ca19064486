"""What becomes of redemptions: captured, voided, reversed, fulfilled."""

from collections.abc import Mapping
from functools import partial

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from engine.spending import settle_for_member
from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_quantity, parse_text, parse_whole
from loyalty.services.redemptions import (
    capture_redemption,
    reverse_redemption,
    set_fulfilment,
    void_redemption,
)
from storefront.api.auth import ProgramRequest
from storefront.api.entries import LONGEST_REASON
from storefront.api.ids import find_redemption
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.redemptions import parse_work, redemption_answer, requested_by
from storefront.api.shapes import redemptions as shapes

REVERSAL: Mapping[str, Parser] = {
    "points": parse_quantity,
    "reason": partial(parse_text, most=LONGEST_REASON),
}
FULFILMENT: Mapping[str, Parser] = {"status": parse_work, "note": parse_text}


class CaptureView(ProgramView):
    """Spending what is held."""

    tag = "Rewards"
    noun = "capture"
    scopes = frozenset({"rewards"})
    needs_key = True

    @extend_schema(
        request=shapes.SomePointsStatement,
        responses=shapes.RedemptionAnswer,
        examples=[
            OpenApiExample("All", {}, request_only=True),
            OpenApiExample("Captured", shapes.CAPTURED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, redemption_id: str) -> Response:
        """Spend the points that are held; of fewer, the rest goes back at once.

        Capturing 0 is a void. 409 `already_captured`, `already_voided`,
        `already_reversed`, `hold_expired`, `exceeds_hold`.
        """
        redemption = find_redemption(request.program, redemption_id)
        points = read_fields(request.data, {"points": parse_whole}).get("points")
        captured = settle_for_member(
            settle=capture_redemption,
            redemption=redemption,
            points=points,
            requested=requested_by(request),
        )
        return Response(redemption_answer(request, captured))


class VoidView(ProgramView):
    """Giving back what is held."""

    tag = "Rewards"
    noun = "void"
    scopes = frozenset({"rewards"})
    needs_key = True

    @extend_schema(
        request=shapes.NothingStatement,
        responses=shapes.RedemptionAnswer,
        examples=[
            OpenApiExample("Nothing to say", {}, request_only=True),
            OpenApiExample("Voided", shapes.VOIDED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, redemption_id: str) -> Response:
        """Give the points that are held back to their lots.

        409 `already_captured`, `already_voided`, `already_reversed`, `hold_expired`.
        """
        redemption = find_redemption(request.program, redemption_id)
        read_fields(request.data, {})
        voided = settle_for_member(
            settle=void_redemption, redemption=redemption, requested=requested_by(request)
        )
        return Response(redemption_answer(request, voided))


class ReverseView(ProgramView):
    """Giving back what was spent."""

    tag = "Rewards"
    noun = "redemption_reversal"
    scopes = frozenset({"rewards"})
    needs_key = True

    @extend_schema(
        request=shapes.SomePointsBackStatement,
        responses=shapes.RedemptionAnswer,
        examples=[
            OpenApiExample("All", {"reason": "sold out after all"}, request_only=True),
            OpenApiExample("Reversed", shapes.REVERSED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, redemption_id: str) -> Response:
        """Give spent points back to the lots they came from, all or some.

        409 `not_captured`, `already_reversed`, `already_voided`, `hold_expired`,
        `exceeds_captured`, `nothing_spent` for a gift.
        """
        redemption = find_redemption(request.program, redemption_id)
        stated = read_fields(request.data, REVERSAL)
        back = settle_for_member(
            settle=reverse_redemption,
            redemption=redemption,
            points=stated.get("points"),
            reason=stated.get("reason", ""),
            requested=requested_by(request),
        )
        return Response(redemption_answer(request, back))


class FulfilmentView(ProgramView):
    """Saying how far one is with what is to be sent or done."""

    tag = "Rewards"
    noun = "fulfilment"
    scopes = frozenset({"rewards"})

    @extend_schema(
        request=shapes.FulfilmentStatement,
        responses=shapes.RedemptionAnswer,
        examples=[
            OpenApiExample(
                "Sent", {"status": "fulfilled", "note": "By post"}, request_only=True
            ),
            OpenApiExample("Sent", shapes.GIFT, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, redemption_id: str) -> Response:
        """Say how far the work on a physical or custom reward is.

        The same again changes nothing. What was cancelled gives no points back by
        itself: reverse the redemption as well.
        """
        redemption = find_redemption(request.program, redemption_id)
        stated = read_fields(request.data, FULFILMENT, needs=("status",))
        changed = set_fulfilment(
            redemption=redemption,
            status=stated["status"],
            note=stated.get("note", redemption.fulfilment_note),
            at=request.program.now(),
        )
        return Response(redemption_answer(request, changed))
