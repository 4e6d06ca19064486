"""Which benchmarks there are, and how their table is printed."""

import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from tests.bench.facts import batches, long_import, previews, rules_alone, single_order
from tests.bench.measure import Row, peak_mib

BENCHMARKS: Sequence[Callable[[], list[Row]]] = (
    single_order,
    batches,
    rules_alone,
    previews,
    long_import,
)


def main() -> None:
    """Run the benchmarks that the command line names, or all of them."""
    call_command("migrate", verbosity=0)
    words = sys.argv[1:]
    rows: list[Row] = []
    for benchmark in BENCHMARKS:
        if not words or any(word in benchmark.__name__ for word in words):
            print(f"{benchmark.__name__} …", file=sys.stderr, flush=True)
            rows.extend(benchmark())
    print_table(rows)


def print_table(rows: Sequence[Row]) -> None:
    """Print the table as Markdown, the machine named, to be pasted into docs."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    print(
        f"{os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}, "
        f"PostgreSQL {version} (durable), server and client on one machine; "
        f"peak memory {peak_mib():.0f} MiB\n"
    )
    print("| what | ours | limit | ratio | goal |")
    print("|---|---|---|---|---|")
    for row in rows:
        limit = "" if row.limit is None else f"{row.limit:,.0f}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        print(f"| {row.what} | {row.ours:,.0f} {row.unit} | {limit} | {ratio} | {row.goal} |")


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as info:
            names = [line.partition(":")[2].strip() for line in info if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
