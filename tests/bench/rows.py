"""The limit of a write: the same rows, by bare SQL.

One real order is stated through the engine; the rows that it left are read back and
written again, with other numbers and keys, as a program that knows nothing else would.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.json import Jsonb

from loyalty.models import Entry, Lot, Member, Order, Wallet

TABLES = (
    "loyalty_order",
    "loyalty_decision",
    "loyalty_entry",
    "loyalty_lot",
    "core_event",
)
# The sums by local day that every order moves.
DAY_TOTAL = """
INSERT INTO tiers_daytotal (program_id, member_id, day, spend, orders) {rows}
ON CONFLICT (member_id, day) DO UPDATE SET
  spend = tiers_daytotal.spend + excluded.spend,
  orders = tiers_daytotal.orders + excluded.orders
"""
DAY_POINTS = """
INSERT INTO tiers_daypoints (program_id, member_id, point_type_id, day, earned, released) {rows}
ON CONFLICT (member_id, point_type_id, day) DO UPDATE SET
  earned = tiers_daypoints.earned + excluded.earned,
  released = tiers_daypoints.released + excluded.released
"""
ONE_TOTAL = DAY_TOTAL.format(rows="VALUES (%s, %s, %s, 1, 1)")
ONE_OF_POINTS = DAY_POINTS.format(rows="VALUES (%s, %s, %s, %s, 1, 0)")
OF_ENTRIES = "FROM new_loyalty_entry e JOIN loyalty_wallet w ON w.id = e.wallet_id"
# Far from what the engine numbers.
FAR = 10_000_000
DAY = "2026-05-04"
numbers = count(FAR)


@dataclass
class Template:
    """A row of one table that was really written, to be written again and again."""

    table: str
    columns: list[str]
    values: list[Any]

    def copy(self, **changed: Any) -> list[Any]:
        return [
            changed.get(name, value)
            for name, value in zip(self.columns, self.values, strict=True)
        ]


@dataclass
class BareOrder:
    """Writes the rows of one order for one member, without any thought."""

    member: Member
    wallet_id: int = 0
    point_type_id: int = 0
    templates: dict[str, Template] = field(default_factory=dict)

    def __post_init__(self) -> None:
        order = Order.objects.filter(member=self.member).latest("id")
        entry = Entry.objects.filter(decision=order.decision_id).get()
        lot = Lot.objects.filter(entry=entry).get()
        wallet = Wallet.objects.get(pk=entry.wallet_id)
        self.wallet_id, self.point_type_id = wallet.pk, wallet.point_type_id
        keys = {
            "loyalty_order": order.pk,
            "loyalty_decision": order.decision_id,
            "loyalty_entry": entry.pk,
            "loyalty_lot": lot.pk,
        }
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(id) FROM core_event")
            keys["core_event"] = cursor.fetchone()[0]
            for table in TABLES:
                cursor.execute(f"SELECT * FROM {table} WHERE id = %s", [keys[table]])
                columns = [column[0] for column in cursor.description]
                self.templates[table] = Template(
                    table, columns, [plain(value) for value in cursor.fetchone()]
                )

    def rows(self, wallets: Sequence[int]) -> dict[str, list[list[Any]]]:
        """Return the rows of one order for each of these wallets, by table."""
        found: dict[str, list[list[Any]]] = {table: [] for table in TABLES}
        for wallet in wallets:
            number = next(numbers)
            for table in TABLES:
                found[table].append(self._row(table, number, wallet))
        return found

    def _row(self, table: str, number: int, wallet: int) -> list[Any]:
        changed: dict[str, Any] = {"id": number}
        if table == "loyalty_order":
            changed |= {"external_id": f"bare-{number}", "decision_id": number}
        if table == "loyalty_decision":
            changed |= {"fact_id": f"bare-{number}"}
        if table == "loyalty_entry":
            changed |= {"seq": FAR + number, "key": f"bare:{number}", "wallet_id": wallet}
            changed |= {"decision_id": number, "source_id": f"bare-{number}"}
        if table == "loyalty_lot":
            changed |= {"entry_id": number, "wallet_id": wallet}
            changed |= {"source_id": f"bare-{number}"}
        return self.templates[table].copy(**changed)


def plain(value: Any) -> Any:
    """Return a value as the driver takes it again."""
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, dict | list):
        return Jsonb(value)
    return value


def write_one_by_one(bare: BareOrder, times: int, settings: dict[str, Any]) -> None:
    """The limit of a single statement: one transaction each, one client."""
    with psycopg.connect(**settings) as connected:
        for _ in range(times):
            with connected.transaction(), connected.cursor() as cursor:
                cursor.execute(
                    "SELECT * FROM loyalty_wallet WHERE id = %s FOR UPDATE", [bare.wallet_id]
                )
                write_one(cursor, bare, bare.wallet_id)


def write_one(cursor: Any, bare: BareOrder, wallet_id: int) -> None:
    """Write the rows of one order for a wallet that is locked."""
    rows = bare.rows([wallet_id])
    for table in TABLES:
        template, row = bare.templates[table], rows[table][0]
        names = ", ".join(f'"{name}"' for name in template.columns)
        marks = ", ".join(["%s"] * len(row))
        cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', row)
    cursor.execute(
        "UPDATE loyalty_wallet SET pending = pending + 1, "
        "lifetime_earned = lifetime_earned + 1 WHERE id = %s",
        [wallet_id],
    )
    mine = (bare.member.program_id, bare.member.pk)
    sums = (ONE_TOTAL, (*mine, DAY)), (ONE_OF_POINTS, (*mine, bare.point_type_id, DAY))
    if connection.vendor == "postgresql":
        (total, its), (points, theirs) = sums
        cursor.execute(f"WITH total AS ({total}) {points}", (*its, *theirs))
        return
    for statement, values in sums:
        cursor.execute(statement, values)


def write_in_bulk(bare: BareOrder, wallets: Sequence[int], settings: dict[str, Any]) -> None:
    """The limit of a batch: COPY into temporary tables, then set-based SQL."""
    rows = bare.rows(wallets)
    with psycopg.connect(**settings) as connected, connected.transaction():
        connected.execute(
            "SELECT id FROM loyalty_wallet WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [list(wallets)],
        )
        for table in TABLES:
            _copy(connected, bare.templates[table], rows[table])
        connected.execute(
            "UPDATE loyalty_wallet w SET pending = w.pending + e.pending, "
            "lifetime_earned = w.lifetime_earned + e.pending "
            "FROM new_loyalty_entry e WHERE e.wallet_id = w.id"
        )
        for statement, columns in (
            (DAY_TOTAL, "w.program_id, w.member_id, %s::date, 1, 1"),
            (DAY_POINTS, "w.program_id, w.member_id, w.point_type_id, %s::date, 1, 0"),
        ):
            connected.execute(statement.format(rows=f"SELECT {columns} {OF_ENTRIES}"), [DAY])


def _copy(
    connected: psycopg.Connection[Any], template: Template, rows: list[list[Any]]
) -> None:
    table, names = template.table, ", ".join(f'"{name}"' for name in template.columns)
    connected.execute(f'CREATE TEMPORARY TABLE "new_{table}" (LIKE "{table}") ON COMMIT DROP')
    with connected.cursor().copy(f'COPY "new_{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
    connected.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM "new_{table}"')
