"""Access: whether a member may see or buy what is for some only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from core.errors import invalid
from loyalty.models import Member
from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_label
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.program_view import ProgramView
from storefront.api.shapes import query
from storefront.api.shapes import tiers as shapes
from tiers.queries.standings import access_of

PRODUCT: Mapping[str, Parser] = {"sku": parse_label, "category": parse_label}


class AccessView(ProgramView):
    """What a member may see or buy."""

    tag = "Tiers"
    noun = "access"
    scopes = frozenset({"tiers"})
    is_one_object = True
    parameters = PRODUCT

    @extend_schema(
        parameters=query.PRODUCT,
        responses=shapes.AccessAnswer,
        examples=[
            OpenApiExample("Open", shapes.OPEN, response_only=True),
            OpenApiExample("Not yet", shapes.NOT_YET, response_only=True),
        ],
    )
    def get(self, request: ProgramRequest, member_id: str) -> Response:
        """Say whether a member may have a product, or what is in a category.

        Name a `sku`, a `category` or both; what no access rule is about is open to
        all. `because` is the tier that opens it (null: nobody needs one), or why it
        is closed: `needs_tier`, or `not_yet` until `opens_at`, which is earlier for
        members with early access.
        """
        member = find_member(request.program, member_id)
        return Response(access_body(member, request.query, at=request.program.now()))


def access_body(member: Member, asked: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Return whether a member may have what is asked about.

    :raises InvalidInput: if nothing is
    """
    if not asked:
        raise invalid("/sku", "required", "name what it is about: a sku, a category or both")
    access = access_of(member, at, sku=asked.get("sku", ""), category=asked.get("category", ""))
    return {
        "allowed": access.allowed,
        "opens_at": access.opens_at,
        "because": access.because,
    }
