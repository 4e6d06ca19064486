"""Runs every benchmark on durable databases and prints a table for each.

python -m tests.bench [NAME…]    all of them, or those whose name has one of these
"""

import os
import subprocess
import sys
import tempfile

import psycopg

from tests.postgresql import postgresql_server

# The settings are read on import, so whoever reads them is started afterwards.
PROGRAM = "import django; django.setup(); from tests.bench.table import main; main()"


def main() -> int:
    with tempfile.TemporaryDirectory() as directory, postgresql_server(durable=True) as address:
        with psycopg.connect(
            address.replace("/perennial?", "/postgres?"), autocommit=True
        ) as server:
            server.execute("CREATE DATABASE perennial")
        addresses = (address, f"sqlite:///{directory}/perennial.sqlite3")
        return max(measured_on(address, directory) for address in addresses)


def measured_on(address: str, directory: str) -> int:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": directory,
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL": address,
    }
    command = [sys.executable, "-c", PROGRAM, *sys.argv[1:]]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
