"""Decisions: why a fact earned what it earned, or nothing."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from loyalty.models import Decision
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_decision
from storefront.api.program_view import ProgramView
from storefront.api.shapes import events as shapes


class DecisionView(ProgramView):
    """One decision."""

    tag = "Decisions"
    noun = "decision"
    scopes = frozenset({"members", "orders", "events"})
    is_one_object = True

    @extend_schema(
        responses=shapes.DecisionAnswer,
        examples=[OpenApiExample("An order", shapes.DECISION, response_only=True)],
    )
    def get(self, request: ProgramRequest, decision_id: str) -> Response:
        """Get why a fact earned what it earned.

        Every rule that was looked at: whether it matched or why not, its base,
        multipliers, rounding and limits, and the version of the rules.
        """
        return Response(decision_body(find_decision(request.program, decision_id)))


def in_utc(moment: str | None) -> str | None:
    """Return a kept time as answers write it."""
    return moment.replace("+00:00", "Z") if moment else None


def as_stated(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement as it is kept with its times as all answers write them."""
    return {
        name: in_utc(value) if name.endswith("_at") else value for name, value in kept.items()
    }


def decision_body(decision: Decision) -> dict[str, Any]:
    """Return a decision as the contract has it."""
    outcome: dict[str, Any] = decision.outcome
    points = outcome["points"]
    return {
        "id": f"dec_{decision.pk}",
        "kind": decision.fact_type,
        "fact": decision.fact_id,
        "version": decision.version,
        "member": decision.member.external_id if decision.member else None,
        "decided_at": decision.decided_at,
        "rule_set": decision.rule_set.version if decision.rule_set else None,
        **outcome,
        "occurred_at": in_utc(outcome["occurred_at"]),
        "points": [{"point_type": code, **points[code]} for code in points],
        "statement": as_stated(decision.statement),
    }
