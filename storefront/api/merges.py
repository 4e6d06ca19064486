"""Two members who are one person: merging them, and undoing it."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.lives import merge_people, part_people
from loyalty.models import Merge
from loyalty.rules.statements.reading import Parser
from loyalty.rules.statements.values import parse_id, parse_text
from loyalty.services.adjustments import Requested
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member, find_merge, find_to_merge
from storefront.api.members import member_bodies
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import lives as shapes

MERGE: Mapping[str, Parser] = {"into": parse_id, "reason": parse_text}


class MergeView(ProgramView):
    """Merging a member into another."""

    tag = "Members"
    noun = "merge"
    scopes = frozenset({"members"})
    needs_key = True

    @extend_schema(
        request=shapes.MergeStatement,
        responses=OpenApiResponse(shapes.MergeAnswer, "One member."),
        examples=[
            OpenApiExample("Enrolled twice", shapes.MERGE, request_only=True),
            OpenApiExample("Merged", shapes.MERGED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Let a member become another: points, debt, orders, and all that goes with them.

        From now on its id means the survivor. 409 `same_member`, `already_merged`,
        `member_closed`, `redemption_open`.
        """
        stated = read_fields(request.data, MERGE, needs=("into",))
        merge = merge_people(
            member=find_to_merge(request.program, member_id),
            into=find_to_merge(request.program, stated["into"]),
            requested=Requested(request.work_key, request.program.now()),
            reason=stated.get("reason", ""),
        )
        return Response(merge_body(request, merge))


class UnmergeView(ProgramView):
    """Undoing a merge."""

    tag = "Members"
    noun = "unmerge"
    scopes = frozenset({"members"})
    needs_key = True

    @extend_schema(
        request=shapes.NothingSaid,
        responses=OpenApiResponse(shapes.MergeAnswer, "Two members again."),
        examples=[
            OpenApiExample("Nothing to say", {}, request_only=True),
            OpenApiExample("Undone", shapes.UNMERGED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Make a merged member one of its own again, within 30 days.

        What is left of its points goes back; what was spent stays spent. 404 if the
        member was never merged; 409 `already_undone`, `undo_too_late`,
        `already_merged`, `redemption_open`.
        """
        merge = find_merge(request.program, member_id)
        read_fields(request.data, {})
        undone = part_people(merge=merge, at=request.program.now())
        return Response(merge_body(request, undone))


def merge_body(request: ProgramRequest, merge: Merge) -> dict[str, Any]:
    """Return a merge as it stands, with the member whom the merged id means now."""
    member = find_member(request.program, merge.merged.external_id)
    return {
        "merged": merge.merged.external_id,
        "into": merge.into.external_id,
        "merged_at": merge.merged_at,
        "undo_until": merge.undo_until,
        "undone_at": merge.undone_at,
        "member": member_bodies([member], at=request.program.now())[0],
    }
