"""What a member has, had, and will have."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from loyalty.models import Member
from loyalty.queries.balances import Forecast, forecast_of
from loyalty.rules.wallets import WalletState
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_with_wallets
from storefront.api.program_view import ProgramView
from storefront.api.reading import parse_query_time
from storefront.api.shapes import members as shapes
from storefront.api.shapes import query


class WalletsView(ProgramView):
    """A member's wallets at any moment."""

    tag = "Members"
    noun = "wallets"
    scopes = frozenset({"members"})
    is_one_object = True
    parameters = {"at": parse_query_time}

    @extend_schema(
        parameters=query.AT,
        responses=shapes.WalletsAnswer,
        examples=[OpenApiExample("Two lots", shapes.WALLETS, response_only=True)],
    )
    def get(self, request: ProgramRequest, member_id: str) -> Response:
        """Get what a member has, and every date at which that will change.

        The past is told by when things happened; the future assumes that nothing
        but time goes on.
        """
        return Response(wallets_body(request, *find_with_wallets(request.program, member_id)))


def wallets_body(
    request: ProgramRequest, member: Member, states: Sequence[WalletState] | None = None
) -> dict[str, Any]:
    """Return a member's wallets at the moment that is asked for."""
    now = request.program.now()
    at = request.query.get("at") or now
    found = forecast_of(member, at=at, now=now, states=states)
    return {"at": at, "wallets": {code: wallet_body(each) for code, each in found.items()}}


def wallet_body(forecast: Forecast) -> dict[str, Any]:
    """Return a wallet with its future dates as the contract has them."""
    return forecast.view.as_dict() | {
        "expiring": [{"at": at, "points": points} for at, points in forecast.expiring],
        "activating": [{"at": at, "points": points} for at, points in forecast.activating],
    }
