"""Member tokens: what a storefront hands to its shopper's browser."""

from datetime import timedelta

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from core import clock
from loyalty.rules.statements.values import parse_quantity
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields, time_within
from storefront.api.shapes import tokens as shapes
from storefront.services.tokens import DEFAULT_LIFE, LONGEST_LIFE, make_token


class TokenView(ProgramView):
    """Making member tokens."""

    tag = "Members"
    noun = "member_token"
    scopes = frozenset({"members"})

    @extend_schema(
        request=shapes.TokenStatement,
        responses={201: OpenApiResponse(shapes.TokenAnswer, "Made. It is kept nowhere.")},
        examples=[
            OpenApiExample("A quarter of an hour", shapes.TOKEN, request_only=True),
            OpenApiExample("Made", shapes.MADE, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Make a token with which the member's browser may ask for `/me`.

        It lives 15 minutes unless `ttl` says otherwise, by real time. 409
        `member_closed`.
        """
        member = find_member(request.program, member_id)
        life = read_fields(request.data, {"ttl": parse_life}).get("ttl", DEFAULT_LIFE)
        token, expires_at = make_token(member=member, life=life, at=clock.real_now())
        return Response({"token": token, "expires_at": expires_at}, status=201)


def parse_life(value: object) -> timedelta:
    """Return how long something is to last, in seconds, up to a day."""
    return time_within(parse_quantity(value), LONGEST_LIFE)
