"""Clicks on referral links, as a shop's own pages report them."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from loyalty.queries.members import survivor_of
from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_label, parse_text
from referrals.models import ReferralCode
from referrals.queries.programs import referral_setup_of
from referrals.rules.channels import LONGEST_CHANNEL
from referrals.services.clicks import record_click
from storefront.api.advocates import given_to
from storefront.api.auth import ProgramRequest
from storefront.api.links import visit_of
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import referrals as shapes

CLICK: Mapping[str, Parser] = {
    "code": partial(parse_label, most=60),
    "channel": partial(parse_text, most=LONGEST_CHANNEL),
    "landing": partial(parse_text, most=2000),
}


class ClickView(ProgramView):
    """Clicks on referral links."""

    tag = "Referrals"
    noun = "click"
    in_browsers = True
    names_a_member = True

    @extend_schema(
        request=shapes.ClickStatement,
        responses={201: OpenApiResponse(shapes.ClickAnswer, "Counted.")},
        examples=[
            OpenApiExample("From a blog", shapes.CLICK, request_only=True),
            OpenApiExample("Counted", shapes.CLICKED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Count a visitor who came by a code, and get what a claim may come with.

        For shops whose links lead to their own pages; who comes by `/r/{code}` has been
        counted, and has the token already. To be sent by the visitor's browser: its
        address and name tell visitors apart, and are kept as keyed hashes. However often
        somebody comes on a day by a code and channel is one click. 404 for an unknown
        code, 409 `program_ended`.
        """
        stated = read_fields(request.data, CLICK, needs=("code",))
        clicked = record_click(
            program=request.program,
            code=stated["code"],
            channel=stated.get("channel") or _channel_of(stated.get("landing", "")),
            visit=visit_of(request),
            at=request.program.now(),
        )
        body = {"click_token": clicked.token, **_invitation(request, clicked.code)}
        return Response(body, status=201)


def _invitation(request: ProgramRequest, code: ReferralCode) -> dict[str, Any]:
    """Return what a visitor is told: who invites them, and what they get."""
    setup = referral_setup_of(request.program)
    name = setup.code_of(code.referral_program_id)
    names = survivor_of(code.member).name.split()
    return {
        # The whole name is nobody's business who has a link.
        "advocate_first_name": names[0] if names else None,
        "friend_reward": given_to(setup, name, "friend") if name else None,
    }


def _channel_of(landing: str) -> str:
    """Return the channel that an address names, as a link has it."""
    query = landing.partition("#")[0].partition("?")[2]
    return parse_qs(query).get("c", [""])[0]
