"""A member's statement, and undoing what a person has entered."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import Min
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from core.errors import invalid
from engine.adjusting import reverse_for_member
from loyalty.models import Entry, Lot, Member, Wallet
from loyalty.models.ledger import EntryKind
from loyalty.queries.setup import setup_of
from loyalty.rules.statements.reading import Fault, Parser
from loyalty.rules.statements.values import parse_label, parse_slug
from loyalty.services.adjustments import Requested
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_entry, find_member
from storefront.api.pagination import PAGE_PARAMETERS, Page, page_of_strands
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import entries as shapes
from storefront.api.shapes import query

BUCKETS = ("available", "pending", "held", "debt")
LONGEST_REASON = 60

parse_reason = partial(parse_label, most=LONGEST_REASON)


def parse_kind(value: object) -> str:
    if value not in EntryKind.values:
        raise Fault.of("invalid_choice", f"must be one of {', '.join(EntryKind.values)}")
    return str(value)


# What a statement may be asked for.
STATEMENT_PARAMETERS: Mapping[str, Parser] = {
    **PAGE_PARAMETERS,
    "point_type": parse_slug,
    "kind": parse_kind,
}


class EntryListView(ProgramView):
    """The entries of a member's wallets."""

    tag = "Members"
    noun = "entries"
    scopes = frozenset({"members"})
    parameters = STATEMENT_PARAMETERS

    @extend_schema(
        parameters=[*query.STATEMENT, *query.PAGE],
        responses=shapes.EntryList,
        examples=[OpenApiExample("One order", shapes.LIST, response_only=True)],
    )
    def get(self, request: ProgramRequest, member_id: str) -> Response:
        """Get a member's statement, newest first."""
        page = statement_page(request, find_member(request.program, member_id))
        return Response(page.body(entry_bodies(request, page.rows)))


class EntryReversalView(ProgramView):
    """Undoing an entry."""

    tag = "Members"
    noun = "entry_reversal"
    scopes = frozenset({"members"})
    needs_key = True

    @extend_schema(
        request=shapes.ReversalStatement,
        responses={201: OpenApiResponse(shapes.EntryAnswer, "The entry that undoes it.")},
        examples=[
            OpenApiExample("Why", {"reason": "typed twice"}, request_only=True),
            OpenApiExample("Undone", shapes.REVERSED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, entry_id: str) -> Response:
        """Undo an adjustment or a transfer by a new entry; once.

        409 `already_reversed`, `not_reversible`, `insufficient_points`.
        """
        entry = find_entry(request.program, entry_id)
        stated = read_fields(request.data, {"reason": parse_reason}, needs=("reason",))
        requested = Requested(key=request.work_key, at=request.program.now())
        undone = reverse_for_member(entry=entry, reason=stated["reason"], requested=requested)
        return Response(entry_bodies(request, [undone])[0], status=201)


def statement_page(request: ProgramRequest, member: Member) -> Page:
    """Return the page of a member's statement that is asked for."""
    kind = {"kind": request.query["kind"]} if "kind" in request.query else {}
    # One strand for each wallet: its index gives the newest entries at once,
    # however many there are.
    strands = {
        str(wallet.pk): Entry.objects.filter(wallet=wallet, **kind).select_related("wallet")
        for wallet in wallets_asked_for(request, member)
    }
    return page_of_strands(request, strands, column="seq")


def wallets_asked_for(request: ProgramRequest, member: Member) -> list[Wallet]:
    """Return the wallets whose entries are asked for.

    :raises InvalidInput: if the program has no such point type
    """
    wallets = Wallet.objects.filter(program=request.program, member=member)
    code = request.query.get("point_type")
    if code is None:
        return list(wallets)
    point_types = setup_of(request.program).point_types
    if code not in point_types:
        known = ", ".join(point_types)
        raise invalid("/point_type", "unknown_point_type", f"must be one of: {known}")
    return list(wallets.filter(point_type_id=point_types[code].id))


def entry_bodies(request: ProgramRequest, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return entries of the request's program as the contract has them."""
    setup = setup_of(request.program)
    expiries = dict(
        Lot.objects.filter(entry__in=entries).values_list("entry").annotate(Min("expires_at"))
    )
    return [
        {
            "id": f"ent_{entry.pk}",
            "seq": entry.seq,
            "kind": entry.kind,
            "points": entry.points,
            "point_type": setup.point_type(entry.wallet.point_type_id).code,
            "movement": {bucket: getattr(entry, bucket) for bucket in BUCKETS},
            "after": {bucket: getattr(entry, f"{bucket}_after") for bucket in BUCKETS},
            "reason": entry.reason or None,
            "source": {"type": entry.source_type, "id": entry.source_id},
            "reverses": public_id("ent", entry.reverses_id),
            "occurred_at": entry.occurred_at,
            "posted_at": entry.posted_at,
            "expires_at": expiries.get(entry.pk),
            "decision": public_id("dec", entry.decision_id),
        }
        for entry in entries
    ]


def public_id(prefix: str, number: int | None) -> str | None:
    return None if number is None else f"{prefix}_{number}"
