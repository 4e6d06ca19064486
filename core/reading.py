"""Reading rows on the hot path: plain SQL, made once, with Django's own conversions.

Putting a queryset together costs as much as the database takes to answer it, and an
order asks three times. What comes back are ordinary model instances.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

from core.bulk import prepared_cursor

M = TypeVar("M", bound=models.Model)

Condition = tuple[str, Sequence[Any]]
# Some columns (attribute names) of a table.
Columns = tuple[type[models.Model], tuple[str, ...]]

# Values of a list for which an index is surely looked into one by one.
FEW = 20

NEVER: Condition = ("FALSE", ())


def one_of(column: str, values: Iterable[Any]) -> Condition:
    """Return the condition that a column has one of these values."""
    listed = list(values)
    if not listed:
        return NEVER
    if connection.vendor == "postgresql":
        return f'"{column}" = ANY(%s)', [listed]
    return f'"{column}" IN ({", ".join(["%s"] * len(listed))})', listed


def any_of(*conditions: Condition) -> Condition:
    """Return the condition that holds if one of these does."""
    text = " OR ".join(text for text, _ in conditions)
    return f"({text})", [value for _, values in conditions for value in values]


def read_rows(
    model: type[M],
    program_id: int,
    condition: Condition,
    *,
    lock: bool = False,
    shared: bool = False,
    no_key: bool = False,
) -> list[M]:
    """Return a program's rows that meet a condition, in id order; locked if asked.

    A `shared` lock lets others read and lock likewise, and keeps writers away; one with
    `no_key` lets others write rows that refer to these.
    Columns in conditions are named by the caller, never by input.
    """
    if condition == NEVER:
        return []
    text, values = condition
    select = _select(model, _names(model))
    statement = f'{select} WHERE "program_id" = %s AND {text} ORDER BY "id"'
    if lock and connection.features.has_select_for_update:
        strength = "NO KEY UPDATE" if no_key else "UPDATE"
        statement += " FOR SHARE" if shared else f" FOR {strength}"
    return _instances(model, _rows(statement, [program_id, *values]))


def read_with(model: type[M], relation: str, condition: Condition) -> list[M]:
    """Return rows of any program, each with the row that one of its keys leads to.

    Only the first of the two tables may have the condition's columns.
    """
    select, other = _select_with(model, relation)
    text, values = condition
    rows = _rows(f"{select} WHERE {text}", values)
    own = len(_names(model))
    instances = _instances(model, [row[:own] for row in rows])
    others = _instances(other, [row[own:] for row in rows])
    for instance, related in zip(instances, others, strict=True):
        setattr(instance, relation, related)
    return instances


@cache
def _select_with(model: type[models.Model], relation: str) -> tuple[str, type[models.Model]]:
    key: Any = model._meta.get_field(relation)
    other: type[models.Model] = key.related_model
    columns = ", ".join(
        f'"{each._meta.db_table}"."{field.column}"'
        for each in (model, other)
        for field in each._meta.concrete_fields
    )
    table, theirs = model._meta.db_table, other._meta.db_table
    return (
        f'SELECT {columns} FROM "{table}" JOIN "{theirs}" '  # noqa: S608
        f'ON "{theirs}"."id" = "{table}"."{key.column}"'
    ), other


def read_values(
    model: type[models.Model], columns: tuple[str, ...], condition: Condition
) -> list[dict[str, Any]]:
    """Return some columns (attribute names) of the rows that meet a condition, in id order."""
    if condition == NEVER:
        return []
    text, values = condition
    rows = _rows(f'{_select(model, columns)} WHERE {text} ORDER BY "id"', values)
    return _converted(model, columns, rows)


def read_together(*wanted: tuple[type[models.Model], Condition]) -> list[list[Any]]:
    """Return the rows of several tables in one statement, each table's in id order.

    For small reads that come again and again, where the way to the database costs more
    than what is read there.
    """
    tables = [(columns_of(model), condition) for model, condition in wanted]
    found = zip(wanted, read_values_together(*tables), strict=True)
    return [as_instances(model, rows) for (model, _), rows in found]


def read_values_together(*wanted: tuple[Columns, Condition]) -> list[list[dict[str, Any]]]:
    """Return some columns of several tables likewise, `id` the first of each.

    One statement sees one moment: what it finds in one table agrees with the others.
    """
    statement = _together(tuple(columns for columns, _ in wanted), connection.vendor)
    conditions = [condition for _, condition in wanted]
    values = [value for _, listed in conditions for value in listed]
    rows = _rows(statement.format(*(text for text, _ in conditions)), values)
    found = []
    start = 1
    for place, ((model, names), _) in enumerate(wanted):
        end = start + len(names)
        own = sorted([row[start:end] for row in rows if row[0] == place], key=itemgetter(0))
        found.append(_converted(model, names, own))
        start = end
    return found


@cache
def _together(tables: tuple[Columns, ...], vendor: str) -> str:
    """Return the statement, with a place for the condition on each table."""
    shapes = [_fields(*columns) for columns in tables]
    selects = []
    for place, (model, _) in enumerate(tables):
        selected = [
            f'"{field.column}"' if own == place else f"CAST(NULL AS {_type_of(field)})"
            for own, shape in enumerate(shapes)
            for field in shape
        ]
        table = model._meta.db_table
        selects.append(f'SELECT {place}, {", ".join(selected)} FROM "{table}" WHERE {{}}')  # noqa: S608
    return " UNION ALL ".join(selects)


def columns_of(model: type[models.Model]) -> Columns:
    """Return all columns of a table."""
    return model, _names(model)


def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[Any]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _type_of(field: Any) -> str:
    return str(
        field.rel_db_type(connection) if field.primary_key else field.cast_db_type(connection)
    )


def _rows(statement: str, values: Sequence[Any]) -> list[Sequence[Any]]:
    # A plan that is kept does not know a long list, and compares its values one by one.
    has_long_list = any(isinstance(value, list) and len(value) > FEW for value in values)
    with connection.cursor() if has_long_list else prepared_cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Sequence[Any]] = cursor.fetchall()
    return rows


@cache
def _select(model: type[models.Model], names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(model, names))
    return f'SELECT {columns} FROM "{model._meta.db_table}"'  # noqa: S608


def _instances(model: type[M], rows: Sequence[Sequence[Any]]) -> list[M]:
    return as_instances(model, _converted(model, _names(model), rows))


def as_instances(model: type[M], rows: Iterable[dict[str, Any]]) -> list[M]:
    """Return rows as instances, as `from_db` makes them, at a tenth of its cost.

    Its cost is calling `__init__`, which sets fields one by one and sends signals;
    models that are read here have no `__init__` of their own, and there are no signals.
    """
    instances = []
    for values in rows:
        instance = _instance(model, values)
        instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS
        instances.append(instance)
    return instances


def _converted(
    model: type[models.Model], names: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    conversions = _conversions(model, names, connection.vendor)
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for values in found:
        for name, convert in conversions:
            values[name] = convert(values[name])
    return found


def blank_row(model: type[M], **values: Any) -> M:
    """Return an instance that is yet to be written, the rest of it by default."""
    fixed, made = _defaults(model)
    return _instance(model, {**fixed, **{name: make() for name, make in made}, **values})


def _instance(model: type[M], values: dict[str, Any]) -> M:
    instance = model.__new__(model)
    instance.__dict__ = values
    instance._state = ModelState()
    return instance


@cache
def _defaults(
    model: type[models.Model],
) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """Return the defaults that are the same for every row, and what makes the others."""
    fields = model._meta.concrete_fields
    fixed = {field.attname: field.get_default() for field in fields}
    own = [field for field in fields if field.has_default() and callable(field.default)]
    return fixed, [(field.attname, field.get_default) for field in own]


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _conversions(
    model: type[models.Model], names: tuple[str, ...], vendor: str
) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return what Django does to each column's values on this database, by name."""
    found = []
    for field in model._meta.concrete_fields:
        if field.attname not in names:
            continue
        column = field.get_col(model._meta.db_table)
        converters = [
            *connection.ops.get_db_converters(column),
            *field.get_db_converters(connection),
        ]
        found += [(field.attname, _bound(convert, column)) for convert in converters]
    return found


def _bound(convert: Callable[..., Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)
