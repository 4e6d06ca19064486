"""What staff do to one row: a page that says what it means, a form, one call of a service."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from core.errors import DomainError, InvalidInput
from core.readable import ReadableTexts
from core.staff import AnyModelAdmin, Tool
from loyalty.admin.showing import ProgramRowsAdmin, page_of
from loyalty.services.adjustments import Requested


class Act(ReadableTexts, forms.Form):
    """One thing that staff may do to a row. The same form sent twice has effect once.

    A subclass names the permission it takes, says in `is_offered` to which rows it
    can be done, and calls one service in `perform`. What the service refuses is said
    at the field `refused_at`, unless the refusal points to another.
    """

    title: ClassVar[str]
    permission: ClassVar[str]
    explanation: ClassVar[str] = ""
    refused_at: ClassVar[str | None] = None
    is_final: ClassVar[bool] = False
    level = messages.SUCCESS

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, row: Any, staff: Any, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4().hex} | self.suggested(row)
        super().__init__(*args, **kwargs)
        self.row, self.staff = row, staff
        self.prepare()

    def suggested(self, row: Any) -> dict[str, Any]:
        """Return what stands in the fields at first."""
        return {}

    def prepare(self) -> None:
        """Fit the fields to the row."""

    @classmethod
    def is_offered(cls, row: Any) -> bool:
        """Say whether this can be done to a row as it stands."""
        return True

    def explain(self) -> str:
        """Return what happens, for the head of the page."""
        return self.explanation

    def perform(self) -> str:
        """Do it, and return what came of it.

        :raises DomainError: if a rule says no
        """
        raise NotImplementedError

    def asked(self) -> Requested:
        """Return who asks, when, and under which key."""
        at = self.row.program.now()
        return Requested(f"staff:{self.cleaned_data['key']}", at, self.staff.get_username())

    def adopt(self, error: DomainError) -> None:
        """Put a refusal at the field that it is about."""
        if not isinstance(error, InvalidInput):
            self.add_error(self.refused_at, sentence(error.detail))
            return
        for problem in error.problems:
            name = problem.pointer.strip("/")
            at = name if name in self.fields else self.refused_at
            self.add_error(at, sentence(problem.detail))


def sentence(text: str) -> str:
    """Return what a rule said as a sentence of its own."""
    whole = f"{text[:1].upper()}{text[1:]}"
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


class Acting(AnyModelAdmin):
    """Gives every row of an admin the pages of what may be done to it."""

    acts: ClassVar[Mapping[str, type[Act]]] = {}

    def every_act(self) -> Mapping[str, type[Act]]:
        """Return what may be done, by address, in the order of the buttons."""
        return self.acts

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(partial(self.act_view, act=act)),
                name=act_name(self.opts, name),
            )
            for name, act in self.every_act().items()
        ] + super().get_urls()

    def offered(self, request: HttpRequest, row: Any) -> list[Tool]:
        """Return the buttons of a row's page: what this person may do to it now."""
        return [
            Tool(act.title, reverse(f"admin:{act_name(self.opts, name)}", args=[row.pk]))
            for name, act in self.every_act().items()
            if request.user.has_perm(act.permission) and act.is_offered(row)
        ]

    def act_view(self, request: HttpRequest, object_id: str, act: type[Act]) -> HttpResponse:
        """Say what an act means; do it when the form comes back."""
        if not request.user.has_perm(act.permission):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        form = act(row, request.user, request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._perform(request, form):
            return HttpResponseRedirect(page_of(row))
        shown = [field.name for field in form.visible_fields()]
        fieldsets = [(None, {"fields": shown})] if shown else []
        context = self.admin_site.each_context(request) | {
            "title": act.title,
            "subtitle": str(row),
            "opts": self.opts,
            "original": row,
            "form": form,
            "adminform": AdminForm(form, fieldsets, {}),  # type: ignore[arg-type]
        }
        return TemplateResponse(request, "admin/act.html", context)

    def act_on_each(self, request: HttpRequest, rows: Iterable[Any], act: type[Act]) -> None:
        """Do an act that asks for nothing to chosen rows; what is refused is said."""
        for row in rows:
            form = act(row, request.user, {"key": uuid4().hex})
            if not form.is_valid() or not self._perform(request, form):
                refusals = " ".join(map(str, form.non_field_errors()))
                messages.error(request, f"{row}: {refusals}")

    def _perform(self, request: HttpRequest, form: Act) -> bool:
        try:
            said = form.perform()
        except DomainError as error:
            form.adopt(error)
            return False
        note_act(request, form.row, form.title)
        messages.add_message(request, form.level, said)
        return True


class ActingAdmin(Acting, ProgramRowsAdmin):
    """Rows to read, with buttons that lead to what may be done to one of them."""

    reading_template = "admin/acting.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        extra = dict(extra_context or {})
        if row is not None and request.method == "GET":
            extra |= {"acts": self.offered(request, row), "lists": self.lists(row)}
        return super().change_view(request, object_id, form_url, extra)

    def lists(self, row: Any) -> list[Tool]:
        """Return where to read on about a row."""
        return []


def note_act(request: HttpRequest, row: Model, what: str) -> None:
    """Note who did what to a row, by its number: a name would outlive an erasure."""
    staff: Any = request.user
    LogEntry.objects.create(
        user_id=staff.pk,
        content_type_id=ContentType.objects.get_for_model(row).pk,
        object_id=str(row.pk),
        object_repr=f"{row._meta.verbose_name} {row.pk}",
        action_flag=CHANGE,
        change_message=what,
    )


def act_name(opts: Any, name: str) -> str:
    return f"{opts.app_label}_{opts.model_name}_{name}"
