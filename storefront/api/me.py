"""What a shopper may see of itself, with a member token."""

from collections.abc import Sequence
from typing import Any, cast

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from engine.spending import redeem_for_member
from engine.upkeep import bring_up_to_date
from loyalty.models import Entry, Redemption
from loyalty.services.redemptions import RedemptionRequest
from storefront.api.auth import IsShopper, ProgramRequest, ShopperAuthentication
from storefront.api.entries import STATEMENT_PARAMETERS, entry_bodies, statement_page
from storefront.api.members import member_bodies
from storefront.api.program_view import ProgramView
from storefront.api.reading import parse_query_time, read_fields
from storefront.api.redemptions import (
    LIST_PARAMETERS,
    OWN_REDEMPTION,
    redemption_answer,
    redemption_page,
    requested_by,
)
from storefront.api.rewards import rewards_for
from storefront.api.shapes import me as shapes
from storefront.api.shapes import members, query, redemptions, rewards
from storefront.api.wallets import wallets_body

# The sources of entries whose ids a shopper knows; others are the house's own.
KNOWN_SOURCES = frozenset({"order", "event", "redemption"})


class ShopperView(ProgramView):
    """An address that is about whoever asks."""

    authentication_classes = [ShopperAuthentication]
    permission_classes = [IsShopper]
    tag = "Shopper"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS":
            me = cast(ProgramRequest, request).me
            # As wherever a member is looked up: today's points are there today.
            bring_up_to_date(me.program, [me], at=me.program.now())


class MeView(ShopperView):
    """The shopper."""

    noun = "me"
    is_one_object = True

    @extend_schema(
        responses=members.MemberAnswer,
        examples=[OpenApiExample("Ada", members.ANSWER, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get the shopper, with what it has now."""
        return Response(member_bodies([request.me], at=request.program.now())[0])


class MyWalletsView(ShopperView):
    """The shopper's wallets."""

    noun = "my_wallets"
    is_one_object = True
    parameters = {"at": parse_query_time}

    @extend_schema(
        parameters=query.AT,
        responses=members.WalletsAnswer,
        examples=[OpenApiExample("Two lots", members.WALLETS, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get what the shopper has, and every date at which that will change."""
        return Response(wallets_body(request, request.me))


class MyEntriesView(ShopperView):
    """The shopper's statement."""

    noun = "my_entries"
    parameters = STATEMENT_PARAMETERS

    @extend_schema(
        parameters=[*query.STATEMENT, *query.PAGE],
        responses=shapes.MyEntryList,
        examples=[OpenApiExample("One order", shapes.ENTRIES, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get the shopper's statement, newest first.

        Reasons are the staff's and decisions the program's: both are null here.
        """
        page = statement_page(request, request.me)
        return Response(page.body(my_entry_bodies(request, page.rows)))


class MyRewardsView(ShopperView):
    """The catalogue, as the shopper sees it."""

    noun = "my_rewards"

    @extend_schema(
        responses=rewards.Catalogue,
        examples=[OpenApiExample("Two rewards", rewards.FOR_MEMBER, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """List the rewards that are visible now, and why the shopper cannot have them."""
        return Response({"results": rewards_for(request.program, request.me)})


class MyRedemptionsView(ShopperView):
    """The shopper's redemptions."""

    noun = "my_redemptions"
    needs_key = True
    parameters = LIST_PARAMETERS

    @extend_schema(
        parameters=[*query.REDEMPTIONS, *query.PAGE],
        responses=redemptions.RedemptionList,
        examples=[OpenApiExample("One", redemptions.LIST, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """List the shopper's redemptions, newest first."""
        page = redemption_page(request, Redemption.objects.filter(member=request.me))
        page["results"] = [_for_its_member(body) for body in page["results"]]
        return Response(page)

    @extend_schema(
        request=redemptions.OwnRedemptionStatement,
        responses={201: OpenApiResponse(redemptions.RedemptionAnswer, "Held, or spent.")},
        examples=[
            OpenApiExample("A reward", redemptions.OWN, request_only=True),
            OpenApiExample("Held", redemptions.HELD, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Reserve the shopper's points for a reward, or spend them at once (`capture`).

        The refusals are those of `POST /redemptions`. To pay with points, name an
        `order` of the shopper's that the shop has stated: its total counts, or
        `order_total` if that is lower. Where there is none yet, `order_total` is a
        claim: points can only be held, and the order that names the redemption takes
        at most what its own total allows.
        """
        stated = read_fields(request.data, OWN_REDEMPTION)
        wanted = RedemptionRequest(**stated, is_claimed=True)
        redemption = redeem_for_member(
            member=request.me, request=wanted, requested=requested_by(request)
        )
        return Response(_for_its_member(redemption_answer(request, redemption)), status=201)


def _for_its_member(body: dict[str, Any]) -> dict[str, Any]:
    """Return a redemption without what staff have noted about it."""
    work = body["fulfilment"]
    return body | {"fulfilment": work and work | {"note": None}}


def my_entry_bodies(request: ProgramRequest, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return entries without what is not for their member's eyes."""
    return [
        body | {"reason": None, "decision": None, "source": _source(entry)}
        for entry, body in zip(entries, entry_bodies(request, entries), strict=True)
    ]


def _source(entry: Entry) -> dict[str, str | None]:
    is_known = entry.source_type in KNOWN_SOURCES
    return {"type": entry.source_type, "id": entry.source_id if is_known else None}
