"""Tiers: a program's ladders, where a member stands in them, and tiers set by hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from core.errors import invalid
from loyalty.models import Member
from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_label, parse_moment
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.pagination import PAGE_PARAMETERS, page_of_listed
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import query
from storefront.api.shapes import tiers as shapes
from tiers.queries.ladders import LadderSetup
from tiers.queries.telling import (
    change_told,
    is_review_due,
    ladder_asked,
    ladders_told,
    tier_told,
)
from tiers.services.by_hand import set_tier
from tiers.services.reviews import preview_members

BY_HAND: Mapping[str, Parser] = {
    "ladder": parse_label,
    "tier": parse_label,
    "until": parse_moment,
    "reason": parse_label,
}
LADDER: Mapping[str, Parser] = {"ladder": parse_label}


class LadderListView(ProgramView):
    """The ladders."""

    tag = "Tiers"
    noun = "tiers"
    scopes = frozenset({"tiers"})
    parameters = PAGE_PARAMETERS

    @extend_schema(
        parameters=query.PAGE,
        responses=shapes.LadderList,
        examples=[OpenApiExample("One ladder", shapes.LADDERS, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """List the ladders that are in force now, with all that their tiers bring.

        They come in the program's order; of each, tiers from the lowest.
        """
        page = page_of_listed(request, ladders_told(request.program, request.program.now()))
        return Response(page.body(list(page.rows)))


class TierView(ProgramView):
    """Where a member stands in a ladder."""

    tag = "Tiers"
    noun = "tier"
    scopes = frozenset({"tiers"})
    is_one_object = True
    parameters = LADDER

    @extend_schema(
        parameters=query.LADDER,
        responses=shapes.TierAnswer,
        examples=[OpenApiExample("Silver", shapes.SILVER, response_only=True)],
    )
    def get(self, request: ProgramRequest, member_id: str) -> Response:
        """Get a member's tier, the way up, and the way to stay.

        It is true now: a tier whose time is up is gone, whether or not a review has
        run. `next` is null at the top, `keep` where the tier lasts for ever. `ladder`
        may be left out where there is one.
        """
        member = find_member(request.program, member_id)
        ladder = ladder_asked(request.program, request.query.get("ladder"))
        return Response(tier_body(member, ladder, at=request.program.now()))

    @extend_schema(
        parameters=query.LADDER,
        request=shapes.TierStatement,
        responses=OpenApiResponse(shapes.TierAnswer, "Set, or ended; as it stands now."),
        examples=[
            OpenApiExample("Gold for a year", shapes.BY_HAND, request_only=True),
            OpenApiExample("No longer", shapes.NO_LONGER, request_only=True),
            OpenApiExample("Gold", shapes.GOLD, response_only=True),
        ],
    )
    def put(self, request: ProgramRequest, member_id: str) -> Response:
        """Set a member's tier by hand, or with `tier` null end what was set.

        It is a floor: what the member earns counts where it is higher. `until`
        (exclusive) null or left out has no end. The reason is for staff; the member
        does not see it. The same again changes nothing. 409 `member_closed`.
        """
        member = find_member(request.program, member_id)
        stated = read_fields(request.data, BY_HAND, needs=("reason",))
        if "tier" not in request.data:
            raise invalid("/tier", "required", "name a tier; null ends what was set by hand")
        ladder = ladder_asked(
            request.program, stated.get("ladder") or request.query.get("ladder")
        )
        at = request.program.now()
        set_tier(
            member=member,
            ladder=ladder.code,
            tier=stated.get("tier"),
            until=stated.get("until"),
            reason=stated["reason"],
            at=at,
        )
        return Response(tier_body(member, ladder, at=at))


def tier_body(member: Member, ladder: LadderSetup, *, at: datetime) -> dict[str, Any]:
    """Return where a member stands in a ladder as the contract has it."""
    moves = []
    if is_review_due(member, ladder, at):
        found = preview_members(member.program, [member], at)
        moves = [move for move in found if move.ladder == ladder.code]
    unwritten = [
        change_told(
            before=move.from_,
            after=move.to,
            at=move.at,
            cause=(
                move.cause.kind,
                move.cause.source_type,
                move.cause.source_id,
                move.cause.reason,
            ),
        )
        for move in reversed(moves)
    ]
    return tier_told(member, ladder, at, unwritten=unwritten)
