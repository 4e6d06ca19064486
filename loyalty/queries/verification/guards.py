"""What the database itself promises: constraints and append-only triggers."""

from collections.abc import Iterator

from django.db import connection

from loyalty.models import Allocation, Entry, Hold, Lot, RuleSet, Wallet
from loyalty.queries.verification.findings import Finding

LEDGER = (Wallet, Entry, Lot, Allocation, Hold)
APPEND_ONLY = (Entry, Allocation, RuleSet)

# Each trigger that is on, with the text of what it does.
TRIGGERS = {
    "postgresql": (
        "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
    ),
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
}
VERBS = {"postgresql": ("rows", "truncate"), "sqlite": ("update", "delete")}


def guard_findings() -> Iterator[Finding]:
    """Yield every constraint and trigger of the ledger that is not there."""
    for model in LEDGER:
        table = model._meta.db_table
        with connection.cursor() as cursor:
            there = connection.introspection.get_constraints(cursor, table)
        for constraint in model._meta.constraints:
            if constraint.name not in there:
                yield Finding(f"table {table}", constraint.name, "a constraint", "missing")
    yield from _trigger_findings(_refusing_triggers())


def _refusing_triggers() -> set[str]:
    """Return the names of triggers that are on and do refuse."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor])
        return {name for name, does in cursor.fetchall() if "RAISE" in does.upper()}


def _trigger_findings(refusing: set[str]) -> Iterator[Finding]:
    for model in APPEND_ONLY:
        table = model._meta.db_table
        for verb in VERBS[connection.vendor]:
            trigger = f"{table}_{verb}"
            if trigger not in refusing:
                yield Finding(f"table {table}", trigger, "a trigger that refuses", "missing")
