"""Access rules: products and content that only some may see or buy, and from when on."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core.errors import InvalidInput
from core.readable import ReadableTexts
from core.staff import DASH, AnyModelAdmin, pretty
from loyalty.admin.earning import LiveFilter
from loyalty.admin.reward_form import local_text, moment_text
from loyalty.admin.rule_form import placed
from loyalty.admin.showing import page_of
from loyalty.models import Program
from tiers.models import AccessRule
from tiers.queries.ladders import access_forms, tier_setup_of
from tiers.services.access import archive_access, check_access, edit_access

Form = dict[str, Any]


class LinesField(forms.CharField):
    """A list of words, one on a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = str(super().clean(value)).splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class AccessRuleForm(ReadableTexts, forms.ModelForm):  # type: ignore[type-arg]
    """An access rule, field by field. What is compiled is the file's form of it."""

    skus = LinesField(required=False, label="Products", help_text="SKUs, one on a line.")
    categories = LinesField(
        required=False, help_text="Of products or content, one on a line, as the shop has them."
    )
    tiers = forms.MultipleChoiceField(
        required=False,
        label="Only for",
        widget=forms.CheckboxSelectMultiple,
        help_text="Members in one of these tiers, or in a higher one. None: everybody.",
    )
    opens_at = forms.CharField(
        required=False,
        max_length=40,
        label="Opens at",
        help_text="<code>2026-12-01</code> is midnight; or <code>2026-12-01 09:00</code>. "
        "Empty: it is open.",
    )
    opens_early_by = forms.CharField(
        required=False,
        max_length=60,
        label="Opens earlier by",
        help_text="The benefit that says by how many hours, as "
        "<code>early_access_hours</code>.",
    )

    class Meta:
        model = AccessRule
        fields = ("program", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        self.stored: Form = {}
        if instance is not None and instance.pk:
            self.stored = dict(instance.definition)
            known = fields_of(self.stored, instance.program)
            kwargs["initial"] = known | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.access_form: Form = {}
        field = self.fields.get("tiers")
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = self._tiers()

    def _tiers(self) -> list[tuple[str, str]]:
        """Offer the tiers there are, and those that the rule names and are gone."""
        programs = Program.objects.order_by("pk")
        if self.instance.pk:
            programs = programs.filter(pk=self.instance.program_id)
        offered = {
            f"{code}.{tier.code}": f"{ladder.name}: {tier.name}"
            for program in programs
            for code, ladder in tier_setup_of(program).ladders.items()
            for tier in ladder.versions[-1].ladder.tiers
        }
        gone = (word for word in self.stored.get("tiers") or () if word not in offered)
        return [*offered.items(), *((word, f"{word} (gone)") for word in gone)]

    @property
    def program(self) -> Program:
        program: Program = self.cleaned_data.get("program") or self.instance.program
        return program

    @property
    def code(self) -> str:
        code: str = self.cleaned_data.get("code") or self.instance.code
        return code

    def clean(self) -> Form:
        """Compile the rule, and put each problem at its field."""
        cleaned: Form = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        self.access_form = form_of(cleaned, self.stored, self.program)
        try:
            check_access(
                self.program, access_forms(self.program) | {self.code: self.access_form}
            )
        except InvalidInput as error:
            stem = f"/access/{self.code}"
            for problem in error.problems:
                if f"{problem.pointer}/".startswith(f"{stem}/"):
                    self.add_error(*placed(problem, stem, self.fields))
                else:
                    self.add_error(None, f"{problem.pointer}: {problem.detail}")
        return cleaned


def fields_of(form: Mapping[str, Any], program: Program) -> Form:
    return {
        "skus": list(form.get("skus") or ()),
        "categories": list(form.get("categories") or ()),
        "tiers": list(form.get("tiers") or ()),
        "opens_at": local_text(form.get("opens_at"), program.zone) or "",
        "opens_early_by": form.get("opens_early_by") or "",
    }


def form_of(cleaned: Mapping[str, Any], stored: Mapping[str, Any], program: Program) -> Form:
    """Return a rule in the file's form; what the fields say the same of stays as it was."""
    said = {key: cleaned[key] for key in ("skus", "categories", "tiers", "opens_early_by")}
    said["opens_at"] = moment_text(cleaned["opens_at"], program.zone)
    before, after = fields_of(stored, program), fields_of(said, program)
    kept = {key: stored.get(key) if before[key] == after[key] else said[key] for key in said}
    return {key: value for key, value in kept.items() if value not in (None, "", [])}


@admin.register(AccessRule)
class AccessRuleAdmin(AnyModelAdmin):
    form = AccessRuleForm
    fieldsets = (
        (None, {"fields": ("program", "code")}),
        ("What it is about", {"fields": ("skus", "categories")}),
        ("For whom, and from when on", {"fields": ("tiers", "opens_at", "opens_early_by")}),
    )
    list_display = ("code", "about", "whom", "opens", "program")
    list_select_related = ("program",)
    list_filter = ("program", LiveFilter)
    search_fields = ("code",)
    change_form_template = "admin/tiers/accessrule/change_form.html"
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = None

    @admin.display(description="about")
    def about(self, rule: AccessRule) -> str:
        words = [
            *(rule.definition.get("skus") or ()),
            *(rule.definition.get("categories") or ()),
        ]
        return ", ".join(words[:6]) + (" \N{HORIZONTAL ELLIPSIS}" if len(words) > 6 else "")

    @admin.display(description="only for")
    def whom(self, rule: AccessRule) -> str:
        return ", ".join(rule.definition.get("tiers") or ()) or "everybody"

    @admin.display(description="opens at")
    def opens(self, rule: AccessRule) -> str:
        at = rule.definition.get("opens_at")
        return local_text(at, rule.program.zone) or DASH

    @admin.display(description="As the program file writes it")
    def as_written(self, rule: AccessRule) -> SafeString:
        return format_html("<pre>{}</pre>", pretty(rule.definition))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # A rule is archived, so that it can come back.

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("program", "code", "as_written") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": ("program", "code", "as_written")}),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        only = Program.objects.order_by("pk").values_list("pk", flat=True)[:1]
        return {"program": next(iter(only), None)} | super().get_changeform_initial_data(
            request
        )

    def get_urls(self) -> list[URLPattern]:
        archive = self.admin_site.admin_view(require_POST(self.archive_view))
        name = "tiers_accessrule_archive"
        return [path("<path:object_id>/archive/", archive, name=name), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = edit_access(
            program=obj.program, code=obj.code, form=form.access_form, at=obj.program.now()
        )
        obj.pk, obj.position, obj.archived_at = saved.pk, saved.position, saved.archived_at
        messages.info(request, "It counts at once.")

    def archive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a rule out of use, or bring an archived one back."""
        rule = self.get_object(request, unquote(object_id))
        if rule is None or not self.has_change_permission(request, rule):
            raise PermissionDenied
        at, was_live = rule.program.now(), rule.archived_at is None
        try:
            if was_live:
                archive_access(rule=rule, at=at)
            else:
                edit_access(program=rule.program, code=rule.code, form=rule.definition, at=at)
        except InvalidInput as error:
            messages.error(request, "; ".join(each.detail for each in error.problems))
            return HttpResponseRedirect(page_of(rule))
        said = "archived: what it was about is for everybody" if was_live else "in use again"
        self.log_change(request, rule, said)
        messages.success(request, f"{rule} is {said}.")
        return HttpResponseRedirect(page_of(rule))
