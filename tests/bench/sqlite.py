"""The benchmark of SQLite: one order, against the same rows by sqlite3."""

import sqlite3
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connection

from engine.pipeline import state_fact
from loyalty.models import Member
from tests.bench import rows
from tests.bench.facts import an_order, make_shop
from tests.bench.measure import Row, rates
from tests.factories import NOON


class Cursor:
    """Takes statements as PostgreSQL's driver does."""

    def __init__(self, connected: sqlite3.Connection) -> None:
        self.connected = connected

    def execute(self, statement: str, values: Any = ()) -> None:
        self.connected.execute(statement.replace("%s", "?"), values)


def single_order_on_sqlite(times: int = 150) -> list[Row]:
    """One order statement in process, against the same rows by sqlite3."""
    program = make_shop(members=1)
    state_fact(program, an_order("m0"), at=NOON)
    bare = rows.BareOrder(Member.objects.get(program=program))

    def ours(turn: int) -> None:
        for _ in range(times):
            state_fact(program, an_order("m0"), at=NOON)

    def limit(turn: int) -> None:
        options = settings.DATABASES["default"]["OPTIONS"]
        connected = sqlite3.connect(
            connection.settings_dict["NAME"], timeout=20, isolation_level=None
        )
        connected.executescript(options["init_command"])
        # Where ours stopped, since its numbers go on from the highest as well.
        (last,) = connected.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()
        rows.numbers = count(last + 1)
        for _ in range(times):
            connected.execute("BEGIN IMMEDIATE")
            connected.execute(
                "SELECT * FROM loyalty_wallet WHERE id = ?", [bare.wallet_id]
            ).fetchone()
            rows.write_one(Cursor(connected), bare, bare.wallet_id)
            connected.execute("COMMIT")
        connected.close()

    fast, bound = rates(ours, limit, units=times)
    return [Row("one order statement on SQLite", fast, bound, "orders/s", ">= 0.30")]
