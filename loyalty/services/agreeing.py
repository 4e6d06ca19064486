"""Make rows agree with what is wanted of them: only what differs is written."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from loyalty.models import EarningRule, PointType, Program, Reward

Thing = TypeVar("Thing", PointType, EarningRule, Reward)


def make_agree(
    rows: Iterable[Thing], wanted: Iterable[Thing], columns: tuple[str, ...], *, at: datetime
) -> None:
    """Create, change and bring back the rows of what is wanted, by code; archive the rest.

    To be called with `rows` locked, in a transaction.
    """
    unmentioned = {row.code: row for row in rows}
    for thing in wanted:
        row = unmentioned.pop(thing.code, None)
        if row is None:
            thing.save(force_insert=True)
        else:
            agree(row, thing, (*columns, "archived_at"))
    archive_rows(unmentioned.values(), at=at)


def archive_rows(rows: Iterable[Any], *, at: datetime) -> None:
    """Take rows out of use that a program's file names no more."""
    for row in rows:
        if row.archived_at is None:
            row.archived_at = at
            row.save(update_fields=["archived_at"])


def agree(
    row: Program | PointType | EarningRule | Reward,
    wanted: Program | PointType | EarningRule | Reward,
    columns: tuple[str, ...],
    *,
    also: tuple[str, ...] = (),
) -> None:
    """Save the columns of a row that are not as wanted, and no others."""
    differing = [c for c in columns if getattr(row, c) != getattr(wanted, c)]
    for column in differing:
        setattr(row, column, getattr(wanted, column))
    if differing:
        row.save(update_fields=[*differing, *also])
