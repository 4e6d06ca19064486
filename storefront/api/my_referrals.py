"""The shopper as an advocate, with a member token."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from storefront.api.advocates import REFERRAL_PROGRAM, own_advocate_body
from storefront.api.auth import ProgramRequest
from storefront.api.me import ShopperView
from storefront.api.shapes import query
from storefront.api.shapes import referrals as shapes


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
