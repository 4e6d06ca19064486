"""Rewards: the catalogue, and codes that were made elsewhere."""

from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from loyalty.models import Member, Program
from loyalty.queries.rewards import catalogue
from loyalty.rules.codes import LONGEST_SHOWN
from loyalty.rules.statements.reading import parse_list
from loyalty.rules.statements.values import parse_id, parse_label
from loyalty.services.vouchers import import_codes
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member, find_reward
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields
from storefront.api.shapes import query
from storefront.api.shapes import rewards as shapes
from tiers.queries.telling import tiers_held

MOST_CODES = 10_000

parse_codes = partial(
    parse_list, parse=partial(parse_label, most=LONGEST_SHOWN), most=MOST_CODES
)


class CatalogueView(ProgramView):
    """What points can be exchanged for."""

    tag = "Rewards"
    noun = "rewards"
    scopes = frozenset({"rewards"})
    names_a_member = True
    parameters = {"member": parse_id}

    @extend_schema(
        parameters=query.FOR_MEMBER,
        responses=shapes.Catalogue,
        examples=[
            OpenApiExample("For all", shapes.CATALOGUE, response_only=True),
            OpenApiExample("For a member", shapes.FOR_MEMBER, response_only=True),
        ],
    )
    def get(self, request: ProgramRequest) -> Response:
        """List the rewards that are visible now.

        With a member each says whether they can pay for it, whether it is meant
        for them, and why they cannot have it now.
        """
        asked_for = request.query.get("member")
        member = find_member(request.program, asked_for) if asked_for else None
        return Response({"results": rewards_for(request.program, member)})


def rewards_for(program: Program, member: Member | None) -> list[dict[str, Any]]:
    """Return the catalogue as it is now, for a member or for nobody in particular."""
    at = program.now()
    tiers = tiers_held(member, at) if member else {}
    return catalogue(program, member, at, tiers=tiers)


class PoolView(ProgramView):
    """A reward's pool of imported codes."""

    tag = "Rewards"
    noun = "voucher_pool"
    scopes = frozenset({"rewards"})

    @extend_schema(
        request=shapes.PoolStatement,
        responses=OpenApiResponse(shapes.PoolAnswer, "Imported."),
        examples=[
            OpenApiExample("Two", shapes.POOL, request_only=True),
            OpenApiExample("Both new", shapes.IMPORTED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, reward_code: str) -> Response:
        """Import codes for a reward whose vouchers come from a pool.

        Codes that are in its pool already are left as they are, so that a list may
        be sent again.
        """
        reward = find_reward(request.program, reward_code)
        codes = read_fields(request.data, {"codes": parse_codes}, needs=("codes",))["codes"]
        imported = import_codes(reward=reward, codes=codes)
        return Response({"imported": imported, "known": len(codes) - imported})
