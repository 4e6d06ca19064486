"""Members' sums by local day: every fact moves them by what it changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from core.alike import source_of
from core.bulk import prepared_cursor

CHUNK = 1_000

Key = tuple[Any, ...]
Statement = tuple[str, list[Any]]


class SumsDisagree(Exception):
    """Members' sums by day are not what their orders come to."""


@dataclass(frozen=True, slots=True)
class OrderChange:
    """By how much a member's orders of a day are worth more (minor units), and are more."""

    member_id: int
    day: date
    spend: int
    orders: int


@dataclass(frozen=True, slots=True)
class PointsChange:
    """By how much a member's points of a day are more: those earned, those released."""

    member_id: int
    point_type_id: int
    day: date
    earned: int = 0
    released: int = 0


def move_totals(
    program_id: int, orders: Iterable[OrderChange] = (), points: Iterable[PointsChange] = ()
) -> None:
    """Move members' sums by differences. To be called in the fact's transaction.

    Rows are taken in order, so that two who move the same ones do not wait for each
    other in a circle.

    :raises SumsDisagree: if a sum of orders became negative, which differences of facts
        never make: the rows are not what the orders come to
    """
    moved = _added_up(
        ((each.member_id, each.day), (each.spend, each.orders)) for each in orders
    )
    # A new row is checked before it is found to be an old one: what takes away waits
    # until the row is there.
    shrunk = [row for row in moved if row[2] < 0 or row[3] < 0]
    grown = [(*row[:2], max(row[2], 0), max(row[3], 0)) for row in moved]
    released = _added_up(
        ((each.member_id, each.point_type_id, each.day), (each.earned, each.released))
        for each in points
    )
    _upsert(program_id, {ORDERS: grown, POINTS: released})
    _take(program_id, [(*row[:2], min(row[2], 0), min(row[3], 0)) for row in shrunk])


def _added_up(changes: Iterable[tuple[Key, tuple[int, int]]]) -> list[tuple[Any, ...]]:
    """Return each key with its two sums, in order, but for those that come to nothing."""
    sums: dict[Key, tuple[int, int]] = {}
    for key, (one, other) in changes:
        before = sums.get(key, (0, 0))
        sums[key] = (before[0] + one, before[1] + other)
    return [(*key, *amounts) for key, amounts in sorted(sums.items()) if any(amounts)]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of sums: what tells its rows apart, and what is added up in them."""

    name: str
    keys: Sequence[str]
    sums: Sequence[str]


ORDERS = Table("tiers_daytotal", ("member_id", "day"), ("spend", "orders"))
POINTS = Table("tiers_daypoints", ("member_id", "point_type_id", "day"), ("earned", "released"))


def _upsert(program_id: int, tables: Mapping[Table, Sequence[Sequence[Any]]]) -> None:
    """Add to rows, or make them, a thousand at a time."""
    longest = max(map(len, tables.values()))
    for start in range(0, longest, CHUNK):
        chunks = {table: rows[start : start + CHUNK] for table, rows in tables.items()}
        _write([_adding(program_id, table, rows) for table, rows in chunks.items() if rows])


def _adding(program_id: int, table: Table, rows: Sequence[Sequence[Any]]) -> Statement:
    names = ("program_id", *table.keys, *table.sums)
    given = [(program_id, *row) for row in rows]
    added = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in table.sums)
    types = ["date" if name == "day" else "bigint" for name in names]
    source, values = source_of(types, given)
    text = (
        f"INSERT INTO {table.name} ({', '.join(names)}) {source} "
        f"ON CONFLICT ({', '.join(table.keys)}) DO UPDATE SET {added}"
    )
    return text, values


def _write(statements: Sequence[Statement]) -> None:
    """Run statements, in one where the database can: every way to it costs."""
    if len(statements) > 1 and connection.vendor == "postgresql":
        *first, (last, _) = statements
        named = ", ".join(f"s{place} AS ({text})" for place, (text, _) in enumerate(first))
        values = [value for _, listed in statements for value in listed]
        statements = [(f"WITH {named} {last}", values)]
    for text, values in statements:
        with prepared_cursor() as cursor:
            cursor.execute(text, values)


def _take(program_id: int, rows: Sequence[Sequence[Any]]) -> None:
    """Take away from rows that are there."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE tiers_daytotal SET spend = spend + v.column3, "  # noqa: S608
                "orders = orders + v.column4 "
                f"FROM (VALUES {', '.join(['(%s, %s, %s, %s)'] * len(chunk))}) AS v "
                "WHERE tiers_daytotal.member_id = v.column1 AND tiers_daytotal.day = v.column2 "
                "AND tiers_daytotal.program_id = %s "
                "AND tiers_daytotal.spend + v.column3 >= 0 "
                "AND tiers_daytotal.orders + v.column4 >= 0",
                [*(_adapted(value) for row in chunk for value in row), program_id],
            )
            if cursor.rowcount != len(chunk):
                raise SumsDisagree("what is taken away was never there")


def _adapted(value: Any) -> Any:
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
