"""Adjustments: those that wait for a second person, and what became of the others."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from core.errors import DomainError
from core.staff import DASH, Page, readable
from loyalty.admin.showing import ProgramRowsAdmin, link, local, page_of, signed
from loyalty.models import Adjustment
from loyalty.services.adjustments import approve_adjustment, reject_adjustment

DECIDE = "loyalty.change_adjustment"


@admin.register(Adjustment)
class AdjustmentAdmin(ProgramRowsAdmin):
    list_display = ("asked", "whose", "movement", "reason", "by", "status", "decided_by")
    list_select_related = ("program", "member", "point_type", "decided_by")
    list_filter = ("status", "program")
    date_hierarchy = "created_at"
    search_fields = ("reason",)
    search_help_text = "A member's id or e-mail address, or a reason, as a whole."
    member_path = "member"
    actions = ("approve", "reject")
    reading_template = "admin/loyalty/adjustment/reading.html"

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
        for adjustment in chosen:
            self._decide(request, adjustment, is_approved=True)

    @admin.action(description="Reject the chosen adjustments", permissions=["decide"])
    def reject(self, request: HttpRequest, chosen: QuerySet[Adjustment]) -> None:
        for adjustment in chosen:
            self._decide(request, adjustment, is_approved=False)

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(require_POST(self.decide_view))
        name = "loyalty_adjustment_decide"
        return [path("<path:object_id>/decide/", decide, name=name), *super().get_urls()]

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve or reject one adjustment."""
        adjustment = self.get_object(request, unquote(object_id))
        if adjustment is None or not self.has_decide_permission(request):
            raise PermissionDenied
        self._decide(request, adjustment, is_approved="approve" in request.POST)
        return HttpResponseRedirect(page_of(adjustment))

    def _decide(
        self, request: HttpRequest, adjustment: Adjustment, *, is_approved: bool
    ) -> None:
        decide = approve_adjustment if is_approved else reject_adjustment
        user: Any = request.user
        try:
            decide(adjustment=adjustment, user=user, at=adjustment.program.now())
        except DomainError as error:
            messages.error(request, f"{adjustment}: {error.detail}.")
            return
        said = "approved" if is_approved else "rejected"
        self.log_change(request, adjustment, said)
        messages.success(request, f"{adjustment}: {said}.")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        waiting = Adjustment.objects.filter(status=Adjustment.Status.AWAITING)
        is_open = object_id.isdecimal() and waiting.filter(pk=object_id).exists()
        extra = {"can_decide": is_open and self.has_decide_permission(request)}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

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
