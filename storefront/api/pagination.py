"""Lists in pages that stay true while rows are added: newest first, or in their own order."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from rest_framework.utils.urls import replace_query_param

from loyalty.rules.statements.reading import Fault, Parser
from loyalty.rules.statements.values import MAX_NUMBER, parse_whole
from storefront.api.auth import ProgramRequest

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
# The rows of a list that is twisted from several, each with growing numbers.
Strands = Mapping[str, QuerySet[Any]]


@dataclass(frozen=True)
class Cursor:
    """A gap in a list, and whether the page lies above it (newer) or below.

    `gap` says for each strand which number is the first above. New rows lie above
    every gap, so that no page shows a row twice or leaves one out.
    """

    gap: Mapping[str, int]
    upwards: bool = False

    def encode(self) -> str:
        text = json.dumps([self.gap, self.upwards], separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Page:
    """Some rows of a list, in its order, and the addresses of its neighbours."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None

    def body(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        return {"results": results, "next": self.next, "previous": self.previous}


@dataclass(frozen=True, slots=True)
class Found:
    """A row, the strand that it is of, and its number there."""

    pk: int
    strand: str
    number: int
    row: Any


def page_of(request: ProgramRequest, rows: QuerySet[Any]) -> Page:
    """Return the page of a list that was asked for, by row number, newest first."""
    return page_of_strands(request, {"": rows}, column="pk")


def page_of_listed(request: ProgramRequest, rows: Sequence[Mapping[str, Any]]) -> Page:
    """Return the page of a short list with an order of its own; each row has its `code`.

    A cursor names the row beside it. Where that has gone since, or was of another list,
    the list begins anew.
    """
    limit = request.query.get("limit", DEFAULT_LIMIT)
    cursor = request.query.get("cursor") or Cursor({})
    places = {row["code"]: place for place, row in enumerate(rows)}
    named = next((places[code] for code in cursor.gap if code in places), None)
    first, last = 0, limit
    if named is not None:
        after = named + 1
        first, last = (
            (max(0, named - limit), named) if cursor.upwards else (after, after + limit)
        )
    shown = rows[first:last]
    older = Cursor({shown[-1]["code"]: 0}) if shown and last < len(rows) else None
    newer = Cursor({shown[0]["code"]: 0}, upwards=True) if shown and first else None
    return Page(shown, next=_address(request, older), previous=_address(request, newer))


def page_of_strands(request: ProgramRequest, strands: Strands, *, column: str) -> Page:
    """Return a page of several lists shown as one, by row number; a query for each."""
    limit = request.query.get("limit", DEFAULT_LIMIT)
    cursor = request.query.get("cursor")
    upwards = cursor is not None and cursor.upwards
    gap = cursor.gap if cursor else dict.fromkeys(strands, MAX_NUMBER)
    found: list[Found] = []
    for name, rows in strands.items():
        # A strand that the cursor does not know has begun since: it lies above.
        near = _beside(rows, column, gap.get(name, 0), upwards)[: limit + 1]
        found += [Found(row.pk, name, getattr(row, column), row) for row in near]
    found.sort(key=attrgetter("pk"), reverse=not upwards)
    shown, has_more = found[:limit], len(found) > limit
    if cursor is None:
        gap = dict.fromkeys(strands, 0) | _above(found)
    older = Cursor({**gap, **_below(shown)}) if has_more or upwards else None
    is_first = not has_more if upwards else cursor is None
    newer = None if is_first else Cursor({**gap, **_above(shown)}, upwards=True)
    rows_shown = [one.row for one in shown]
    return Page(
        rows_shown[::-1] if upwards else rows_shown,
        next=_address(request, older),
        previous=_address(request, newer),
    )


def parse_limit(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_LIMIT):
        raise Fault.of("out_of_range", f"expected a number from 1 to {LARGEST_LIMIT}")
    return int(text)


def parse_cursor(value: object) -> Cursor:
    text = str(value)
    try:
        decoded = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        gap, upwards = json.loads(decoded)
        numbers = {str(name): parse_whole(number) for name, number in gap.items()}
        return Cursor(numbers, bool(upwards))
    except (ValueError, TypeError, AttributeError, RecursionError, Fault):
        raise Fault.of("invalid_cursor", "take a cursor from 'next' or 'previous'") from None


# What every list may be asked for.
PAGE_PARAMETERS: Mapping[str, Parser] = {"limit": parse_limit, "cursor": parse_cursor}


def _beside(rows: QuerySet[Any], column: str, gap: int, upwards: bool) -> QuerySet[Any]:
    """Return the rows on one side of a gap, the nearest first."""
    if upwards:
        return rows.filter(**{f"{column}__gte": gap}).order_by(column)
    return rows.filter(**{f"{column}__lt": gap}).order_by(f"-{column}")


def _below(rows: Sequence[Found]) -> dict[str, int]:
    """Return the gap below some rows, for each strand that they are of."""
    gap: dict[str, int] = {}
    for row in rows:
        gap[row.strand] = min(row.number, gap.get(row.strand, row.number))
    return gap


def _above(rows: Sequence[Found]) -> dict[str, int]:
    """Return the gap above some rows, for each strand that they are of."""
    gap: dict[str, int] = {}
    for row in rows:
        gap[row.strand] = max(row.number + 1, gap.get(row.strand, 0))
    return gap


def _address(request: ProgramRequest, cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor.encode())
