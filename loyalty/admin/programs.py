"""Programs and their point types; and the page on which rules are published."""

import json
from hashlib import sha256
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core import clock
from core.errors import DomainError, InvalidInput
from core.staff import DASH, AnyModelAdmin, Panel, readable
from loyalty.admin.policies import policy_shown
from loyalty.admin.program_forms import PointTypeForm, ProgramForm
from loyalty.admin.showing import link, local
from loyalty.admin.snippets import written
from loyalty.admin.trials import effect_of, problems_of
from loyalty.models import EarningRule, PointType, Program
from loyalty.queries.programs import live_content, preview_publication
from loyalty.rules.publication import Change
from loyalty.services.editing import edit_point_type, edit_program
from loyalty.services.programs import publish_rules


@admin.register(Program)
class ProgramAdmin(AnyModelAdmin):
    form = ProgramForm
    list_display = ("name", "slug", "currency", "timezone", "shown_clock")
    search_fields = ("name", "slug")
    change_form_template = "admin/loyalty/program/change_form.html"
    fieldsets = (
        (None, {"fields": ("slug", "name", "currency", "timezone", "locale")}),
        ("Clock", {"fields": ("sandbox", "shown_clock", "leap_day")}),
        (
            "Members and staff",
            {"fields": ("guest_claim", "adjustment_approval_above", "origins")},
        ),
    )

    @admin.display(description="clock")
    def shown_clock(self, program: Program) -> str:
        if program._state.adding:
            return "A sandbox clock starts now."
        kind = "sandbox" if program.sandbox else "real time"
        return f"{local(program.now(), program)} ({kind})"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # The ledger hangs on it.

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "shown_clock") if obj else ("shown_clock",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        at = obj.now() if obj.pk else clock.real_now()
        saved = edit_program(form=form.program_form, at=at)
        obj.pk, obj.clock_at, obj.created_at = saved.pk, saved.clock_at, saved.created_at

    def get_urls(self) -> list[URLPattern]:
        publish = self.admin_site.admin_view(self.publish_view)
        name = "loyalty_program_publish"
        return [path("<path:object_id>/publish/", publish, name=name), *super().get_urls()]

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what publishing changes, and publish just that."""
        if not request.user.has_perm("loyalty.change_earningrule"):
            raise PermissionDenied
        program = self.get_object(request, unquote(object_id))
        if program is None:
            raise Http404
        content = live_content(program)
        seen = fingerprint(content)
        if request.method == "POST":
            if request.POST.get("seen") == seen:
                return self._publish(request, program)
            messages.error(request, "Somebody changed the rules meanwhile. Look again.")
        effect, problems = _effect(program, content)
        context = self.admin_site.each_context(request) | {
            "title": "Publish rules",
            "subtitle": str(program),
            "opts": self.opts,
            "original": program,
            "changes": _changes(preview_publication(program)),
            "effect": effect,
            "problems": _linked(program, problems),
            "seen": seen,
            "at": local(program.now(), program),
        }
        return TemplateResponse(request, "admin/loyalty/program/publish.html", context)

    def _publish(self, request: HttpRequest, program: Program) -> HttpResponse:
        at = program.now()
        try:
            rule_set = publish_rules(program=program, at=at)
        except DomainError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(request.path)
        if rule_set is None:
            messages.info(request, "Nothing had changed; nothing was published.")
        else:
            self.log_change(request, program, f"Published rules, {rule_set}.")
            since = local(at, program)
            messages.success(
                request, f"Published as {rule_set}: what happens from {since} earns by it."
            )
        return HttpResponseRedirect(reverse("admin:loyalty_earningrule_changelist"))


def fingerprint(content: Any) -> str:
    """Return what two states of the rules have in common only if they are the same."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _changes(changes: list[Change]) -> Panel:
    return Panel(
        title="What changes",
        headings=("", "What", "From", "To"),
        rows=[
            (change.action, change.path, _shown(change.from_), _shown(change.to))
            for change in changes
        ],
        empty="Nothing: the rules are published as they stand.",
    )


def _shown(value: Any) -> str:
    if value is None:
        return DASH
    return value if isinstance(value, str) else written(value)


def _effect(program: Program, content: Any) -> tuple[Panel | None, list[tuple[str, str]]]:
    """Return what the last orders would earn, or why the rules cannot be used."""
    try:
        return effect_of(program, content), []
    except InvalidInput as error:
        return None, problems_of(error)


def _linked(
    program: Program, problems: list[tuple[str, str]]
) -> list[tuple[str | SafeString, str]]:
    rules = {rule.code: rule for rule in EarningRule.objects.live().filter(program=program)}
    return [
        (link(rules[code]) if code in rules else code or "The rules", text)
        for code, text in problems
    ]


@admin.register(PointType)
class PointTypeAdmin(AnyModelAdmin):
    form = PointTypeForm
    list_display = ("name_other", "code", "kind", "value", "held", "expires", "use", "program")
    list_select_related = ("program",)
    list_filter = ("program", "kind")
    search_fields = ("code", "name_one", "name_other")
    change_form_template = "admin/loyalty/pointtype/change_form.html"
    fieldsets = (
        (None, {"fields": ("program", "code", ("name_one", "name_other"), "kind")}),
        ("Worth", {"fields": ("value", "decimals", "max_balance")}),
        (
            "Time",
            {
                "fields": ("hold", "expiry", "is_seen", "expiry_reminders"),
                "description": "Hold and expiry count for orders and events once the rules "
                "are published; everything else on this page counts at once.",
            },
        ),
        (
            "Spending and returning",
            {
                "fields": (
                    "spend_order",
                    "debt",
                    "restore_on_refund",
                    "min_validity_after_return",
                )
            },
        ),
    )

    class Media:
        js = ("perennial/preview.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.policy_view))
        name = "loyalty_pointtype_policy"
        return [path("<path:object_id>/policy/", view, name=name), *super().get_urls()]

    def policy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show whose points would end at another time, if the form were saved."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_change_permission(request, row):
            raise PermissionDenied
        data = request.POST.copy()
        data["is_seen"] = "on"
        form: Any = self.get_form(request, row, change=True)(data, instance=row)
        context = self.admin_site.each_context(request) | {
            "title": "What the change does",
            "subtitle": str(row),
            "opts": self.opts,
            "original": row,
            **policy_shown(form),
        }
        return TemplateResponse(request, "admin/loyalty/pointtype/policy.html", context)

    @admin.display(description="pending for")
    def held(self, point_type: PointType) -> str:
        return written(point_type.hold) or "none"

    @admin.display(description="expire")
    def expires(self, point_type: PointType) -> str:
        return written(point_type.expiry) or "never"

    @admin.display(description="in use")
    def use(self, point_type: PointType) -> object:
        return readable(point_type.archived_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Wallets hang on it; the program file archives it.

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("program", "code") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        program = obj.program
        saved = edit_point_type(
            program=program, code=obj.code, form=form.point_type_form, at=program.now()
        )
        obj.pk, obj.position, obj.archived_at = saved.pk, saved.position, saved.archived_at
