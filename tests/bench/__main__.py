"""Runs every benchmark on a durable PostgreSQL and prints one table.

    python -m tests.bench [NAME…]    all of them, or those whose name has a word of these
"""

import os
import sys
import tempfile
from contextlib import ExitStack

import django
import psycopg

from tests.postgresql import postgresql_server


def main() -> None:
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ["DATA_DIR"] = directory
        os.environ["LOG_LEVEL"] = "WARNING"
        address = stack.enter_context(postgresql_server(durable=True))
        with psycopg.connect(
            address.replace("/perennial?", "/postgres?"), autocommit=True
        ) as server:
            server.execute("CREATE DATABASE perennial")
        os.environ["DATABASE_URL"] = address
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        from tests.bench.table import BENCHMARKS, print_table  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        words = sys.argv[1:]
        chosen = [
            benchmark
            for benchmark in BENCHMARKS
            if not words or any(word in benchmark.__name__ for word in words)
        ]
        rows = []
        for benchmark in chosen:
            print(f"{benchmark.__name__} …", file=sys.stderr, flush=True)
            rows.extend(benchmark())
        print_table(rows)


if __name__ == "__main__":
    main()
