"""Sums of whole numbers that may leave 64 bits together, though each of them fits.

SQLite gives up where PostgreSQL goes on, so both add up halves.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, QuerySet, Sum

# Of a number of 64 bits, what is above these 32 and what is below are added apart.
HALF = 2**32


def exact_sums(
    rows: QuerySet[Any], by: str, columns: Sequence[str]
) -> Mapping[Any, Mapping[str, int]]:
    """Return the sums of integer columns, by the value of another; one query."""
    halves = {f"{column}_above": Sum(F(column) / HALF) for column in columns}
    halves |= {f"{column}_below": Sum(F(column) % HALF) for column in columns}
    return {
        row[by]: {
            column: row[f"{column}_above"] * HALF + row[f"{column}_below"] for column in columns
        }
        for row in rows.values(by).annotate(**halves)
    }
