"""Earning rules, as a draft that staff edit and try; and what was published of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core.errors import DomainError
from core.staff import DASH, AnyModelAdmin, Page, Panel, pretty
from loyalty.admin.explaining import limit_in_words, rule_in_words
from loyalty.admin.rule_fields import FIELDSETS
from loyalty.admin.rule_form import EarningRuleForm
from loyalty.admin.showing import ProgramRowsAdmin, link, local, page_of
from loyalty.admin.trials import BroughtTo, trial_of
from loyalty.models import EarningRule, LimitUse, MemberEvent, Program, RuleSet
from loyalty.queries.programs import newest_rule_set, preview_publication
from loyalty.queries.trials import Brought
from loyalty.services.editing import archive_earning_rule, edit_earning_rule


class LiveFilter(admin.SimpleListFilter):
    """Rules in use unless archived ones are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> list[tuple[str, str]]:
        return [("archived", "Archived"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        every, *rest = super().choices(changelist)
        yield every | {"display": "In use"}
        yield from rest

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[EarningRule]
    ) -> QuerySet[EarningRule]:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "archived")


@admin.register(EarningRule)
class EarningRuleAdmin(AnyModelAdmin):
    form = EarningRuleForm
    fieldsets = FIELDSETS
    list_display = ("title", "code", "on", "gives", "condition", "program")
    list_display_links = ("title",)
    list_select_related = ("program",)
    list_filter = ("program", LiveFilter)
    search_fields = ("code", "name", "on")
    change_form_template = "admin/loyalty/earningrule/change_form.html"
    change_list_template = "admin/loyalty/earningrule/change_list.html"
    actions = ("archive_rules",)
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()

    class Media:
        js = ("perennial/rule.js",)

    @admin.display(description="rule")
    def title(self, rule: EarningRule) -> str:
        return str(rule)

    @admin.display(description="gives")
    def gives(self, rule: EarningRule) -> str:
        limits = map(limit_in_words, rule.definition.get("limits") or [])
        return ", ".join([rule_in_words(rule.definition), *limits])

    @admin.display(description="when")
    def condition(self, rule: EarningRule) -> str:
        return str(rule.definition.get("when") or DASH)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Orders keep rules; a rule is archived.

    @admin.display(description="As the program file writes it")
    def as_written(self, rule: EarningRule) -> SafeString:
        return format_html("<pre>{}</pre>", pretty(rule.form()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("program", "code", "as_written") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": ("program", "code", "name", "on", "as_written")}),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        only = Program.objects.order_by("pk").values_list("pk", flat=True)[:1]
        return {"program": next(iter(only), None)} | super().get_changeform_initial_data(
            request
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.try_view))
        archive = self.admin_site.admin_view(require_POST(self.archive_view))
        return [
            path("add/try/", view, name="loyalty_earningrule_try_new"),
            path("<path:object_id>/try/", view, name="loyalty_earningrule_try"),
            path("<path:object_id>/archive/", archive, name="loyalty_earningrule_archive"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        drafts = [
            (program, len(changes), publish_url(program))
            for program in Program.objects.order_by("pk")
            if (changes := preview_publication(program))
        ]
        return super().changelist_view(request, {"drafts": drafts} | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = edit_earning_rule(
            program=obj.program,
            code=obj.code,
            form=form.rule_form,
            at=obj.program.now(),
        )
        obj.pk, obj.position, obj.archived_at = saved.pk, saved.position, saved.archived_at
        text = 'Nothing earns by it yet: <a href="{}">look at what changes, and publish</a>.'
        messages.info(request, format_html(text, publish_url(obj.program)))

    def try_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """Tell what the rule, as it stands in the form, gives for the last orders."""
        rule = self.get_object(request, unquote(object_id)) if object_id else None
        allowed = self.has_change_permission(request, rule)
        if not allowed or (object_id and rule is None):
            raise PermissionDenied
        form = self.get_form(request, rule, change=rule is not None)(
            request.POST, instance=rule
        )
        panel, problems = _tried(form, self.brought_to)
        context = self.admin_site.each_context(request) | {
            "title": "Try it",
            "subtitle": str(rule or "A new rule"),
            "opts": self.opts,
            "original": rule,
            "panel": panel,
            "problems": problems,
        }
        return TemplateResponse(request, "admin/loyalty/earningrule/try.html", context)

    def brought_to(self, events: Sequence[MemberEvent]) -> Mapping[int, Brought]:
        """Return what members brought along to events; tiers are unknown here."""
        return {}

    def archive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a rule out of use, or bring an archived one back."""
        rule = self.get_object(request, unquote(object_id))
        if rule is None or not self.has_change_permission(request, rule):
            raise PermissionDenied
        self._archive(request, rule, archived=rule.archived_at is None)
        return HttpResponseRedirect(page_of(rule))

    @admin.action(description="Archive the chosen rules", permissions=["change"])
    def archive_rules(self, request: HttpRequest, rules: QuerySet[EarningRule]) -> None:
        for rule in rules.select_related("program"):
            self._archive(request, rule, archived=True)

    def _archive(self, request: HttpRequest, rule: EarningRule, *, archived: bool) -> None:
        at = rule.program.now()
        if archived:
            archive_earning_rule(rule=rule, at=at)
        else:
            edit_earning_rule(program=rule.program, code=rule.code, form=rule.form(), at=at)
        said = "archived" if archived else "in use again"
        self.log_change(request, rule, said)
        text = '{} is {}. It counts once you <a href="{}">publish</a>.'
        messages.success(request, format_html(text, rule, said, publish_url(rule.program)))


def publish_url(program: Program) -> str:
    return reverse("admin:loyalty_program_publish", args=[program.pk])


def _tried(form: Any, brought_to: BroughtTo) -> tuple[Panel | None, list[tuple[str, str]]]:
    """Return what came of trying the rule in a form, or what is wrong with it."""
    if not form.is_valid():
        return None, [
            (str(form[name].label) if name in form.fields else "", text)
            for name, texts in form.errors.items()
            for text in map(str, texts)
        ]
    try:
        return trial_of(form.program, form.content(), form.code, brought_to), []
    except DomainError as error:
        return None, [("", error.detail)]


@admin.register(RuleSet)
class RuleSetAdmin(ProgramRowsAdmin):
    list_display = ("name", "program", "published", "how_many")
    list_select_related = ("program",)

    @admin.display(description="rule set")
    def name(self, rule_set: RuleSet) -> str:
        return str(rule_set)

    @admin.display(description="in force from")
    def published(self, rule_set: RuleSet) -> str:
        return local(rule_set.published_at, rule_set.program)

    @admin.display(description="rules")
    def how_many(self, rule_set: RuleSet) -> int:
        return len(rule_set.content["rules"])

    def page(self, rule_set: RuleSet) -> Page:
        program = rule_set.program
        newest = newest_rule_set(program)
        facts: list[tuple[str, object]] = [
            ("Program", link(program)),
            ("In force from", local(rule_set.published_at, program)),
            ("Is the newest", "yes" if newest and newest.pk == rule_set.pk else "no"),
        ]
        rules = Panel(
            title="Rules",
            headings=("Rule", "Code", "On", "Gives", "When", "Limits"),
            rows=[
                (
                    form.get("name") or code,
                    code,
                    form.get("on", "order"),
                    rule_in_words(form),
                    form.get("when") or DASH,
                    "; ".join(map(limit_in_words, form.get("limits") or [])) or DASH,
                )
                for code, form in sorted(rule_set.content["rules"].items())
            ],
            empty="No rules: nothing earned.",
        )
        return Page(facts, [rules], raw=[("As it was frozen", pretty(rule_set.content))])


@admin.register(LimitUse)
class LimitUseAdmin(ProgramRowsAdmin):
    list_display = ("id", "rule", "whose", "source", "points", "times", "occurred")
    list_select_related = ("program", "member")
    search_fields = ("rule",)
    search_help_text = "The code of a rule, or a member's id or e-mail address."
    member_path = "member"

    @admin.display(description="member")
    def whose(self, use: LimitUse) -> str:
        return use.member.external_id

    @admin.display(description="used by")
    def source(self, use: LimitUse) -> str:
        return f"{use.source_type} {use.source_id}"

    @admin.display(description="occurred")
    def occurred(self, use: LimitUse) -> str:
        return local(use.occurred_at, use.program)

    def page(self, use: LimitUse) -> Page:
        facts: list[tuple[str, object]] = [
            ("Rule", use.rule),
            ("Member", link(use.member)),
            ("Used by", f"{use.source_type} {use.source_id}"),
            ("Points", use.points),
            ("Times", use.times),
            ("Occurred", local(use.occurred_at, use.program)),
            ("Program", link(use.program)),
        ]
        return Page(facts)
