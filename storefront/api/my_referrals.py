"""The shopper as an advocate, with a member token."""

from collections.abc import Mapping
from functools import partial

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_label
from referrals.rules.channels import LONGEST_CHANNEL
from referrals.services.sharing import record_share, record_view
from storefront.api.advocates import REFERRAL_PROGRAM, own_advocate_body
from storefront.api.auth import ProgramRequest
from storefront.api.me import ShopperView
from storefront.api.reading import read_fields
from storefront.api.shapes import lives, query
from storefront.api.shapes import referrals as shapes

SHARE: Mapping[str, Parser] = {"channel": partial(parse_label, most=LONGEST_CHANNEL)}
COUNTED = {204: OpenApiResponse(description="Counted.")}


class MyReferralView(ShopperView):
    """The shopper's code and link."""

    noun = "my_referral"
    is_one_object = True
    # No member but a referral program, and there may be none.
    names_a_member = True
    parameters = REFERRAL_PROGRAM

    @extend_schema(
        parameters=query.REFERRAL_PROGRAM,
        responses=shapes.AdvocateAnswer,
        examples=[OpenApiExample("Ada", shapes.ADVOCATE, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get the shopper's code and link, ways to share it, and what came of it.

        In numbers only: who the friends are, and what speaks against one, is not told.
        """
        return Response(own_advocate_body(request, request.me))


class MyViewsView(ShopperView):
    """That the shopper was shown the code."""

    noun = "my_referral_view"
    names_a_member = True
    parameters = REFERRAL_PROGRAM

    @extend_schema(
        parameters=query.REFERRAL_PROGRAM,
        request=lives.NothingSaid,
        responses=COUNTED,
        examples=[OpenApiExample("Nothing to say", {}, request_only=True)],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Count that the shopper was shown the code and the link.

        To be sent by the page that shows them, for the funnel. Nothing is paid by it.
        """
        read_fields(request.data, {})
        at, wanted = request.program.now(), request.query.get("program")
        record_view(member=request.me, referral_program=wanted, at=at)
        return Response(status=204)


class MySharesView(ShopperView):
    """That the shopper passed the link on."""

    noun = "my_referral_share"
    names_a_member = True
    parameters = REFERRAL_PROGRAM

    @extend_schema(
        parameters=query.REFERRAL_PROGRAM,
        request=shapes.ShareStatement,
        responses=COUNTED,
        examples=[OpenApiExample("A message", shapes.SHARED, request_only=True)],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Count that the shopper passed the link on, by a channel.

        To be sent when a button to share is pressed, for the funnel: `channel` is the
        link's `c`, so that shares and clicks stand in one row. Nothing is paid by it.
        """
        channel = read_fields(request.data, SHARE, needs=("channel",))["channel"]
        at, wanted = request.program.now(), request.query.get("program")
        record_share(member=request.me, channel=channel, referral_program=wanted, at=at)
        return Response(status=204)
