"""Of whom it is proven that their rows say what their days come to, and who is left.

A standing is a pure function of days, ladders and what the row keeps. Where a review
has worked one out, a digest of all three is kept, so that the next review of everybody
need not: one pass over the rows finds those of whom anything has changed, or whose time
has come. It takes PostgreSQL's hashes; elsewhere everybody is left, every time.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.db import connection

from core.alike import Kinds, keyed_source
from core.bulk import update_rows
from loyalty.models import Adjustment, Member, Program
from tiers.models import Standing
from tiers.queries.ladders import TierSetup, tier_setup_of
from tiers.queries.totals import ORDERED
from tiers.rules.ladders import CompiledLadder

# To be raised whenever the rules come to other standings: what was proven no longer is.
EDITION = 1

# What is hashed of each day's row: two numbers and the day, none of them lost.
DAYS = """
SELECT member_id, {hashed} AS hash, {spend} AS spend, {orders} AS orders, {points} AS points,
  {plain} AS plain, day FROM {table} WHERE program_id = %(program)s AND {some}
"""
ORDER_DAYS = {
    "table": "tiers_daytotal",
    "hashed": "hashint8extended(spend, "
    "((day - DATE '2000-01-01')::bigint << 32) # orders::bigint)",
    "spend": "spend",
    "orders": "orders",
    "points": "0::bigint",
    "plain": "true",
}
POINT_DAYS = {
    "table": "tiers_daypoints",
    "hashed": "hashint8extended(earned, hashint8extended(released, "
    "((day - DATE '2000-01-01')::bigint << 32) # point_type_id))",
    "spend": "0::bigint",
    "orders": "0",
    "points": "abs(earned) + abs(released)",
    "plain": "earned >= 0 AND released >= 0",
}
# Adjustments that count are read where they are, and so are those that undid them.
ADJUSTMENTS = {
    "table": "(SELECT program_id, member_id, id, points, occurred_at::date AS day "
    "FROM loyalty_adjustment a WHERE (terms ->> 'counts_for_tiers')::boolean "
    "AND status = %(posted)s AND NOT EXISTS "
    "(SELECT 1 FROM loyalty_entry e WHERE e.reverses_id = a.entry_id)) AS counting",
    "hashed": "hashint8extended(id, points)",
    "spend": "0::bigint",
    "orders": "0",
    "points": "0::bigint",
    "plain": "false",
}
FACTS = """
SELECT member_id, bit_xor(hash) AS hash, sum(spend) AS spend, sum(orders) AS orders,
  sum(points) AS points, count(*) AS days, bool_and(plain) AS plain, max(day) AS last
FROM ({days}) AS d GROUP BY member_id
"""
ROWS = """
SELECT member_id, bit_xor(hash_record_extended(s.*, 0)) AS hash, min(review_at) AS review_at
FROM tiers_standing s WHERE program_id = %(program)s AND ladder_id = ANY(%(ladders)s)
  AND {some} GROUP BY member_id
"""
SEEN = """
SELECT member_id, COALESCE(f.hash, 0) # COALESCE(s.hash, 0) # %(key)s AS digest,
  f.spend, f.orders, f.points, f.days, f.plain, f.last, s.review_at,
  s.member_id IS NOT NULL AS has_row
FROM ({facts}) AS f FULL JOIN ({rows}) AS s USING (member_id)
"""
# Who has no row, and too little for any, needs none.
UNPROVEN = """
SELECT member_id FROM ({seen}) AS seen LEFT JOIN tiers_proof AS p USING (member_id)
WHERE (p.digest IS DISTINCT FROM seen.digest OR seen.review_at <= %(at)s)
  AND (seen.has_row OR NOT (plain AND last <= %(today)s AND {too_little}))
ORDER BY member_id
"""
PROVE = """
INSERT INTO tiers_proof (member_id, program_id, digest)
SELECT member_id, %(program)s, digest FROM ({seen}) AS seen
WHERE member_id NOT IN
  (SELECT w.member_id FROM loyalty_wallet w WHERE w.{some} AND w.is_closed)
ON CONFLICT (member_id) DO UPDATE SET digest = excluded.digest
"""

# What all rows of a digest come to is one XOR: another row in the place of one changes it
# by the two, and days need not be read again. A digest that was wrong stays wrong.
CARRY = """
WITH before AS (SELECT s.id, hash_record_extended(s.*, 0) AS hash, new.*
  FROM (SELECT * FROM {source}) AS new JOIN tiers_standing s ON s.id = new.key),
written AS (UPDATE tiers_standing s SET {changes} FROM before WHERE s.id = before.id
  RETURNING s.member_id, hash_record_extended(s.*, 0) # before.hash AS change)
UPDATE tiers_proof p SET digest = p.digest # change FROM written
WHERE p.member_id = written.member_id
"""

# The sums of `FACTS` that each metric is no more than.
BOUNDS = {"spend": "spend", "orders": "orders", "points": "points", "active_months": "days"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Members by number: those after `after`, up to `last` (None: to the end)."""

    after: int = 0
    last: int | None = None


def can_prove(setup: TierSetup) -> bool:
    """Say whether all that a standing is made of is in the days and the rows."""
    windows = {ladder.window.kind for ladder in setup.compiled}
    return (
        connection.vendor == "postgresql"
        and "balance" not in setup.metrics
        and "anniversary" not in windows
    )


def unproven_members(program: Program, stretch: Stretch, at: datetime) -> Sequence[int]:
    """Return the members, by number and in order, whom a review may find anything new of."""
    setup = tier_setup_of(program)
    if not can_prove(setup):
        return _everybody(program, stretch)
    some, values = "member_id > %(after)s", {"after": stretch.after}
    if stretch.last is not None:
        some, values = f"{some} AND member_id <= %(last)s", values | {"last": stretch.last}
    statement = UNPROVEN.format(seen=_seen(setup, some), too_little=_too_little(setup))
    values |= {"at": at, "today": setup.day_of(at)} | _values(program, setup, at)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        # As plain numbers: there may be a million.
        return array("q", (member_id for (member_id,) in cursor))


def prove_members(program: Program, members: Iterable[int], at: datetime) -> None:
    """Keep that these members' rows are what a review at `at` found.

    To be called in its transaction, which nobody can count in. Whoever was merged was
    not reviewed.
    """
    setup = tier_setup_of(program)
    if not can_prove(setup):
        return
    some = "member_id = ANY(%(members)s)"
    # Of wallets, too, only theirs: all of them are a million, and this comes again and again.
    statement = PROVE.format(seen=_seen(setup, some), some=some)
    values = {"members": list(members)} | _values(program, setup, at)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def rewrite_proven(rows: Kinds) -> None:
    """Write other values into rows of standings; whoever was proven stays proven.

    For what follows from a row and its days as a review would find it. Who holds the
    members' wallets is alone with their rows.
    """
    if not rows.groups:
        return
    if connection.vendor != "postgresql":
        update_rows(Standing, rows.columns, [(key, *values) for key, values in rows.each()])
        return
    source, values = keyed_source(Standing, rows)
    changes = ", ".join(f'"{name}" = before."{name}"' for name in rows.columns)
    with connection.cursor() as cursor:
        cursor.execute(CARRY.format(source=source, changes=changes), values)


def _everybody(program: Program, stretch: Stretch) -> Sequence[int]:
    members = Member.objects.filter(program=program, pk__gt=stretch.after).order_by("pk")
    if stretch.last is not None:
        members = members.filter(pk__lte=stretch.last)
    return array("q", members.values_list("pk", flat=True).iterator())


def _seen(setup: TierSetup, some: str) -> str:
    sources = [ORDER_DAYS] if not ORDERED.isdisjoint(setup.metrics) else []
    sources += [POINT_DAYS, ADJUSTMENTS] if "points" in setup.metrics else []
    days = " UNION ALL ".join(DAYS.format(some=some, **source) for source in sources)
    return SEEN.format(facts=FACTS.format(days=days), rows=ROWS.format(some=some))


def _values(program: Program, setup: TierSetup, at: datetime) -> dict[str, Any]:
    return {
        "program": program.pk,
        "ladders": [ladder.id for ladder in setup.ladders.values()],
        "key": _key(program, setup, at),
        "posted": Adjustment.Status.POSTED,
    }


def _key(program: Program, setup: TierSetup, at: datetime) -> int:
    """Return a digest of the ladders, as far as they have begun by `at`."""
    today = setup.day_of(at)
    judging = [
        (ladder.id, [str(each) for each in ladder.history if each[1] <= today])
        for ladder in setup.ladders.values()
    ]
    text = repr((EDITION, program.timezone, program.leap_day, judging))
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _too_little(setup: TierSetup) -> str:
    """Return the condition that nobody reaches a tier who came to so little in all."""
    conditions = []
    for metric, bound in BOUNDS.items():
        least = [_least(ladder) for ladder in setup.compiled if ladder.metric == metric]
        reachable = [number for number in least if number is not None]
        if reachable:
            conditions.append(f"{bound} < {min(reachable)}")
    return " AND ".join(conditions) or "true"


def _least(ladder: CompiledLadder) -> int | None:
    """Return what it takes to rise at all; None if nobody can."""
    higher = ladder.tiers[ladder.lowest + 1 :]
    return higher[0].least if higher else None
