"""Members' lives: suspending them, and letting them go on."""

from collections.abc import Mapping

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.lives import welcome_back
from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_flag, parse_text
from loyalty.services.statuses import suspend_member
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.members import member_bodies
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import lives as shapes
from storefront.api.shapes import members

SUSPENSION: Mapping[str, Parser] = {
    "earning": parse_flag,
    "redeeming": parse_flag,
    "reason": parse_text,
}


class SuspendView(ProgramView):
    """Suspending a member."""

    tag = "Members"
    noun = "suspension"
    scopes = frozenset({"members"})

    @extend_schema(
        request=shapes.SuspensionStatement,
        responses=OpenApiResponse(members.MemberAnswer, "Suspended."),
        examples=[
            OpenApiExample("Both", shapes.SUSPENSION, request_only=True),
            OpenApiExample("Suspended", shapes.SUSPENDED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Keep a member from earning, from redeeming, or from both.

        Both unless one is `false`. Facts are recorded and earn nothing; they are
        not made up later. Suspending again replaces what was suspended before. 409
        `member_closed`.
        """
        member = find_member(request.program, member_id)
        stated = read_fields(request.data, SUSPENSION)
        at = request.program.now()
        suspended = suspend_member(
            member=member,
            earning=stated.get("earning", True),
            redeeming=stated.get("redeeming", True),
            reason=stated.get("reason", ""),
            at=at,
        )
        return Response(member_bodies([suspended], at=at)[0])


class ReactivateView(ProgramView):
    """Ending a suspension."""

    tag = "Members"
    noun = "reactivation"
    scopes = frozenset({"members"})

    @extend_schema(
        request=shapes.NothingSaid,
        responses=OpenApiResponse(members.MemberAnswer, "Active."),
        examples=[
            OpenApiExample("Nothing to say", {}, request_only=True),
            OpenApiExample("Active", members.ANSWER, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Let a suspended or closed member earn and redeem again.

        409 `member_closed` if it was merged into another.
        """
        member = find_member(request.program, member_id)
        read_fields(request.data, {})
        at = request.program.now()
        active = welcome_back(member=member, at=at)
        return Response(member_bodies([active], at=at)[0])
