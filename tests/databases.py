"""The same tests on two databases: `pytest --db sqlite` and `pytest --db postgresql`."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management.color import Style
from django.db import connection

from tests.postgresql import postgresql_server

# By these a test gets at the database, whether or not it says so itself.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}

# Tests of pages: folders of that name, wherever they are.
FOR_THE_EYE = {"admin", "browser"}

resources = ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--db",
        default="sqlite",
        help="sqlite, postgresql (a server of the tests' own), or an address postgres://…",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    # Before the settings are read; a worker of xdist inherits what is set here.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        choose_database(early_config.known_args_namespace.db)
    return (yield)


def choose_database(db: str) -> None:
    directory = Path(resources.enter_context(tempfile.TemporaryDirectory()))
    os.environ["DATA_DIR"] = str(directory)
    os.environ["LOG_LEVEL"] = "WARNING"
    if db == "postgresql":
        # So that a run that is told to end takes its server along.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        db = resources.enter_context(postgresql_server())
    elif db == "sqlite":
        db = f"sqlite:///{directory}/perennial.sqlite3"
    os.environ["DATABASE_URL"] = db


def pytest_unconfigure() -> None:
    resources.close()


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('db')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if not depends_on_the_database(item):
            item.add_marker(pytest.mark.one_database)
        if config.getoption("db") == "sqlite" and item.get_closest_marker("needs_postgresql"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL"))


def depends_on_the_database(item: pytest.Item) -> bool:
    """Return whether another database could change what this test shows.

    What a browser makes of a page could not, nor what a form of staff says: what they
    ask for has tests of its own. Lists search and count in the database: test_pages.
    """
    fixtures: Iterable[str] = getattr(item, "fixturenames", ())
    at_all = item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(fixtures)
    is_page = FOR_THE_EYE.intersection(item.path.parts) and item.path.name != "test_pages.py"
    return bool(at_all) and not is_page


@pytest.fixture(scope="session", autouse=True)
def _flushing_gets_past_the_append_only_triggers() -> Iterator[None]:
    # Tests that commit are cleaned up after, and the ledger refuses just that.
    operations = type(connection.ops)
    flush = operations.sql_flush

    def sql_flush(ops: Any, style: Style, tables: list[str], **options: bool) -> list[str]:
        statements = flush(ops, style, tables, **options)
        if connection.vendor == "postgresql":
            return ["SET LOCAL session_replication_role = replica", *statements]
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drops = [f"DROP TRIGGER {name}" for name, _ in triggers]
        return [*drops, *statements, *(sql for _, sql in triggers)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", sql_flush)
        yield
