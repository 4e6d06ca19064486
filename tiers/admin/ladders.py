"""The ladder editor: tiers as people fill them in, with a preview of what a change does."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core.errors import DomainError, InvalidInput
from core.staff import DASH, AnyModelAdmin, pretty
from loyalty.admin.acting import sentence
from loyalty.admin.earning import LiveFilter
from loyalty.admin.showing import list_of, local, page_of
from loyalty.models import Program
from tiers.admin.ladder_fields import FIELDSETS
from tiers.admin.ladder_form import LadderForm, with_asker
from tiers.admin.ladder_panels import holders_panel, versions_panel
from tiers.admin.ladder_preview import told_of
from tiers.admin.tier_rows import keyed
from tiers.models import Ladder, LadderVersion, Standing, StandingChange
from tiers.queries.ladders import ladder_form, newest_version
from tiers.queries.trials import try_ladder, try_undo
from tiers.services.ladders import archive_ladder, edit_ladder, undo_ladder_version


@admin.register(Ladder)
class LadderAdmin(AnyModelAdmin):
    form = LadderForm
    fieldsets = FIELDSETS
    list_display = ("title", "code", "climbed", "counts", "program")
    list_display_links = ("title",)
    list_select_related = ("program",)
    list_filter = ("program", LiveFilter)
    search_fields = ("code", "name")
    change_form_template = "admin/tiers/ladder/change_form.html"
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = None

    class Media:
        js = ("perennial/ladder.js", "perennial/preview.js")
        css = {"all": ("perennial/tiers.css",)}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(description="ladder")
    def title(self, ladder: Ladder) -> str:
        return str(ladder)

    @admin.display(description="tiers")
    def climbed(self, ladder: Ladder) -> SafeString | str:
        form = newest_form(ladder)
        if form is None:
            return DASH
        names = ((tier.get("name") or code) for code, tier in form["tiers"].items())
        return format_html_join(" \N{RIGHTWARDS ARROW} ", "{}", ((name,) for name in names))

    @admin.display(description="counts")
    def counts(self, ladder: Ladder) -> str:
        form = newest_form(ladder) or {}
        metric = str(form.get("metric") or "spend").replace("_", " ")
        window = form.get("window") or "lifetime"
        if isinstance(window, dict):
            window = " ".join(str(each) for each in window.values())
        return f"{metric}, {window}"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Members' histories hang on it; a ladder is archived.

    @admin.display(description="As the program file writes it")
    def as_written(self, ladder: Ladder) -> SafeString:
        return format_html("<pre>{}</pre>", pretty(ladder_form(ladder)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("program", "code", "as_written") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": ("program", "code", "name", "as_written")}),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        only = Program.objects.order_by("pk").values_list("pk", flat=True)[:1]
        return {"program": next(iter(only), None)} | super().get_changeform_initial_data(
            request
        )

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_POST(self.preview_view))
        undo = self.admin_site.admin_view(self.undo_view)
        archive = self.admin_site.admin_view(self.archive_view)
        return [
            path("add/preview/", preview, name="tiers_ladder_preview_new"),
            path("<path:object_id>/preview/", preview, name="tiers_ladder_preview"),
            path("<path:object_id>/undo/", undo, name="tiers_ladder_undo"),
            path("<path:object_id>/archive/", archive, name="tiers_ladder_archive"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        ladder = kwargs.get("obj")
        if ladder is not None:
            standing = [each for each in ladder.versions.all() if each.undone_at is None]
            context["holders"] = holders_panel(ladder)
            context["versions"] = versions_panel(ladder)
            context["members"] = list_of(Standing, ladder=ladder.pk)
            context["moves"] = list_of(StandingChange, ladder=ladder.pk)
            context["can_undo"] = len(standing) > 1
            planned: LadderVersion | None = context["adminform"].form.planned
            context["planned"] = planned and begins(planned, ladder.program)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        program: Program = obj.program
        at = program.now()
        before = newest_version(obj) if change else None
        saved = edit_ladder(
            program=program,
            code=obj.code,
            form=form.ladder_form,
            at=at,
            applies_from=max(form.starts_at or at, at),
        )
        obj.pk, obj.position, obj.archived_at = saved.pk, saved.position, saved.archived_at
        messages.info(request, _told_after(before, newest_version(saved), form))

    def preview_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """Tell what the ladder, as it stands in the form, would do to members."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if not self.has_change_permission(request, row) or (object_id and row is None):
            raise PermissionDenied
        form: Any = self.get_form(request, row, change=row is not None)(
            request.POST, instance=row
        )
        context = self._page(request, row, "What the change does") | _previewed(form)
        return TemplateResponse(request, "admin/tiers/ladder/preview.html", context)

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what undoing the newest change does, and undo it."""
        ladder = self._chosen(request, object_id)
        if request.method == "POST":
            said = self._done(request, lambda: _undo(ladder))
            return self._back(request, ladder, said)
        context = self._page(request, ladder, "Undo the newest change")
        try:
            trial = try_undo(ladder.program, ladder.code, at=ladder.program.now())
        except ValueError:
            messages.error(request, "There is no change to undo: this is its first version.")
            return HttpResponseRedirect(page_of(ladder))
        context |= told_of(trial, ladder.program) | {"act": "Undo the newest change"}
        return TemplateResponse(request, "admin/tiers/ladder/undo.html", context)

    def archive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say who is in the ladder, and take it out of use; or bring it back."""
        ladder = self._chosen(request, object_id)
        if request.method == "POST":
            said = self._done(request, lambda: _archive(ladder))
            return self._back(request, ladder, said)
        context = self._page(request, ladder, "Archive") | {"panels": [holders_panel(ladder)]}
        return TemplateResponse(request, "admin/tiers/ladder/archive.html", context)

    def _chosen(self, request: HttpRequest, object_id: str) -> Ladder:
        ladder: Ladder | None = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, ladder):
            raise PermissionDenied
        if ladder is None:
            raise Http404
        return ladder

    def _page(self, request: HttpRequest, row: Ladder | None, title: str) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {
            "title": title,
            "subtitle": str(row or "A new ladder"),
            "opts": self.opts,
            "original": row,
        }

    def _done(self, request: HttpRequest, act: Callable[[], str]) -> str | None:
        """Do it; say what came of it, or nothing where a rule said no."""
        try:
            return act()
        except InvalidInput as error:
            for problem in error.problems:
                messages.error(request, with_asker(problem))
        except DomainError as error:
            messages.error(request, sentence(error.detail))
        return None

    def _back(self, request: HttpRequest, ladder: Ladder, said: str | None) -> HttpResponse:
        if said is not None:
            self.log_change(request, ladder, said)
            messages.success(request, said)
        return HttpResponseRedirect(page_of(ladder))


def newest_form(ladder: Ladder) -> dict[str, Any] | None:
    """Return a ladder's form as it was last saved, of versions that were read already."""
    standing = [each for each in ladder.versions.all() if each.undone_at is None]
    return max(standing, key=lambda each: each.number).form("") if standing else None


def _undo(ladder: Ladder) -> str:
    version = undo_ladder_version(
        program=ladder.program, code=ladder.code, at=ladder.program.now()
    )
    return f"Version {version.number} was never there. Members move with their next review."


def _archive(ladder: Ladder) -> str:
    at = ladder.program.now()
    if ladder.archived_at is None:
        archive_ladder(ladder=ladder, at=at)
        return f"{ladder} is archived: its tiers bring nothing more."
    form = ladder_form(ladder)
    edit_ladder(program=ladder.program, code=ladder.code, form=form, at=at)
    return f"{ladder} is in use again."


def _previewed(form: Any) -> dict[str, Any]:
    """Return what the form would do, or what is wrong with it."""
    if not form.is_valid():
        return {"problems": problems_of(form)}
    program: Program = form.program
    trial = try_ladder(
        program,
        form.code,
        form.ladder_form,
        at=program.now(),
        applies_from=form.starts_at,
    )
    planned: LadderVersion | None = form.planned
    return told_of(trial, program) | {
        "planned": planned and begins(planned, program),
        "drops": form.drops is not None,
        # Where members would be on that day is by the plan.
        "against_plan": planned is not None and planned.applies_from <= trial.at,
    }


def _told_after(before: LadderVersion | None, after: LadderVersion | None, form: Any) -> str:
    """Say what saving came to, by the newest version before and after it."""
    program: Program = form.program
    if after is None or after == before:
        text = "No new version: what counts is as it was."
        if form.planned:
            text += f" The change planned from {begins(form.planned, program)} still stands."
        return text
    text = f"Version {after.number} counts from {begins(after, program)} on."
    if form.drops:
        was = begins(form.drops, program)
        text += f" The change planned from {was} was dropped: this took its place."
    return f"{text} Members move with their next review."


def begins(version: LadderVersion, program: Program) -> str:
    return local(version.applies_from, program)


def problems_of(form: Any) -> list[tuple[str, str]]:
    """Return what is wrong with a ladder's form, also in its rows: where, and what."""
    found = [
        (str(form[name].label) if name in form.fields else "", text)
        for name, texts in form.errors.items()
        for text in map(str, texts)
    ]
    for code, row in keyed(form.rows).items():
        found += [
            (f"{code}, {name}", text)
            for name, texts in row.errors.items()
            for text in map(str, texts)
        ]
    return found
