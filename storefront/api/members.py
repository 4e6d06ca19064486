"""Members: stating, changing, looking up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from engine.pipeline import state_fact
from engine.upkeep import bring_up_to_date
from loyalty.models import Member, Merge, Program
from loyalty.queries.balances import wallets_of
from loyalty.queries.export import export_chunks
from loyalty.queries.members import members_with
from loyalty.rules.statements import parse_member
from loyalty.rules.statements.members import parse_card
from loyalty.rules.statements.values import parse_email
from loyalty.services.tombstones import is_erased
from referrals.queries.export import referral_parts
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.pagination import PAGE_PARAMETERS, page_of
from storefront.api.program_view import ProgramView
from storefront.api.reading import parse_query_phone
from storefront.api.shapes import lives, query
from storefront.api.shapes import members as shapes
from storefront.services.erasure import forget_member
from tiers.queries.export import tier_parts
from tiers.queries.telling import tiers_told

STATED = OpenApiExample("Ada", shapes.STATEMENT, request_only=True)
RENAMED = OpenApiExample("A new name", {"name": "Ada L."}, request_only=True)
ANSWERED = OpenApiExample("Ada", shapes.ANSWER, response_only=True)
BY_A_CODE = OpenApiExample("By a code", shapes.BY_A_CODE, response_only=True)
BY_NO_CODE = OpenApiExample("By an unknown code", shapes.BY_NO_CODE, response_only=True)


class MemberView(ProgramView):
    """One member, by the storefront's own id."""

    tag = "Members"
    noun = "member"
    scopes = frozenset({"members"})
    is_one_object = True

    @extend_schema(responses=shapes.MemberAnswer, examples=[ANSWERED])
    def get(self, request: ProgramRequest, member_id: str) -> Response:
        """Get a member, with what it has now."""
        member = find_member(request.program, member_id)
        return Response(member_bodies([member], at=request.program.now())[0])

    @extend_schema(
        request=shapes.MemberStatement,
        responses={
            201: OpenApiResponse(shapes.StatedMemberAnswer, "Enrolled."),
            200: OpenApiResponse(shapes.StatedMemberAnswer, "Known before; now as stated."),
        },
        examples=[STATED, ANSWERED, BY_A_CODE, BY_NO_CODE],
    )
    def put(self, request: ProgramRequest, member_id: str) -> Response:
        """Enrol a member, or state what is true of it now.

        Every field is optional; what is left out stays as it is, null clears. The
        first time states the fact `signup` as well, and claims what waited for this
        id, e-mail address or phone number. `referral` says what a `referral_code` came
        to; a member is as good with one that brings nothing as without.
        """
        return self._state(request, member_id)

    @extend_schema(
        request=shapes.MemberStatement,
        responses=OpenApiResponse(shapes.StatedMemberAnswer, "Changed."),
        examples=[RENAMED, ANSWERED],
    )
    def patch(self, request: ProgramRequest, member_id: str) -> Response:
        """Change a member who has enrolled."""
        find_member(request.program, member_id)
        return self._state(request, member_id)

    @extend_schema(responses={204: OpenApiResponse(description="Erased, now or before.")})
    def delete(self, request: ProgramRequest, member_id: str) -> Response:
        """Erase a member: all that says who it was, in every table.

        Its ledger stays, under an id of its own, and so do its orders without names.
        A second time changes nothing. Nobody can enrol with the id again.
        """
        if not is_erased(request.program, member_id):
            member = find_member(request.program, member_id)
            forget_member(member=member, at=request.program.now())
        return Response(status=204)

    def _state(self, request: ProgramRequest, member_id: str) -> Response:
        at = request.program.now()
        statement = parse_member(member_id, request.data, now=at)
        answer = state_fact(request.program, statement, at=at)
        body = member_bodies([find_member(request.program, member_id)], at=at)[0]
        if referral := answer.body.get("referral"):
            body["referral"] = referral
        return Response(body, status=201 if answer.created else 200)


class MemberListView(ProgramView):
    """Members, by what a till can ask for."""

    tag = "Members"
    noun = "members"
    scopes = frozenset({"members"})
    parameters = {
        **PAGE_PARAMETERS,
        "email": parse_email,
        "phone": parse_query_phone,
        "card": parse_card,
    }

    @extend_schema(
        parameters=[*query.LOOK_UP, *query.PAGE],
        responses=shapes.MemberList,
        examples=[OpenApiExample("Found", shapes.LIST, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Look members up at the till.

        By e-mail address, phone or card number; the list is empty when it is
        nobody's.
        """
        wanted = {
            name: request.query[name]
            for name in ("email", "phone", "card")
            if name in request.query
        }
        page = page_of(request, members_asked_for(request.program, wanted))
        for member in page.rows:
            member.program = request.program
        at = request.program.now()
        bring_up_to_date(request.program, page.rows, at=at)
        return Response(page.body(member_bodies(page.rows, at=at)))


class ExportView(ProgramView):
    """Everything about a member."""

    tag = "Members"
    noun = "export"
    scopes = frozenset({"members"})

    @extend_schema(
        responses=lives.ExportAnswer,
        examples=[OpenApiExample("Ada", lives.EXPORT, response_only=True)],
    )
    def get(self, request: ProgramRequest, member_id: str) -> StreamingHttpResponse:
        """Export everything about a member as one JSON document.

        It is written while it is sent, however long it gets.
        """
        member = find_member(request.program, member_id)
        at = request.program.now()
        more = chain(tier_parts(member, at=at), referral_parts(member))
        document = export_chunks(member, at=at, more=more)
        return StreamingHttpResponse(document, content_type="application/json")


def members_asked_for(program: Program, wanted: Mapping[str, str]) -> QuerySet[Member]:
    """Return the members with these addresses, or all, each as who it is now."""
    members = Member.objects.filter(program=program)
    if wanted:
        return members.filter(pk__in=[one.pk for one in members_with(program, **wanted)])
    merged = Merge.objects.filter(merged=OuterRef("pk"), undone_at=None)
    return members.exclude(status=Member.Status.ERASED).exclude(Exists(merged))


def member_bodies(members: Sequence[Member], *, at: datetime) -> list[dict[str, Any]]:
    """Return members of one program as the contract has them."""
    wallets = wallets_of(members, at=at)
    tiers = tiers_told(members[0].program, members, at) if members else {}
    return [
        {
            "id": member.external_id,
            "status": member.status,
            "name": member.name or None,
            "email": member.email,
            "phone": member.phone,
            "birthday": member.birthday,
            "joined_at": member.joined_at,
            "attributes": member.attributes,
            "wallets": {code: view.as_dict() for code, view in wallets[member.pk].items()},
            "tiers": tiers[member.pk],
        }
        for member in members
    ]
