"""Events: what members do that is not an order."""

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.pipeline import state_fact
from loyalty.rules.statements import parse_event
from storefront.api.auth import ProgramRequest
from storefront.api.program_view import ProgramView
from storefront.api.shapes import events as shapes


class EventView(ProgramView):
    """Stating events."""

    tag = "Events"
    noun = "event"
    scopes = frozenset({"events"})

    @extend_schema(
        request=shapes.EventStatement,
        responses={
            201: OpenApiResponse(
                shapes.EventAnswer,
                "Stated for the first time.",
                examples=[OpenApiExample("A review", shapes.ANSWER)],
            ),
            200: OpenApiResponse(
                shapes.EventAnswer,
                "Stated before: `applied: false`.",
                examples=[OpenApiExample("A repeat", shapes.AGAIN)],
            ),
        },
        examples=[OpenApiExample("A review", shapes.STATEMENT, request_only=True)],
    )
    def post(self, request: ProgramRequest) -> Response:
        """State something that a member did.

        It has the storefront's own id, so repeats are harmless. 409
        `conflicting_fact`: the same id said something else before.
        """
        at = request.program.now()
        statement = parse_event(request.data, now=at)
        answer = state_fact(request.program, statement, at=at)
        return Response(answer.body, status=201 if answer.created else 200)
