"""Benefits: what a member's tiers bring, for whoever grants it."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.program_view import ProgramView
from storefront.api.shapes import tiers as shapes
from tiers.queries.standings import benefits_of


class BenefitsView(ProgramView):
    """What a member's tiers bring."""

    tag = "Tiers"
    noun = "benefits"
    scopes = frozenset({"tiers"})
    is_one_object = True

    @extend_schema(
        responses=shapes.BenefitsAnswer,
        examples=[OpenApiExample("For the help desk", shapes.BENEFITS, response_only=True)],
    )
    def get(self, request: ProgramRequest, member_id: str) -> Response:
        """Get the benefits of all the member's tiers.

        One call tells a help desk how soon to answer (`support_priority`) and which
        line to offer (`hotline`), and a checkout whether shipping is free: whatever the
        tiers name. Over several ladders the best of each counts: the larger number,
        but of priorities the smaller one. A benefit that is not there, nobody gives.
        """
        member = find_member(request.program, member_id)
        return Response({"benefits": benefits_of(member, request.program.now())})
