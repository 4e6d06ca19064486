"""Benchmarks of tiers: everybody reviewed, and those whom a night touches.

The limit is the bare aggregate: each member's sums over the same rows, by SQL alone. A
review of everybody that finds nothing new has to read them all the same.

BENCH_MEMBERS=1000000 python -m tests.bench tier
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

from django.db import connection

from loyalty.models import Program
from tests.bench.measure import Row, peak_mib, rates
from tests.bench.standings import make_standings
from tests.factories import NOON
from tiers.queries.proofs import Stretch, prove_members, unproven_members
from tiers.services.due import review_due_members
from tiers.services.rounds import begin_round, work_round

MEMBERS = int(os.environ.get("BENCH_MEMBERS", "100000"))
PAIRS = 5
ONE_NIGHT = timedelta(days=1)
# Members whose proofs are copied at a time, so that memory shows what reviews take.
SHARE = 20_000
# Nights are lived until they have touched so many of a hundred members.
TOUCHED = 2

BARE = """
SELECT count(*), sum(spend), sum(orders) FROM (SELECT member_id, sum(spend) AS spend,
  sum(orders) AS orders FROM tiers_daytotal WHERE program_id = %s GROUP BY member_id) AS sums
"""


@dataclass
class Figures:
    """Seconds, of a program with so many members."""

    members: int
    first: float = 0
    bare: float = 0
    full: float = 0
    nights: float = 0
    touched: int = 0
    moved: int = 0
    after: float = 0


def tier_reviews() -> list[Row]:
    """Members with ten orders each, in a ladder over the last twelve months."""
    small, large = measured(MEMBERS // 10), measured(MEMBERS)
    few, many = f"{small.members:,}", f"{large.members:,}"
    return [
        Row(
            f"review of {many} members",
            large.members / large.full,
            large.members / large.bare,
            "members/s",
            ">= 0.25",
        ),
        Row(
            f"nights touching {large.touched:,} of them ({large.moved:,} move), a full review",
            large.nights,
            large.full,
            "s",
            "<= 0.15",
        ),
        Row("a full review that replays those", large.after, large.bare, "s", "<= 4"),
        Row(f"review of {many} against {few}", large.full, small.full, "s", "<= 11"),
        Row("nights likewise", large.nights, small.nights, "s", "<= 11"),
        Row("first review, of whom nothing is proven", 1 / large.first, None, "members/s", ""),
        Row("its memory", peak_mib(), None, "MiB", "<= 300"),
    ]


def measured(members: int) -> Figures:
    program = make_standings(members)
    figures = Figures(members)
    _prove(program, figures)
    fast, bound = rates(
        lambda _: _review_all(program, 0), lambda _: _bare(program), units=members, pairs=PAIRS
    )
    figures.full, figures.bare = members / fast, members / bound
    night = 0
    while figures.touched * 100 < TOUCHED * members:
        night += 1
        start = perf_counter()
        done = review_due_members(program=program, at=NOON + night * ONE_NIGHT)
        figures.nights += perf_counter() - start
        figures.touched += done.reviewed
        figures.moved += done.moved
    figures.after = _seconds(lambda: _review_all(program, night))
    return figures


def _prove(program: Program, figures: Figures) -> None:
    """Review a share of the members for the first time; the rest are copies of them."""
    everybody = unproven_members(program, Stretch(), NOON)
    some = Stretch(last=everybody[len(everybody) // 100])
    share = len(unproven_members(program, some, NOON))
    number = begin_round(program=program, at=NOON)
    program.reviewchunk_set.filter(round=number).update(last=some.last)
    figures.first = (
        _seconds(lambda: work_round(program=program, number=number, at=NOON)) / share
    )
    for start in range(0, len(everybody), SHARE):
        prove_members(program, everybody[start : start + SHARE], NOON)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tiers_proof")


def _review_all(program: Program, night: int) -> None:
    at = NOON + night * ONE_NIGHT
    work_round(program=program, number=begin_round(program=program, at=at), at=at)


def _bare(program: Program) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, [program.pk])
        cursor.fetchone()


def _seconds(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start
