"""Writing many rows at once, which is how every hot path writes.

The ORM costs half a millisecond a row; a multi-row statement, or COPY where
PostgreSQL offers it, costs a hundredth of that.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, islice
from typing import Any

import orjson
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.postgresql.base import ServerBindingCursor

# Below this, one INSERT is quicker than setting up a COPY.
COPY_FROM = 50

# Rows of several tables that are written in one statement at most.
FEW = 12

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

# What is encoded was parsed from JSON or made here: it has no circles to look for.
ENCODER = DjangoJSONEncoder(check_circular=False)
WHOLE_NUMBERS = frozenset({"bigint", "integer", "smallint"})

Row = Sequence[Any]
# A table, its columns (attribute names), and rows of values, made as they go.
Table = tuple[type[models.Model], Sequence[str], Iterable[Row]]


def prepared_cursor() -> Any:
    """Return a cursor for statements that come again and again.

    PostgreSQL keeps their plans, and gets values apart from the text; Django's own
    cursor writes every value into the text, to be parsed each time.
    """
    # Bound once: `connection` is a proxy that looks up its thread's each time.
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        return database.cursor()
    database.ensure_connection()
    server_side: Any = ServerBindingCursor(database.connection)  # type: ignore[call-arg]
    if database.queries_logged:
        return database.make_debug_cursor(server_side)
    return database.make_cursor(server_side)


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
        "FROM generate_series(1, %s)"
        for place, model in enumerate(wanted)
    )
    models_in_order = list(wanted)
    with prepared_cursor() as cursor:
        cursor.execute(query, list(wanted.values()))
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
    rows: Iterable[Row],
    *,
    unless_exists: bool = False,
) -> None:
    """Insert rows given as tuples in the order of `columns` (attribute names).

    Rows may be made one by one, without the database: PostgreSQL takes in those that
    were sent while the next are made. `unless_exists` skips rows that a unique
    constraint already knows.
    """
    shape = shape_of(model, tuple(columns), connection.vendor)
    prepared = shape.prepared(rows)
    first = list(islice(prepared, COPY_FROM))
    prepared = chain(first, prepared)
    if connection.vendor == "postgresql" and len(first) == COPY_FROM and not unless_exists:
        _copy(f"COPY {shape.table} ({shape.names}) FROM STDIN", prepared)
        return
    suffix = " ON CONFLICT DO NOTHING" if unless_exists else ""
    size = max(1, SQLITE_VARIABLES // len(shape.columns))
    with prepared_cursor() as cursor:
        while chunk := list(islice(prepared, size)):
            cursor.execute(
                f"{shape.insert(len(chunk))}{suffix}", list(chain.from_iterable(chunk))
            )


def insert_together(*tables: Table) -> None:
    """Insert rows of several tables, those first that others refer to.

    A few rows go in one statement where the database can: there every way to it costs
    more than what is written.
    """
    begun = [(model, columns, iter(rows)) for model, columns, rows in tables]
    given = [(*table, few) for table in begun if (few := list(islice(table[2], FEW + 1)))]
    total = sum(len(few) for *_, few in given)
    if connection.vendor != "postgresql" or len(given) < 2 or total > FEW:
        for model, columns, rest, few in given:
            insert_rows(model, columns, chain(few, rest))
        return
    texts: list[str] = []
    values: list[Any] = []
    for model, columns, _, few in given:
        shape = shape_of(model, tuple(columns), connection.vendor)
        texts.append(shape.insert(len(few)))
        values += chain.from_iterable(shape.prepared(few))
    *first, last = texts
    named = ", ".join(f"t{place} AS ({text})" for place, text in enumerate(first))
    with prepared_cursor() as cursor:
        cursor.execute(f"WITH {named} {last}", values)


def _copy(statement: str, rows: Iterable[Row]) -> None:
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
    shape = shape_of(model, ("id", *columns), connection.vendor)
    prepared = list(shape.prepared(rows))
    if connection.vendor == "postgresql" and len(rows) > 1:
        updated = _update_from_arrays(shape, prepared)
    else:
        updated = _update_each(shape, prepared)
    if updated != len(rows):
        raise AssertionError(f"{len(rows) - updated} of {model.__name__} were not there")


def _update_each(shape: "Shape", rows: Sequence[Row]) -> int:
    assignments = ", ".join(f"{name} = %s" for name in shape.columns[1:])
    statement = f'UPDATE {shape.table} SET {assignments} WHERE "id" = %s'  # noqa: S608
    updated = 0
    with prepared_cursor() as cursor:
        for row in rows:
            cursor.execute(statement, (*row[1:], row[0]))
            updated += cursor.rowcount
    return updated


def _update_from_arrays(shape: "Shape", rows: Sequence[Row]) -> int:
    arrays = ", ".join(f"%s::{kind}[]" for kind in shape.types)
    assignments = ", ".join(f"{name} = v.{name}" for name in shape.columns[1:])
    with prepared_cursor() as cursor:
        cursor.execute(
            f"UPDATE {shape.table} AS t SET {assignments} "  # noqa: S608
            f'FROM unnest({arrays}) AS v({shape.names}) WHERE t."id" = v."id"',
            [
                as_array(values, kind)
                for values, kind in zip(zip(*rows, strict=True), shape.types, strict=True)
            ],
        )
        return int(cursor.rowcount)


def as_array(values: Sequence[Any], kind: str) -> Any:
    """Return a list for PostgreSQL. Whole numbers are text: the driver takes each by hand."""
    if kind not in WHOLE_NUMBERS:
        return list(values)
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


@dataclass(frozen=True, slots=True)
class Shape:
    """Some columns of a table, as statements name them and drivers take their values."""

    table: str
    columns: Sequence[str]
    types: Sequence[str]
    preparations: Sequence[tuple[int, Callable[[Any], Any]]]

    @property
    def names(self) -> str:
        return ", ".join(self.columns)

    @property
    def marks(self) -> str:
        return f"({', '.join(['%s'] * len(self.columns))})"

    def insert(self, count: int) -> str:
        """Return the statement that inserts so many rows."""
        marks = ", ".join([self.marks] * count)
        return f"INSERT INTO {self.table} ({self.names}) VALUES {marks}"  # noqa: S608

    def prepared(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the values of rows as the database driver wants them."""
        for row in rows:
            values = list(row)
            for place, prepare in self.preparations:
                if values[place] is not None:
                    values[place] = prepare(values[place])
            yield values


@cache
def shape_of(model: type[models.Model], columns: Sequence[str], vendor: str) -> Shape:
    """Return these columns (attribute names) of a model; made once for each database."""
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[column] for column in columns]
    prepared = [(place, _preparation(field)) for place, field in enumerate(fields)]
    return Shape(
        table=f'"{model._meta.db_table}"',
        columns=[f'"{field.column}"' for field in fields],
        types=[field.db_type(connection) or "" for field in fields],
        preparations=[(place, prepare) for place, prepare in prepared if prepare],
    )


def _preparation(field: Any) -> Callable[[Any], Any] | None:
    """Return what has to be done to a field's values; None if drivers take them as is."""
    if isinstance(field, models.JSONField):
        return json_writer(connection.vendor)
    if connection.vendor == "postgresql" or isinstance(field, TAKEN_AS_IS):
        return None
    if isinstance(field, models.DateTimeField):
        # Bound once: there may be thousands of rows, and `connection` is a proxy.
        prepare: Callable[[Any], Any] = connection.ops.adapt_datetimefield_value
        return prepare
    return partial(field.get_db_prep_save, connection=connection)


def json_writer(vendor: str) -> Callable[[Any], str]:
    """Return what makes text for a JSON column.

    PostgreSQL keeps what it says. SQLite keeps the text, and Django looks for a value by
    the text that its own encoder makes.
    """
    return _encode_quickly if vendor == "postgresql" else ENCODER.encode


def _encode_quickly(value: Any) -> str:
    try:
        return orjson.dumps(value, ENCODER.default, orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except TypeError:
        # What it does not take, such as whole numbers of more than 64 bits.
        return ENCODER.encode(value)
