"""Benchmarks of tiers: everybody reviewed, and those whom a night touches.

The limit is the bare aggregate: each member's sums over the same rows, by SQL alone. A
review of everybody reads them all the same, whether anything is new or not.

Compared are works that begin in the same state. A night is touched by whoever has ordered
that day, two members in a hundred, and by those whose tiers end: who rises by an order did
so with it, and who loses a day of the window is known beforehand to fall when it counts. So
a night only judges ends, and a review of everybody has to replay the orders as well. A
season's end is harder: two members in a hundred lose their tiers at once, and most of them
move. Each is measured in turn with all others, with other members each time, and durable:
nothing is rolled back.

BENCH_MEMBERS=1000000 python -m tests.bench tier
"""

import gc
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection

from engine.reviewing import review_everybody
from loyalty.models import Program
from tests.bench.measure import Row, peak_mib
from tests.bench.standings import make_standings
from tests.factories import NOON
from tiers.queries.proofs import Stretch, prove_members, unproven_members
from tiers.services.due import review_due_members
from tiers.services.outcomes import Outcome
from tiers.services.rounds import begin_round, work_round

MEMBERS = int(os.environ.get("BENCH_MEMBERS", "100000"))
TURNS = 5
# Members whose proofs are copied at a time, so that memory shows what reviews take.
SHARE = 20_000
# One of so many members is touched.
TOUCHED = 50

BARE = """
SELECT count(*), sum(spend), sum(orders) FROM (SELECT member_id, sum(spend) AS spend,
  sum(orders) AS orders FROM tiers_daytotal WHERE program_id = %s GROUP BY member_id) AS sums
"""
# Too little to rise by: who rose was reviewed when it happened.
ORDER = """
INSERT INTO tiers_daytotal (program_id, member_id, day, spend, orders)
SELECT program_id, id, %s, 1, 1 FROM loyalty_member WHERE program_id = %s AND id %% %s = %s
ON CONFLICT (member_id, day) DO NOTHING
"""


@dataclass
class Figures:
    """Seconds and counts of each work, of a program with so many members."""

    members: int
    first: float = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    done: dict[str, Outcome] = field(default_factory=dict)

    def measure(self, what: str, act: Callable[[], Any]) -> None:
        gc.collect()
        start = perf_counter()
        done = act()
        self.seconds[what].append(perf_counter() - start)
        self.done[what] = done

    def __getitem__(self, what: str) -> float:
        return median(self.seconds[what])

    def told(self, what: str) -> str:
        done = self.done[what]
        return f"{done.reviewed:,} of them ({done.moved:,} move)"


def tier_reviews() -> list[Row]:
    """Members with ten orders each, in a ladder over the last twelve months."""
    small, large = measured(MEMBERS // 10), measured(MEMBERS)
    few, many = f"{small.members:,}", f"{large.members:,}"
    return [
        Row(f"review of {many} members, nothing new", large["all"], large["bare"], "s", "<= 4"),
        _against_bare(large, "due", "judges"),
        _against_bare(large, "ordered", "replays"),
        Row(
            f"a night after {large.members // TOUCHED:,} have ordered, with the ends of "
            f"{large.told('night')}; everybody in the same state",
            large["night"],
            large["ordered"],
            "s",
            "<= 0.15",
        ),
        Row(
            f"a season's end, with those of {large.told('season')}; everybody likewise",
            large["season"],
            large["due"],
            "s",
            "",
        ),
        *(
            Row(f"{what} of {many}, of {few}", large[key], small[key], "s", "<= 11")
            for what, key in (
                ("review", "due"),
                ("one that replays", "ordered"),
                ("a night", "night"),
                ("a season's end", "season"),
            )
        ),
        Row("first review, of whom nothing is proven", 1 / large.first, None, "members/s", ""),
        Row("its memory", peak_mib(), None, "MiB", "<= 300"),
    ]


def _against_bare(figures: Figures, key: str, does: str) -> Row:
    what = f"review of everybody that {does} {figures.told(key)}"
    return Row(what, figures[key], figures["bare"], "s", "<= 4")


def measured(members: int) -> Figures:
    program = make_standings(members)
    figures = Figures(members)
    _prove(program, figures)
    _bare(program)
    for turn in range(TURNS):
        figures.measure("bare", lambda: _bare(program))
        at = _until_due(program, members // TOUCHED)
        figures.measure("season", lambda at=at: review_due_members(program=program, at=at))
        at = _until_due(program, members // TOUCHED)
        figures.measure("due", lambda at=at: review_everybody(program, at=at))
        figures.measure("all", lambda at=at: review_everybody(program, at=at))
        at = _day_of_orders(program, at, 2 * turn)
        figures.measure("night", lambda at=at: review_due_members(program=program, at=at))
        review_everybody(program, at=at)
        at = _day_of_orders(program, at, 2 * turn + 1)
        figures.measure("ordered", lambda at=at: review_everybody(program, at=at))
    return figures


def _prove(program: Program, figures: Figures) -> None:
    """Review a share of the members for the first time; the rest are copies of them."""
    everybody = unproven_members(program, Stretch(), NOON)
    some = Stretch(last=everybody[len(everybody) // 100])
    share = len(unproven_members(program, some, NOON))
    number = begin_round(program=program, at=NOON)
    program.reviewchunk_set.filter(round=number).update(last=some.last)
    start = perf_counter()
    work_round(program=program, number=number, at=NOON)
    figures.first = (perf_counter() - start) / share
    for start in range(0, len(everybody), SHARE):
        prove_members(program, everybody[start : start + SHARE], NOON)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tiers_proof")


def _until_due(program: Program, touched: int) -> datetime:
    """Return the moment by which so many members' tiers will have ended."""
    due = program.standing_set.filter(review_at__isnull=False).order_by("review_at")
    return due.values_list("review_at", flat=True)[touched]


def _day_of_orders(program: Program, at: datetime, turn: int) -> datetime:
    """Let two members in a hundred order during a day, and return the end of it."""
    with connection.cursor() as cursor:
        cursor.execute(ORDER, [at.date(), program.pk, TOUCHED, turn])
        cursor.execute("VACUUM ANALYZE tiers_daytotal")
    return at + timedelta(days=1)


def _bare(program: Program) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, [program.pk])
        cursor.fetchone()
