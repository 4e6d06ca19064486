"""Members: one page that answers most of a support call."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from core.errors import DomainError
from core.staff import DASH, Page, Panel, Tool, WordFilter, pretty
from loyalty.admin.ledger import balances_panel, entries_panel
from loyalty.admin.orders import orders_panel
from loyalty.admin.showing import (
    ProgramRowsAdmin,
    link,
    list_of,
    local,
    page_of,
    signed,
)
from loyalty.models import Adjustment, Decision, Entry, Member, Order, PointType, Wallet
from loyalty.queries.balances import Forecast, forecast_of
from loyalty.services.adjustments import AdjustmentRequest, Requested, adjust_points

LAST_ENTRIES = 25
LAST_ORDERS = 10
SOONEST = 4
NOTE = (
    "Who members are is for their storefront to say: it states a member again, and "
    "what it says replaces what stands here."
)


class StatusFilter(WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(Member.Status.choices)


class AdjustForm(forms.Form):
    """Points that a person gives or takes, and why."""

    point_type = forms.ModelChoiceField(PointType.objects.none(), empty_label=None)
    points = forms.IntegerField(
        min_value=-(2**63) + 1,
        max_value=2**63 - 1,
        help_text="Below zero takes points away.",
    )
    reason = forms.CharField(
        max_length=60, help_text="A short word that the member may see, such as goodwill."
    )
    note = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For colleagues: what was promised, and to whom.",
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, member: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["point_type"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = PointType.objects.live().filter(program=member.program)

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if not points:
            raise forms.ValidationError("An adjustment moves at least one point.")
        return points


@admin.register(Member)
class MemberAdmin(ProgramRowsAdmin):
    list_display = ("external_id", "name", "email", "phone", "card", "status", "joined")
    list_select_related = ("program",)
    list_filter = ("program", StatusFilter)
    search_fields = ("external_id", "email", "phone", "card")
    search_help_text = (
        "An id, e-mail address, phone number or card as a whole; or a part of a name."
    )

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

    def found_by(self, term: str) -> Q:
        return super().found_by(term) | super().found_by(term.lower())

    def page(self, member: Member) -> Page:
        program = member.program
        now = program.now()
        forecast = forecast_of(member, at=now, now=now)
        entries = last_entries(member)
        orders = Order.objects.filter(member=member).order_by("-paid_at")
        views = {code: each.view for code, each in forecast.items()}
        return Page(
            facts=_facts(member),
            panels=[
                balances_panel(views, program),
                *_waiting(member),
                _coming(member, forecast),
                entries_panel(entries, program, title="Timeline"),
                orders_panel(list(orders[:LAST_ORDERS]), program),
            ],
            raw=[
                ("Attributes", pretty(member.attributes)),
                ("Consents", pretty(member.consents)),
            ],
            tools=_tools(member),
            footnote=NOTE,
        )

    def get_urls(self) -> list[URLPattern]:
        adjust = self.admin_site.admin_view(self.adjust_view)
        name = "loyalty_member_adjust"
        return [path("<path:object_id>/adjust/", adjust, name=name), *super().get_urls()]

    def adjust_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give points or take some away; the same form has effect once."""
        if not request.user.has_perm("loyalty.add_adjustment"):
            raise PermissionDenied
        member = self.get_object(request, unquote(object_id))
        if member is None:
            raise Http404
        form = AdjustForm(member, request.POST or None, initial={"key": uuid4().hex})
        if request.method == "POST" and form.is_valid() and self._adjust(request, member, form):
            return HttpResponseRedirect(page_of(member))
        fieldsets = [(None, {"fields": ["point_type", "points", "reason", "note"]})]
        context = self.admin_site.each_context(request) | {
            "title": "Adjust points",
            "subtitle": str(member),
            "opts": self.opts,
            "original": member,
            "form": form,
            "adminform": AdminForm(form, fieldsets, {}),  # type: ignore[arg-type]
            "threshold": member.program.adjustment_approval_above,
        }
        return TemplateResponse(request, "admin/loyalty/member/adjust.html", context)

    def _adjust(self, request: HttpRequest, member: Member, form: AdjustForm) -> bool:
        """Adjust as the form says and tell what came of it; else say why not in the form."""
        stated = form.cleaned_data
        asked = AdjustmentRequest(stated["points"], stated["reason"], stated["note"])
        requested = Requested(
            key=f"staff:{stated['key']}",
            at=member.program.now(),
            by=request.user.get_username(),
        )
        try:
            adjustment = adjust_points(
                member=member,
                point_type=stated["point_type"],
                request=asked,
                requested=requested,
            )
        except DomainError as error:
            form.add_error("points", error.detail)
            return False
        if adjustment.status == Adjustment.Status.AWAITING:
            messages.warning(request, "So many points wait for a second person to approve.")
        else:
            messages.success(request, f"{adjustment.points:+,} points for {member}.")
        return True


def _facts(member: Member) -> list[tuple[str, object]]:
    program = member.program
    suspended = [
        word
        for word, is_so in (
            ("earning", member.earning_suspended),
            ("redeeming", member.redeeming_suspended),
        )
        if is_so
    ]
    facts: list[tuple[str, object]] = [
        ("Id", member.external_id),
        ("Name", member.name or DASH),
        ("E-mail", member.email or DASH),
        ("Phone", member.phone or DASH),
        ("Card", member.card or DASH),
        ("Birthday", member.birthday.isoformat() if member.birthday else DASH),
        ("Status", member.get_status_display()),
        ("Joined", local(member.joined_at, program)),
        ("Language", member.locale or DASH),
        ("Program", link(program)),
    ]
    if suspended:
        why = f": {member.suspension_reason}" if member.suspension_reason else ""
        facts.insert(7, ("Suspended from", " and ".join(suspended) + why))
    return facts


def _tools(member: Member) -> list[Tool]:
    adjust = reverse("admin:loyalty_member_adjust", args=[member.pk])
    return [
        Tool("Adjust points", adjust),
        Tool("All entries", list_of(Entry, q=member.external_id)),
        Tool("All orders", list_of(Order, q=member.external_id)),
        Tool("Decisions", list_of(Decision, member=member.pk)),
    ]


def last_entries(member: Member) -> list[Entry]:
    """Return the newest entries of all the member's wallets.

    Wallet by wallet, since that is how they are indexed.
    """
    entries: list[Entry] = []
    for wallet in Wallet.objects.filter(member=member):
        entries += Entry.objects.filter(wallet=wallet).order_by("-seq")[:LAST_ENTRIES]
    return sorted(entries, key=lambda entry: -entry.pk)[:LAST_ENTRIES]


def _coming(member: Member, forecast: dict[str, Forecast]) -> Panel:
    """Return what time alone will do to the member's points, and when."""
    coming = [
        (at, points, code, text)
        for code, each in forecast.items()
        for text, dates in (("become available", each.activating), ("expire", each.expiring))
        for at, points in dates[:SOONEST]
    ]
    every = sum(len(each.activating) + len(each.expiring) for each in forecast.values())
    more = f"The soonest; {every - len(coming)} more come later." if every > len(coming) else ""
    return Panel(
        title="Coming up",
        headings=("When", "Points", "Of", "What"),
        rows=[
            (local(at, member.program), points, code, text)
            for at, points, code, text in sorted(coming)
        ],
        note=more,
        empty="Nothing is pending, and nothing expires.",
    )


def _waiting(member: Member) -> list[Panel]:
    """Return the adjustments that wait for a second person, if any do."""
    awaiting = Adjustment.objects.filter(member=member, status=Adjustment.Status.AWAITING)
    waiting = list(awaiting.select_related("point_type").order_by("pk"))
    if not waiting:
        return []
    panel = Panel(
        title="Adjustments that wait",
        headings=("Asked", "Points", "Of", "Reason", "Asked by", ""),
        rows=[
            (
                local(each.created_at, member.program),
                signed(each.points),
                each.point_type.code,
                each.reason,
                each.requested_by or DASH,
                link(each, "decide"),
            )
            for each in waiting
        ],
    )
    return [panel]
