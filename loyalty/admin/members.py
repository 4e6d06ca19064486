"""Members: one page that answers a support call."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path, reverse

from core.staff import DASH, Page, Tool, WordFilter, pretty
from loyalty.admin.acting import Act, ActingAdmin, note_act
from loyalty.admin.additions import additions
from loyalty.admin.ledger import balances_panel
from loyalty.admin.member_acts import Adjust, Close, Issue, MergeInto, Reactivate, Suspend
from loyalty.admin.member_panels import (
    coming_panel,
    consents_panel,
    rewards_panel,
    waiting_panels,
)
from loyalty.admin.orders import orders_panel
from loyalty.admin.showing import link, list_of, local
from loyalty.admin.timeline import timeline_panel
from loyalty.models import Decision, Entry, Member, Merge, Order, Redemption, Voucher
from loyalty.queries.balances import forecast_of
from loyalty.queries.export import export_chunks
from loyalty.rules.codes import compared

LAST_ORDERS = 10
NOTE = (
    "Who members are is for their storefront to say: it states a member again, and "
    "what it says replaces what stands here."
)
# An export tells all of this.
EXPORTED = tuple(
    f"loyalty.view_{noun}"
    for noun in (
        *("member", "consentchange", "order", "memberevent", "entry", "adjustment"),
        *("redemption", "voucher", "voucheruse", "merge", "decision"),
    )
)


class StatusFilter(WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(Member.Status.choices)


@admin.register(Member)
class MemberAdmin(ActingAdmin):
    list_display = ("external_id", "name", "email", "phone", "card", "status", "joined")
    list_select_related = ("program",)
    list_filter = ("program", StatusFilter)
    search_fields = ("external_id", "email", "phone", "card")
    search_help_text = (
        "An id, e-mail address, phone number or card as a whole; or a part of a name."
    )
    acts: ClassVar[Mapping[str, type[Act]]] = {
        "adjust": Adjust,
        "issue": Issue,
        "suspend": Suspend,
        "reactivate": Reactivate,
        "merge": MergeInto,
        "close": Close,
    }

    @admin.display(description="joined")
    def joined(self, member: Member) -> str:
        return local(member.joined_at, member.program)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, _ = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        # Names are looked through only where nothing is found by an index.
        if term and not found.exists():
            found = queryset.filter(name__icontains=term)
        return found, False

    def every_act(self) -> Mapping[str, type[Act]]:
        """Return this page's own acts and those that others add; what is final comes last."""
        acts = dict(self.acts)
        for addition in additions():
            acts |= addition.acts
        return dict(sorted(acts.items(), key=lambda each: each[1].is_final))

    def found_by(self, term: str) -> Q:
        found = super().found_by(term) | super().found_by(term.lower())
        return found | super().found_by(compared(term))

    def offered(self, request: HttpRequest, row: Member) -> list[Tool]:
        tools = super().offered(request, row)
        if request.user.has_perms(EXPORTED) and row.status != Member.Status.ERASED:
            tools.append(Tool("Export", reverse("admin:loyalty_member_export", args=[row.pk])))
        return tools

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        name = "loyalty_member_export"
        return [path("<path:object_id>/export/", export, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        """Hand out everything about a member as one JSON document."""
        if not request.user.has_perms(EXPORTED):
            raise PermissionDenied
        member = self.get_object(request, unquote(object_id))
        if member is None:
            raise Http404
        note_act(request, member, "Export")
        document = self.export_of(member, request)
        response = StreamingHttpResponse(document, content_type="application/json")
        name = f"member-{member.pk}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def export_of(self, member: Member, request: HttpRequest) -> Iterable[str]:
        """Return the document, in pieces."""
        return export_chunks(member, at=member.program.now())

    def page(self, member: Member) -> Page:
        program = member.program
        now = program.now()
        forecast = forecast_of(member, at=now, now=now)
        orders = Order.objects.filter(member=member).order_by("-paid_at")
        views = {code: each.view for code, each in forecast.items()}
        return Page(
            facts=_facts(member),
            panels=[
                balances_panel(views, program),
                *waiting_panels(member),
                *(panel for addition in additions() for panel in addition.panels(member)),
                coming_panel(member, forecast),
                rewards_panel(member),
                timeline_panel(member),
                orders_panel(list(orders[:LAST_ORDERS]), program),
                consents_panel(member),
            ],
            raw=[("Attributes", pretty(member.attributes))],
            footnote=NOTE,
        )

    def lists(self, row: Member) -> list[Tool]:
        return [
            Tool("All entries", list_of(Entry, q=row.external_id)),
            Tool("All orders", list_of(Order, member=row.pk)),
            Tool("Decisions", list_of(Decision, member=row.pk)),
            Tool("Redemptions", list_of(Redemption, member=row.pk)),
            Tool("Vouchers", list_of(Voucher, member=row.pk)),
            *(tool for addition in additions() for tool in addition.lists(row)),
        ]


def _facts(member: Member) -> list[tuple[str, object]]:
    program = member.program
    facts: list[tuple[str, object]] = [
        ("Id", member.external_id),
        ("Name", member.name or DASH),
        ("E-mail", member.email or DASH),
        ("Phone", member.phone or DASH),
        ("Card", member.card or DASH),
        ("Birthday", member.birthday.isoformat() if member.birthday else DASH),
        ("Status", member.get_status_display()),
        *_stopped(member),
        *_merges(member),
        ("Joined", local(member.joined_at, program)),
        ("Language", member.locale or DASH),
        ("Program", link(program)),
    ]
    return facts


def _stopped(member: Member) -> list[tuple[str, object]]:
    words = (("earning", member.earning_suspended), ("redeeming", member.redeeming_suspended))
    stopped = [word for word, is_so in words if is_so]
    why = f": {member.suspension_reason}" if member.suspension_reason else ""
    if stopped:
        return [("Suspended from", " and ".join(stopped) + why)]
    return [("Reason", member.suspension_reason)] if member.suspension_reason else []


def _merges(member: Member) -> list[tuple[str, object]]:
    """Return who this member is now, and who became this one and may be parted again."""
    mine = Q(merged=member) | Q(into=member)
    merges = Merge.objects.filter(mine, undone_at=None).select_related("merged", "into")
    told: list[tuple[str, object]] = []
    now = member.program.now()
    for merge in merges.order_by("pk"):
        if merge.merged_id == member.pk:
            told.append(("Is now", link(merge.into)))
        undo = f", can be undone until {local(merge.undo_until, member.program)}"
        whom = f"{merge.merged} into {merge.into}{undo if now < merge.undo_until else ''}"
        told.append(("Merge", link(merge, whom)))
    return told
