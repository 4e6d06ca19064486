"""What somebody does who owns the database: change rows that nobody may change."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from django.db import connection

from loyalty.models import Entry, Wallet
from loyalty.rules.chain import HASHED_COLUMNS, link

append_only = import_module("loyalty.migrations.0002_append_only")


@contextmanager
def unguarded() -> Iterator[None]:
    """Take the append-only triggers away, and put them back as if nothing had been."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in append_only.APPEND_ONLY:
        for statement in append_only.drops(connection.vendor, table):
            run(statement)
    yield
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in append_only.APPEND_ONLY:
        for statement in append_only.statements(connection.vendor, table):
            run(statement)


def tamper(*statements: str) -> None:
    with unguarded():
        for statement in statements:
            run(statement)


def run(statement: str) -> None:
    if statement.startswith("SET CONSTRAINTS") and connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(statement)


def rehash(wallet: Wallet) -> None:
    """Make a wallet's hashes agree with its entries as they are now."""
    head = b""
    for entry in Entry.objects.filter(wallet=wallet).order_by("seq"):
        values = [getattr(entry, column) for column in HASHED_COLUMNS]
        entry.prev_hash, entry.hash = head, link(head, values)
        entry.save(update_fields=["prev_hash", "hash"])
        head = entry.hash
    Wallet.objects.filter(pk=wallet.pk).update(head_hash=head)
