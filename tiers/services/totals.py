"""Members' sums by local day: every fact moves them by what it changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from core.bulk import prepared_cursor

CHUNK = 1_000


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


def move_order_totals(program_id: int, changes: Iterable[OrderChange]) -> None:
    """Move members' sums by differences. To be called in the fact's transaction.

    Rows are taken in order, so that two who move the same ones do not wait for each
    other in a circle.

    :raises IntegrityError: if a sum became negative, which differences of facts never make
    """
    sums: dict[tuple[int, date], tuple[int, int]] = {}
    for change in changes:
        spend, orders = sums.get((change.member_id, change.day), (0, 0))
        sums[change.member_id, change.day] = (spend + change.spend, orders + change.orders)
    moved = [(*key, *amounts) for key, amounts in sorted(sums.items()) if any(amounts)]
    # A new row is checked before it is found to be an old one: what takes away waits
    # until the row is there.
    grown = [row for row in moved if row[2] >= 0 and row[3] >= 0]
    shrunk = [row for row in moved if row[2] < 0 or row[3] < 0]
    _upsert(ORDERS, program_id, grown)
    _upsert(ORDERS, program_id, [(*row[:2], max(row[2], 0), max(row[3], 0)) for row in shrunk])
    _take(program_id, [(*row[:2], min(row[2], 0), min(row[3], 0)) for row in shrunk])


def move_point_totals(program_id: int, changes: Iterable[PointsChange]) -> None:
    """Move members' points by differences. To be called in the fact's transaction."""
    sums: dict[tuple[int, int, date], tuple[int, int]] = {}
    for change in changes:
        key = (change.member_id, change.point_type_id, change.day)
        earned, released = sums.get(key, (0, 0))
        sums[key] = (earned + change.earned, released + change.released)
    moved = [(*key, *amounts) for key, amounts in sorted(sums.items()) if any(amounts)]
    _upsert(POINTS, program_id, moved)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of sums: what tells its rows apart, and what is added up in them."""

    name: str
    keys: Sequence[str]
    sums: Sequence[str]


ORDERS = Table("tiers_daytotal", ("member_id", "day"), ("spend", "orders"))
POINTS = Table("tiers_daypoints", ("member_id", "point_type_id", "day"), ("earned", "released"))


def _upsert(table: Table, program_id: int, rows: Sequence[Sequence[Any]]) -> None:
    """Add to rows, or make them: one statement for up to a thousand."""
    names = ("program_id", *table.keys, *table.sums)
    marks = f"({', '.join(['%s'] * len(names))})"
    added = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in table.sums)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        with prepared_cursor() if len(chunk) == 1 else connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table.name} ({', '.join(names)}) "  # noqa: S608
                f"VALUES {', '.join([marks] * len(chunk))} "
                f"ON CONFLICT ({', '.join(table.keys)}) DO UPDATE SET {added}",
                [_adapted(value) for row in chunk for value in (program_id, *row)],
            )


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
                "AND tiers_daytotal.program_id = %s",
                [*(_adapted(value) for row in chunk for value in row), program_id],
            )
            if cursor.rowcount != len(chunk):
                raise AssertionError("what is taken away was never there")


def _adapted(value: Any) -> Any:
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
