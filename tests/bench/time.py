"""Benchmarks of time: lots that expire and points that are released, by the hundred thousand.

The limit is what SQL alone can do: the same rows, set by set, with no hash chain. Both
work on the same tables, in turn, each on its own share of what is due.

BENCH_LOTS=100000 python -m tests.bench expiry
"""

import os
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from loyalty.models import Entry, Lot, Member, Program, Wallet
from loyalty.services import expiry
from loyalty.services.expiry import settle_due_wallets
from tests.bench.measure import Row, peak_mib, rates
from tests.factories import NOON, make_program, point_type_of

LOTS = int(os.environ.get("BENCH_LOTS", "1000000"))
EACH = 4
PAIRS = 5
# One share for each turn of each side; the first turn is for warming up.
SHARES = 2 * (PAIRS + 1)
ONE_DAY = timedelta(days=1)
# Wallets in one transaction of the limit.
CHUNK = 5_000

MEMBERS = """
INSERT INTO loyalty_member (id, program_id, external_id, status, earning_suspended,
  redeeming_suspended, suspension_reason, name, locale, timezone, attributes, consents,
  joined_at, created_at)
SELECT %(first)s + g, %(program)s, 'm' || g, 'active', false, false, '', '', '', '',
  '{{}}', '{{}}', %(noon)s, %(noon)s FROM generate_series(0, %(wallets)s - 1) g
"""
WALLETS = """
INSERT INTO loyalty_wallet (id, program_id, member_id, point_type_id, available, pending, held,
  debt, lifetime_earned, lifetime_redeemed, lifetime_expired, last_seq, head_hash, due_at)
SELECT %(first)s + g, %(program)s, %(first)s + g, %(type)s, {available}, {pending}, 0, 0,
  40, 0, 0, 4, '\\x00', {due_at} FROM generate_series(0, %(wallets)s - 1) g
"""
ENTRIES = """
INSERT INTO loyalty_entry (id, program_id, wallet_id, seq, kind, available, pending, held, debt,
  available_after, pending_after, held_after, debt_after, forgiven, key, source_type, source_id,
  reason, occurred_at, posted_at, prev_hash, hash)
SELECT %(first_lot)s + g * 4 + j, %(program)s, %(first)s + g, j + 1, 'earn', {available} / 4,
  {pending} / 4, 0, 0, {available} / 4 * (j + 1), {pending} / 4 * (j + 1), 0, 0, 0,
  'given:' || g || ':' || j, 'order', g || '-' || j, '', %(noon)s, %(noon)s, '\\x00', '\\x00'
FROM generate_series(0, %(wallets)s - 1) g, generate_series(0, 3) j
"""
LOT_ROWS = """
INSERT INTO loyalty_lot (id, program_id, wallet_id, entry_id, source_type, source_id,
  granted, pending, remaining, held, spent, expired, reversed, earned_at, available_at,
  lapses, expires_at, idle)
SELECT %(first_lot)s + g * 4 + j, %(program)s, %(first)s + g, %(first_lot)s + g * 4 + j,
  'order', g || '-' || j, 10, {pending} / 4, {available} / 4, 0, 0, 0, 0, %(noon)s,
  {available_at}, false, {expires_at}, false
FROM generate_series(0, %(wallets)s - 1) g, generate_series(0, 3) j
"""
LATER = "%(noon)s::timestamptz + interval '4000 days'"
# Every fifth wallet has one lot of four that is due: 5 % of all.
EXPIRING = {
    "available": "40",
    "pending": "0",
    "available_at": "NULL::timestamptz",
    "due_at": "CASE WHEN g %% 5 = 0 THEN %(noon)s::timestamptz + interval '1 day' * "
    f"((g / 5) %% {SHARES} + 1) ELSE {LATER} END",
    "expires_at": "CASE WHEN g %% 5 = 0 AND j = 0 THEN %(noon)s::timestamptz + "
    f"interval '1 day' * ((g / 5) %% {SHARES} + 1) ELSE {LATER} END",
}
# All lots are pending, and each is released at a moment of its own.
PENDING = {
    "available": "0",
    "pending": "40",
    "due_at": f"%(noon)s::timestamptz + interval '1 day' * (g %% {SHARES} + 1) "
    "- interval '3 hours'",
    "available_at": f"%(noon)s::timestamptz + interval '1 day' * (g %% {SHARES} + 1) "
    "- interval '1 hour' * (3 - j)",
    "expires_at": LATER,
}


def make_lots(rows: dict[str, str]) -> Program:
    """Return a program with `LOTS` lots, four in each wallet."""
    program = make_program()
    values = {
        "program": program.pk,
        "type": point_type_of(program).pk,
        "noon": NOON,
        "wallets": LOTS // EACH,
    }
    with connection.cursor() as cursor:
        for name, model in (("first", Member), ("first_lot", Entry)):
            cursor.execute(f"SELECT COALESCE(max(id), 0) + 1 FROM {model._meta.db_table}")
            values[name] = cursor.fetchone()[0]
        for statement in (MEMBERS, WALLETS, ENTRIES, LOT_ROWS):
            cursor.execute(statement.format(**rows), values)
        for model in (Member, Wallet, Entry, Lot):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
            cursor.execute(f"VACUUM ANALYZE {table}")
    return program


DUE = """
CREATE TEMPORARY TABLE due ON COMMIT DROP AS
WITH w AS (SELECT id, available, pending, last_seq FROM loyalty_wallet
  WHERE program_id = %(program)s AND due_at <= %(at)s ORDER BY due_at LIMIT {chunk} FOR UPDATE)
SELECT nextval('loyalty_entry_id_seq') AS entry, l.id AS lot, l.wallet_id AS wallet,
  l.{part} AS points, l.{moment} AS due_at, w.available, w.pending,
  w.last_seq + row_number() OVER mine AS seq, sum(l.{part}) OVER mine AS so_far
FROM w JOIN loyalty_lot l ON l.wallet_id = w.id
WHERE l.{part} > 0 AND l.{moment} <= %(at)s
WINDOW mine AS (PARTITION BY l.wallet_id ORDER BY l.{moment}, l.id)
"""
NEW_ENTRIES = """
INSERT INTO loyalty_entry (id, program_id, wallet_id, seq, kind, available, pending, held, debt,
  available_after, pending_after, held_after, debt_after, forgiven, key, source_type, source_id,
  reason, occurred_at, posted_at, prev_hash, hash)
SELECT entry, %(program)s, wallet, seq, '{kind}', {available} * points, {pending} * points,
  0, 0,
  available + {available} * so_far, pending + {pending} * so_far, 0, 0, 0,
  'due:{kind}:' || wallet || ':' || seq, 'time', '{kind}', '', due_at, now(),
  decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex') FROM due
"""
NEW_ALLOCATIONS = """
INSERT INTO loyalty_allocation (program_id, wallet_id, entry_id, lot_id, pending, remaining,
  held, spent, expired, reversed)
SELECT %(program)s, wallet, entry, lot, {pending} * points, {available} * points, 0, 0,
  {expired} * points, 0 FROM due
"""
CHANGED_LOTS = """
UPDATE loyalty_lot l SET pending = l.pending + {pending} * points,
  remaining = l.remaining + {available} * points, expired = l.expired + {expired} * points
FROM due WHERE l.id = due.lot
"""
CHANGED_WALLETS = """
UPDATE loyalty_wallet w SET available = w.available + {available} * d.points,
  pending = w.pending + {pending} * d.points,
  lifetime_expired = lifetime_expired + {expired} * d.points, last_seq = d.seq,
  due_at = (SELECT min(expires_at) FROM loyalty_lot l WHERE l.wallet_id = w.id
    AND (l.pending > 0 OR l.remaining > 0 OR l.held > 0) AND l.remaining > 0)
FROM (SELECT wallet, sum(points) AS points, max(seq) AS seq FROM due GROUP BY wallet) d
WHERE w.id = d.wallet
"""
EXPIRE = {"kind": "expire", "part": "remaining", "moment": "expires_at"} | {
    "available": -1,
    "pending": 0,
    "expired": 1,
}
RELEASE = {"kind": "release", "part": "pending", "moment": "available_at"} | {
    "available": 1,
    "pending": -1,
    "expired": 0,
}


def settle_bare(program: Program, at: datetime, what: dict[str, Any]) -> None:
    """The limit: what is due, in chunks, by five statements each."""
    values = {"program": program.pk, "at": at}
    rest = (NEW_ENTRIES, NEW_ALLOCATIONS, CHANGED_LOTS, CHANGED_WALLETS)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(DUE.format(chunk=CHUNK, **what), values)
            if not cursor.rowcount:
                return
            cursor.execute("ANALYZE due")
            for statement in rest:
                cursor.execute(statement.format(**what), values)


def expiry_of_lots() -> list[Row]:
    """Five in a hundred lots expire."""
    return _settling("expiry of 5 % of", EXPIRING, EXPIRE, LOTS // EACH // 5 // SHARES)


def release_of_lots() -> list[Row]:
    """All lots are released."""
    return _settling("release of", PENDING, RELEASE, LOTS // SHARES)


def _settling(
    what: str, rows: dict[str, str], limit_terms: dict[str, Any], units: int
) -> list[Row]:
    program = make_lots(rows)
    longest = 0.0

    def ours(turn: int) -> None:
        nonlocal longest
        with _timed(expiry, "_settle_chunk") as seconds:
            settle_due_wallets(program=program, at=NOON + (2 * turn + 1) * ONE_DAY)
        longest = max([longest, *seconds])

    def limit(turn: int) -> None:
        settle_bare(program, NOON + (2 * turn + 2) * ONE_DAY, limit_terms)

    fast, bound = rates(ours, limit, units=units, pairs=PAIRS)
    return [
        Row(f"{what} {LOTS:,} lots", fast, bound, "lots/s", ">= 0.30"),
        Row("its longest lock", longest * 1000, None, "ms", "<= 1,000"),
        Row("its memory", peak_mib(), None, "MiB", "flat"),
    ]


@contextmanager
def _timed(module: Any, name: str) -> Any:
    """Take the time of every call of a module's function."""
    act: Callable[..., Any] = getattr(module, name)
    seconds: list[float] = []

    def timed(*args: Any, **options: Any) -> Any:
        start = perf_counter()
        try:
            return act(*args, **options)
        finally:
            seconds.append(perf_counter() - start)

    setattr(module, name, timed)
    try:
        yield seconds
    finally:
        setattr(module, name, act)
