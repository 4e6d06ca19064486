"""Which benchmarks there are, and how their table is printed."""

import gc
import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from tests.bench.claims import claim_over_http, click_over_http, order_beside_referrals
from tests.bench.facts import batches, long_import, previews, rules_alone, single_order
from tests.bench.http import order_over_http, wallet_over_http
from tests.bench.measure import Row, peak_mib
from tests.bench.members import hot_member, long_statement, proof
from tests.bench.redeeming import redeem_over_lots
from tests.bench.referrals import fraud_scoring
from tests.bench.sqlite import single_order_on_sqlite
from tests.bench.tiers import tier_reviews
from tests.bench.time import expiry_of_lots, release_of_lots

BENCHMARKS: Sequence[Callable[[], list[Row]]] = (
    single_order,
    batches,
    rules_alone,
    previews,
    long_import,
    order_over_http,
    wallet_over_http,
    hot_member,
    long_statement,
    proof,
    redeem_over_lots,
    expiry_of_lots,
    release_of_lots,
    tier_reviews,
    fraud_scoring,
    claim_over_http,
    click_over_http,
    order_beside_referrals,
)
ON_SQLITE: Sequence[Callable[[], list[Row]]] = (single_order_on_sqlite,)


def main() -> None:
    """Run the benchmarks that the command line names, or all of them."""
    call_command("migrate", verbosity=0)
    gc.freeze()  # as config.wsgi does
    words = sys.argv[1:]
    rows: list[Row] = []
    for benchmark in BENCHMARKS if connection.vendor == "postgresql" else ON_SQLITE:
        if not words or any(word in benchmark.__name__ for word in words):
            print(f"{benchmark.__name__} …", file=sys.stderr, flush=True)
            rows.extend(benchmark())
    if rows:
        print_table(rows)


def print_table(rows: Sequence[Row]) -> None:
    """Print the table as Markdown, the machine named, to be pasted into docs."""
    print(
        f"\n{os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}, "
        f"{_database()} (durable), server and client on one machine; "
        f"peak memory {peak_mib():.0f} MiB\n"
    )
    print("| what | ours | limit | ratio | goal |")
    print("|---|---|---|---|---|")
    for row in rows:
        ours, limit = _number(row.ours), "" if row.limit is None else _number(row.limit)
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        print(f"| {row.what} | {ours} {row.unit} | {limit} | {ratio} | {row.goal} |")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _database() -> str:
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as info:
            names = [line.partition(":")[2].strip() for line in info if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
