"""Reading rows on the hot path: plain SQL, made once, with Django's own conversions.

Putting a queryset together costs as much as the database takes to answer it, and an
order asks three times. What comes back are ordinary model instances.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from core.bulk import prepared_cursor

M = TypeVar("M", bound=models.Model)

Condition = tuple[str, Sequence[Any]]

NEVER: Condition = ("FALSE", ())


def one_of(column: str, values: Iterable[Any]) -> Condition:
    """Return the condition that a column has one of these values."""
    listed = list(values)
    if not listed:
        return NEVER
    return f'"{column}" IN ({", ".join(["%s"] * len(listed))})', listed


def any_of(*conditions: Condition) -> Condition:
    """Return the condition that holds if one of these does."""
    text = " OR ".join(text for text, _ in conditions)
    return f"({text})", [value for _, values in conditions for value in values]


def read_rows(
    model: type[M], program_id: int, condition: Condition, *, lock: bool = False
) -> list[M]:
    """Return a program's rows that meet a condition, in id order; locked if asked.

    Columns in conditions are named by the caller, never by input.
    """
    if condition == NEVER:
        return []
    text, values = condition
    statement = f'{_select(model)} WHERE "program_id" = %s AND {text} ORDER BY "id"'
    if lock and connection.features.has_select_for_update:
        statement += " FOR UPDATE"
    with prepared_cursor() as cursor:
        cursor.execute(statement, [program_id, *values])
        rows = cursor.fetchall()
    return [_instance(model, row) for row in rows]


@cache
def _select(model: type[models.Model]) -> str:
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    return f'SELECT {columns} FROM "{model._meta.db_table}"'  # noqa: S608


def _instance(model: type[M], row: Sequence[Any]) -> M:
    values = list(row)
    for place, convert in _conversions(model, connection.vendor):
        values[place] = convert(values[place])
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, values)


@cache
def _conversions(
    model: type[models.Model], vendor: str
) -> list[tuple[int, Callable[[Any], Any]]]:
    """Return what Django does to each column's values on this database, by place."""
    found = []
    for place, field in enumerate(model._meta.concrete_fields):
        column = field.get_col(model._meta.db_table)
        converters = [
            *connection.ops.get_db_converters(column),
            *field.get_db_converters(connection),
        ]
        found += [(place, _bound(convert, column)) for convert in converters]
    return found


def _bound(convert: Callable[..., Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)
