"""Numbers for the merchant."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from core.errors import NotFound
from loyalty.models import Member, Program
from loyalty.rules.statements.reading import Fault
from loyalty.rules.statements.values import parse_label
from referrals.models import ReferralProgram
from referrals.queries.funnel import WHOLE, Funnel, Part, funnels, ranked
from referrals.rules.funnel import STAGES
from storefront.api.auth import ProgramRequest
from storefront.api.pagination import PAGE_PARAMETERS, page_of_listed
from storefront.api.program_view import ProgramView
from storefront.api.shapes import insights as shapes
from storefront.api.shapes import query

# As the contract calls it, and as the funnel does.
BY = {"program": "referral_program", "advocate": "advocate", "channel": "channel"}
NAMES: Mapping[str, tuple[Any, str]] = {
    "program": (ReferralProgram, "code"),
    "advocate": (Member, "external_id"),
}
COUNTS = (*STAGES, "visits", "bots", "revenue")


def parse_by(value: object) -> str:
    if value not in BY:
        raise Fault.of("invalid_choice", f"must be one of {', '.join(BY)}")
    return str(value)


class ReferralInsightsView(ProgramView):
    """What referrals have come to."""

    tag = "Insights"
    noun = "referral_insights"
    scopes = frozenset({"insights"})
    names_a_member = True
    parameters = {
        **PAGE_PARAMETERS,
        "by": parse_by,
        "program": partial(parse_label, most=60),
    }

    @extend_schema(
        parameters=[*query.REFERRAL_INSIGHTS, *query.PAGE],
        responses=shapes.ReferralInsights,
        examples=[OpenApiExample("By channel", shapes.FUNNELS, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Count how many came how far: by referral program, by advocate or by channel.

        From the invitation to the reward, all that has ever been. No stage counts more
        than the one before: whoever came further came this far, so that a code that is
        typed at the checkout was shared and followed. Each row is counted by itself. 404
        for an unknown `program`.
        """
        program, by = request.program, request.query.get("by", "program")
        at, part = program.now(), _part(program, request.query.get("program"))
        found = funnels(program.pk, by=BY[by], at=at, part=part)
        page = page_of_listed(
            request, [{"code": str(key), "key": key} for key in ranked(found)]
        )
        keys = [row["key"] for row in page.rows]
        names = _names(by, keys)
        rows = [_row(names.get(key), found[key]) for key in keys]
        head = {"at": at, "currency": program.currency, "by": by}
        return Response(head | page.body(rows))


def _part(program: Program, code: str | None) -> Part:
    if code is None:
        return WHOLE
    row = ReferralProgram.objects.filter(program=program, code=code).first()
    if row is None:
        raise NotFound(f"There is no referral program {code!r} here.")
    return Part(row.pk)


def _names(by: str, keys: Iterable[Any]) -> dict[Any, str | None]:
    """Return what storefronts call the rows that are shown."""
    if by not in NAMES:
        return {key: key or None for key in keys}
    model, column = NAMES[by]
    rows = model._default_manager.filter(pk__in=list(keys))
    return dict(rows.values_list("pk", column))


def _row(name: str | None, funnel: Funnel) -> dict[str, Any]:
    return {
        "key": name,
        **{count: getattr(funnel, count) for count in COUNTS},
        "cost": {"points": funnel.points, "money": funnel.money},
    }
