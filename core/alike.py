"""Many rows that are alike in groups: the values of a group are named once.

The database puts them together, so that a row costs this process little more than its key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, models

from core.bulk import Row, as_array, insert_rows, shape_of


@dataclass(frozen=True, slots=True)
class Kinds:
    """Rows alike in groups: the values of some columns, and the keys that have them."""

    columns: Sequence[str]
    groups: Sequence[tuple[Row, Sequence[int]]]

    def each(self) -> Iterator[tuple[int, Row]]:
        """Yield every key with its values."""
        return ((key, values) for values, keys in self.groups for key in keys)


def insert_alike(model: type[models.Model], column: str, kinds: Kinds) -> None:
    """Insert a row for each key, which `column` gets, with the values of its kind.

    On PostgreSQL the database makes them, which costs this process next to nothing.
    """
    if not kinds.groups:
        return
    if connection.vendor != "postgresql":
        rows = [(key, *values) for key, values in kinds.each()]
        insert_rows(model, (column, *kinds.columns), rows)
        return
    shape = shape_of(model, (column, *kinds.columns), connection.vendor)
    source, given = keyed_source(model, kinds)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {shape.table} ({shape.names}) "  # noqa: S608
            f"SELECT key, {', '.join(shape.columns[1:])} FROM {source}",
            given,
        )


def keyed_source(model: type[models.Model], kinds: Kinds) -> tuple[str, list[Any]]:
    """Return what PostgreSQL is to select `key` and the columns from, and its values."""
    shape = shape_of(model, tuple(kinds.columns), connection.vendor)
    arrays = ", ".join(f"%s::{kind}[]" for kind in shape.types)
    text = (
        "unnest(%s::bigint[], %s::bigint[]) AS keyed(key, kind) JOIN "
        f"unnest({arrays}) WITH ORDINALITY AS kinds({shape.names}, kind) USING (kind)"
    )
    keys = [key for _, keys in kinds.groups for key in keys]
    # PostgreSQL counts from one.
    places = [place for place, (_, keys) in enumerate(kinds.groups, 1) for _ in keys]
    values = shape.prepared(values for values, _ in kinds.groups)
    columns = zip(zip(*values, strict=True), shape.types, strict=True)
    lists = [as_array(column, kind) for column, kind in columns]
    return text, [as_array(keys, "bigint"), as_array(places, "bigint"), *lists]


def source_of(types: Sequence[str], rows: Sequence[Row]) -> tuple[str, list[Any]]:
    """Return what makes a table of rows in a statement, and its values.

    `types` are PostgreSQL's, which gets lists of columns and takes them apart: a mark
    for every value would cost more than the value.
    """
    if connection.vendor == "postgresql":
        source = f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)})"  # noqa: S608
        columns = zip(zip(*rows, strict=True), types, strict=True)
        return source, [as_array(values, kind) for values, kind in columns]
    marks = f"({', '.join(['%s'] * len(types))})"
    source = f"VALUES {', '.join([marks] * len(rows))}"
    return source, [_adapted(value) for row in rows for value in row]


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
