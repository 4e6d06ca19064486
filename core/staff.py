"""How staff look at rows that nobody edits: pages to read, and lists that stay quick."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin

DASH = "\N{EN DASH}"

# How many rows of a list are counted; whoever needs more had better search.
MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of a table that may be too large to count: it counts to a bound."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:MOST_COUNTED].count()
        return len(rows)

    @property
    def is_cut(self) -> bool:
        return self.count == MOST_COUNTED


class WordFilter(admin.SimpleListFilter):
    """Rows by one of a few words, which are known: asking the table would read all of it."""

    words: ClassVar[Sequence[tuple[Any, Any]]]

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> Sequence[tuple[Any, Any]]:
        return self.words

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = self.value()
        is_known = word in [str(known) for known, _ in self.words]
        return queryset.filter(**{str(self.parameter_name): word}) if is_known else queryset


class Figure(str):
    """A number as it is to be read; it stands to the right in its column."""

    __slots__ = ()


@dataclass(frozen=True)
class Panel:
    """A table on a page. Whole numbers and figures are aligned like numbers."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    note: str = ""

    def cells(self) -> list[list[tuple[object, bool]]]:
        """Return the rows as (what to show, whether it is a number)."""
        return [[_cell(value) for value in row] for row in self.rows]

    def columns(self) -> list[tuple[str, bool]]:
        """Return the headings, each with whether numbers stand below it."""
        first = self.cells()[0] if self.rows else [("", False)] * len(self.headings)
        return [
            (heading, is_number)
            for heading, (_, is_number) in zip(self.headings, first, strict=True)
        ]


@dataclass(frozen=True)
class Tool:
    """A button at the head of a page that leads to another."""

    text: str
    url: str


@dataclass(frozen=True)
class Page:
    """What there is to read about one row: facts by name, then tables, then raw data."""

    facts: Sequence[tuple[str, object]]
    panels: Sequence[Panel] = ()
    stories: Sequence[object] = ()
    raw: Sequence[tuple[str, str]] = ()
    tools: Sequence[Tool] = ()
    note: str = ""
    footnote: str = ""

    def said(self) -> list[tuple[str, str]]:
        """Return the raw data of which there is any."""
        return [(name, text) for name, text in self.raw if text != DASH]


class ReadOnlyAdmin(AnyModelAdmin):
    """Rows that staff may find and read, and nobody may touch here.

    `search_fields` are compared as a whole, so that an index finds them. A
    subclass says in `page` what there is to read about one row.
    """

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    reading_template = "admin/reading.html"
    sortable_by = ()
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(self.found_by(term)), False) if term else (queryset, False)

    def found_by(self, term: str) -> Q:
        """Return what a search for `term` finds."""
        return reduce(or_, [Q(**{str(field): term}) for field in self.search_fields])

    def page(self, obj: Any) -> Page:
        """Return what there is to read about a row."""
        return Page(facts=facts_of(obj))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            raise Http404
        context = self.admin_site.each_context(request) | {
            "title": capfirst(self.opts.verbose_name),
            "subtitle": str(obj),
            "opts": self.opts,
            "original": obj,
            "has_view_permission": True,
            "page": self.page(obj),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.reading_template, context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = self.list_select_related
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*related) if isinstance(related, list | tuple) else rows


def facts_of(obj: Model, *, leave_out: Sequence[str] = ()) -> list[tuple[str, object]]:
    """Return every column of a row with its name, as people read it."""
    return [
        (capfirst(str(field.verbose_name)), readable(getattr(obj, field.name)))
        for field in obj._meta.concrete_fields
        if field.name not in leave_out
    ]


def readable(value: Any, zone: ZoneInfo | None = None) -> object:
    """Return a value as people read it."""
    if value is None or value in ("", b""):
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, bytes | memoryview):
        return format_html("<code>{}</code>", bytes(value).hex())
    return as_json(value) if isinstance(value, dict | list) else value


def moment(at: datetime | None, zone: ZoneInfo | None = None) -> str:
    """Return a time as people read it, with its zone."""
    return f"{at.astimezone(zone or UTC):%Y-%m-%d %H:%M %Z}" if at else DASH


def as_json(value: Any) -> SafeString:
    """Return data on lines of its own."""
    text = pretty(value)
    return format_html("<pre>{}</pre>", text) if "\n" in text else format_html("{}", text)


def pretty(value: Any) -> str:
    """Return data as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) if value else DASH


def _cell(value: object) -> tuple[object, bool]:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}", True
    return value, isinstance(value, Figure)
