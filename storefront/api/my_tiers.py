"""What a shopper may know of its tiers, with a member token."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from storefront.api.access import PRODUCT, access_body
from storefront.api.auth import ProgramRequest
from storefront.api.claims import claim_answer
from storefront.api.me import KNOWN_SOURCES, ShopperView
from storefront.api.shapes import claims, query
from storefront.api.shapes import tiers as shapes
from storefront.api.tiers import LADDER, tier_body
from tiers.queries.standings import benefits_of
from tiers.queries.telling import ladder_asked


class MyTierView(ShopperView):
    """Where the shopper stands in a ladder."""

    noun = "my_tier"
    is_one_object = True
    # No member but a ladder, and a program may have none.
    names_a_member = True
    parameters = LADDER

    @extend_schema(
        parameters=query.LADDER,
        responses=shapes.TierAnswer,
        examples=[OpenApiExample("Silver", shapes.SILVER, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get the shopper's tier, the way up, and the way to stay.

        Reasons in the history are the staff's: they are null here. `ladder` may be
        left out where there is one.
        """
        ladder = ladder_asked(request.program, request.query.get("ladder"))
        body = tier_body(request.me, ladder, at=request.program.now())
        return Response(body | {"history": [_for_its_member(each) for each in body["history"]]})


class MyBenefitsView(ShopperView):
    """What the shopper's tiers bring."""

    noun = "my_benefits"
    is_one_object = True

    @extend_schema(
        responses=shapes.BenefitsAnswer,
        examples=[OpenApiExample("Gold", shapes.BENEFITS, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get the benefits of all the shopper's tiers, the best of each."""
        return Response({"benefits": benefits_of(request.me, request.program.now())})


class MyAccessView(ShopperView):
    """What the shopper may see or buy."""

    noun = "my_access"
    is_one_object = True
    parameters = PRODUCT

    @extend_schema(
        parameters=query.PRODUCT,
        responses=shapes.AccessAnswer,
        examples=[OpenApiExample("Not yet", shapes.NOT_YET, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Say whether the shopper may have a product, or what is in a category.

        For display: what is sold is checked by the storefront's own server.
        """
        return Response(access_body(request.me, request.query, at=request.program.now()))


class MyClaimsView(ShopperView):
    """Claims about the shopper, to be shown elsewhere."""

    noun = "my_claim"

    @extend_schema(
        request=claims.ClaimStatement,
        responses={201: OpenApiResponse(claims.ClaimAnswer, "Made. It is kept nowhere.")},
        examples=[
            OpenApiExample("For a chat", claims.CLAIM, request_only=True),
            OpenApiExample("Made", claims.MADE, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Get a signed claim of the shopper's tiers and benefits, to show to others.

        As `POST /members/{id}/claims`. It says who the shopper is by the storefront's
        id, and opens nothing here.
        """
        return claim_answer(request, request.me)


def _for_its_member(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change of tier without what is not for its member's eyes."""
    source = change["source"]
    if source and source["type"] not in KNOWN_SOURCES:
        source = source | {"id": None}
    return dict(change) | {"reason": None, "source": source}
