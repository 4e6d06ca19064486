"""Adjustments: those that wait for a second person, and what became of the others."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.staff import DASH, Page, readable
from loyalty.admin.acting import Act, ActingAdmin
from loyalty.admin.showing import link, local, signed
from loyalty.models import Adjustment
from loyalty.services.adjustments import approve_adjustment, reject_adjustment

DECIDE = "loyalty.change_adjustment"


class Approve(Act):
    """A second person's consent: the points move."""

    title = "Approve"
    came_to = "approved"
    permission = DECIDE

    @classmethod
    def is_offered(cls, row: Adjustment) -> bool:
        return row.status == Adjustment.Status.AWAITING

    def explain(self) -> str:
        points = f"{signed(self.row.points)} {self.row.point_type.code}"
        return f"{points} for {self.row.member}, for this reason: {self.row.reason}."

    def decide(self, **asked: Any) -> None:
        approve_adjustment(**asked)

    def perform(self) -> str:
        self.decide(adjustment=self.row, user=self.staff, at=self.asked().at)
        return f"{self.row}: {self.came_to}."


class Reject(Approve):
    """A second person's refusal: nothing moves."""

    title = "Reject"
    came_to = "rejected"

    def decide(self, **asked: Any) -> None:
        reject_adjustment(**asked)


@admin.register(Adjustment)
class AdjustmentAdmin(ActingAdmin):
    list_display = ("asked", "whose", "movement", "reason", "by", "status", "decided_by")
    list_select_related = ("program", "member", "point_type", "decided_by")
    list_filter = ("status", "program")
    date_hierarchy = "created_at"
    search_fields = ("reason",)
    search_help_text = "A member's id or e-mail address, or a reason, as a whole."
    member_path = "member"
    actions = ("approve", "reject")
    acts: ClassVar[Mapping[str, type[Act]]] = {"approve": Approve, "reject": Reject}

    @admin.display(description="asked (server time)")
    def asked(self, adjustment: Adjustment) -> str:
        return str(readable(adjustment.created_at))

    @admin.display(description="member")
    def whose(self, adjustment: Adjustment) -> str:
        return adjustment.member.external_id

    @admin.display(description="points")
    def movement(self, adjustment: Adjustment) -> str:
        return f"{signed(adjustment.points)} {adjustment.point_type.code}"

    @admin.display(description="asked by")
    def by(self, adjustment: Adjustment) -> str:
        return adjustment.requested_by or "a storefront"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may approve and reject at all."""
        return request.user.has_perm(DECIDE)

    @admin.action(description="Approve the chosen adjustments", permissions=["decide"])
    def approve(self, request: HttpRequest, chosen: QuerySet[Adjustment]) -> None:
        self.act_on_each(request, chosen, self.acts["approve"])

    @admin.action(description="Reject the chosen adjustments", permissions=["decide"])
    def reject(self, request: HttpRequest, chosen: QuerySet[Adjustment]) -> None:
        self.act_on_each(request, chosen, self.acts["reject"])

    def page(self, adjustment: Adjustment) -> Page:
        program, terms = adjustment.program, adjustment.terms
        facts: list[tuple[str, object]] = [
            ("Status", adjustment.get_status_display()),
            ("Member", link(adjustment.member)),
            ("Points", f"{signed(adjustment.points)} {adjustment.point_type.code}"),
            ("Reason", adjustment.reason),
            ("Note", adjustment.note or DASH),
            ("Asked by", adjustment.requested_by or "a storefront"),
            ("Asked (server time)", readable(adjustment.created_at)),
            ("As of", local(adjustment.occurred_at, program)),
            ("Available from", terms.get("available_at") or "at once"),
            ("Expires", terms.get("expires_at") or "never"),
            ("Counts for tiers", readable(bool(terms.get("counts_for_tiers")))),
            ("May leave a debt", readable(bool(terms.get("allow_debt")))),
            ("Decided by", str(adjustment.decided_by or DASH)),
            ("Decided", local(adjustment.decided_at, program)),
            ("Entry", link(adjustment.entry)),
            ("Program", link(program)),
        ]
        return Page(facts)
