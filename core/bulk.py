"""Writing many rows at once, which is how every hot path writes.

The ORM costs half a millisecond a row; a multi-row statement, or COPY where
PostgreSQL offers it, costs a hundredth of that.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.backends.postgresql.base import ServerBindingCursor

# Below this, one INSERT is quicker than setting up a COPY.
COPY_FROM = 50

# SQLite accepts 32,766 variables in a statement.
SQLITE_VARIABLES = 30_000

# Fields whose values every driver understands, and foreign keys, which are numbers.
TAKEN_AS_IS = (
    models.BinaryField,
    models.BooleanField,
    models.CharField,
    models.ForeignKey,
    models.IntegerField,
    models.TextField,
)

ENCODER = DjangoJSONEncoder(ensure_ascii=False)

Row = Sequence[Any]


def prepared_cursor() -> Any:
    """Return a cursor for statements that come again and again.

    PostgreSQL keeps their plans, and gets values apart from the text; Django's own
    cursor writes every value into the text, to be parsed each time.
    """
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    server_side: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    if connection.queries_logged:
        return connection.make_debug_cursor(server_side)
    return connection.make_cursor(server_side)


class Numbers:
    """Primary keys for rows that are about to be written, reserved before they are.

    What `reserve` fetched ahead is used up first, so that the numbers of several
    tables cost one query. On SQLite the caller must be inside a transaction, whose
    write lock is what makes the numbers its own.
    """

    def __init__(self) -> None:
        self._spare: dict[type[models.Model], list[int]] = {}

    def reserve(self, counts: Mapping[type[models.Model], int]) -> None:
        """Fetch as many numbers of each table as are not at hand yet, in one query."""
        missing = {
            model: short
            for model, count in counts.items()
            if (short := count - len(self._spare.get(model, ()))) > 0
        }
        if not missing:
            return
        for model in missing:
            self._spare.setdefault(model, [])
        if connection.vendor == "postgresql":
            _reserve_from_sequences(missing, self._spare)
        else:
            _reserve_from_counters(missing, self._spare)

    def take(self, model: type[models.Model], count: int) -> list[int]:
        """Return `count` numbers for rows of a table."""
        self.reserve({model: count})
        spare = self._spare.get(model, [])
        taken, self._spare[model] = spare[:count], spare[count:]
        return taken


def _reserve_from_sequences(
    wanted: Mapping[type[models.Model], int], ids: dict[type[models.Model], list[int]]
) -> None:
    # A model's table is its own, never text from outside.
    query = " UNION ALL ".join(
        f"SELECT {place}, nextval('{model._meta.db_table}_id_seq') "  # noqa: S608
        f"FROM generate_series(1, {count})"
        for place, (model, count) in enumerate(wanted.items())
    )
    models_in_order = list(wanted)
    with connection.cursor() as cursor:
        cursor.execute(query)
        for place, number in cursor.fetchall():
            ids[models_in_order[place]].append(number)


def _reserve_from_counters(
    wanted: Mapping[type[models.Model], int], ids: dict[type[models.Model], list[int]]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        last = dict(cursor.fetchall())
    for model, count in wanted.items():
        spare = ids[model]
        start = (spare[-1] if spare else last.get(model._meta.db_table, 0)) + 1
        spare.extend(range(start, start + count))


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    unless_exists: bool = False,
) -> None:
    """Insert rows given as tuples in the order of `columns` (attribute names).

    `unless_exists` skips rows that a unique constraint already knows.
    """
    if not rows:
        return
    fields = [_fields(model)[column] for column in columns]
    names = ", ".join(f'"{field.column}"' for field in fields)
    table = model._meta.db_table
    prepared = _prepared(fields, rows)
    if connection.vendor == "postgresql" and len(rows) >= COPY_FROM and not unless_exists:
        _copy(f'COPY "{table}" ({names}) FROM STDIN', prepared)
        return
    suffix = " ON CONFLICT DO NOTHING" if unless_exists else ""
    size = max(1, SQLITE_VARIABLES // len(fields))
    marks = f"({', '.join(['%s'] * len(fields))})"
    with prepared_cursor() as cursor:
        for start in range(0, len(prepared), size):
            chunk = prepared[start : start + size]
            cursor.execute(
                f'INSERT INTO "{table}" ({names}) VALUES '  # noqa: S608
                f"{', '.join([marks] * len(chunk))}{suffix}",
                [value for row in chunk for value in row],
            )


def _copy(statement: str, rows: Sequence[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Update rows by primary key: each tuple is the key, then values of `columns`.

    :raises AssertionError: if a row is not there; a silent miss would let
        balances drift
    """
    if not rows:
        return
    fields = [_fields(model)[column] for column in columns]
    key = model._meta.pk
    prepared = _prepared([key, *fields], rows)
    if connection.vendor == "postgresql" and len(rows) > 1:
        updated = _update_from_arrays(model, fields, prepared)
    else:
        updated = _update_each(model, fields, prepared)
    if updated != len(rows):
        raise AssertionError(f"{len(rows) - updated} of {model.__name__} were not there")


def _update_each(model: type[models.Model], fields: Sequence[Any], rows: Sequence[Row]) -> int:
    table = model._meta.db_table
    assignments = ", ".join(f'"{field.column}" = %s' for field in fields)
    statement = f'UPDATE "{table}" SET {assignments} WHERE "id" = %s'  # noqa: S608
    updated = 0
    with prepared_cursor() as cursor:
        for row in rows:
            cursor.execute(statement, (*row[1:], row[0]))
            updated += cursor.rowcount
    return updated


def _update_from_arrays(
    model: type[models.Model], fields: Sequence[Any], rows: Sequence[Row]
) -> int:
    table = model._meta.db_table
    columns = ["id", *(field.column for field in fields)]
    types = ["bigint", *(field.db_type(connection) for field in fields)]
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    names = ", ".join(f'"{column}"' for column in columns)
    assignments = ", ".join(f'"{name}" = v."{name}"' for name in columns[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" AS t SET {assignments} '  # noqa: S608
            f"FROM unnest({arrays}) AS v({names}) WHERE t.id = v.id",
            [list(values) for values in zip(*rows, strict=True)],
        )
        return int(cursor.rowcount)


@cache
def _fields(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field for field in model._meta.concrete_fields}


def _prepared(fields: Sequence[Any], rows: Sequence[Row]) -> list[list[Any]]:
    """Return the values of rows as the database driver wants them."""
    prepared = [list(row) for row in rows]
    for place, prepare in _preparations(tuple(fields), connection.vendor):
        for values in prepared:
            if values[place] is not None:
                values[place] = prepare(values[place])
    return prepared


@cache
def _preparations(
    fields: tuple[Any, ...], vendor: str
) -> list[tuple[int, Callable[[Any], Any]]]:
    """Return what has to be done to which columns on this database."""
    found = [(place, _preparation(field)) for place, field in enumerate(fields)]
    return [(place, prepare) for place, prepare in found if prepare]


def _preparation(field: Any) -> Callable[[Any], Any] | None:
    """Return what has to be done to a field's values; None if drivers take them as is."""
    if isinstance(field, models.JSONField):
        return as_json
    if connection.vendor == "postgresql" or isinstance(field, TAKEN_AS_IS):
        return None
    if isinstance(field, models.DateTimeField):
        # Bound once: there may be thousands of rows, and `connection` is a proxy.
        prepare: Callable[[Any], Any] = connection.ops.adapt_datetimefield_value
        return prepare
    return partial(field.get_db_prep_save, connection=connection)


def as_json(value: Any) -> str:
    """Return JSON text for a JSON column."""
    return ENCODER.encode(value)
