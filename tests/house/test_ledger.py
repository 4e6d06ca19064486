"""Balances have one writer."""

import ast
import re

from tests.house.source import app_modules, dotted

LEDGER = {"Wallet", "Entry", "Lot", "Allocation", "Hold"}
WRITER = "loyalty/services/ledger"
WRITES = {
    "create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update",
    "delete", "acreate", "abulk_create", "aupdate", "adelete",
}  # fmt: skip
STATEMENT = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|copy|truncate)\s+\"?"
    r"loyalty_(?:wallet|entry|lot|allocation|hold)\b",
    re.IGNORECASE,
)


def test_only_the_ledger_service_writes_ledger_tables():
    writers = [
        f"{module.path}:{node.lineno}"
        for module in app_modules()
        if not module.path.startswith(WRITER)
        for node in ast.walk(module.tree)
        if writes_the_ledger(node)
    ]

    assert writers == []


def test_only_the_ledger_service_makes_ledger_rows():
    makers = [
        f"{module.path}:{node.lineno}"
        for module in app_modules()
        if not module.path.startswith(WRITER) and imports_the_ledger(module.tree)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in LEDGER
    ]

    assert makers == []


def test_a_write_is_seen_in_every_form_it_may_take():
    forms = [
        "Wallet.objects.filter(member=1).update(available=5)",
        "Entry.objects.bulk_create(entries)",
        "models.Lot.objects.create()",
        "cursor.execute('UPDATE loyalty_wallet SET available = 5')",
        "cursor.execute(f'insert into \"loyalty_entry\" values ({x})')",
    ]

    assert all(any(map(writes_the_ledger, ast.walk(ast.parse(form)))) for form in forms)


def test_a_read_is_not_taken_for_a_write():
    forms = [
        "Wallet.objects.filter(member=1).first()",
        "Member.objects.create()",
        "seen.update(Entry.objects.all())",
        "cursor.execute('SELECT available FROM loyalty_wallet FOR UPDATE')",
    ]

    assert not any(writes_the_ledger(node) for f in forms for node in ast.walk(ast.parse(f)))


def writes_the_ledger(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return STATEMENT.search(node.value) is not None
    if not isinstance(node, ast.Call):
        return False
    *chain, last = dotted(node.func).split(".")
    return last in WRITES and "objects" in chain and not LEDGER.isdisjoint(chain)


def imports_the_ledger(tree):
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("loyalty.models")
        and not LEDGER.isdisjoint(alias.name for alias in node.names)
        for node in ast.walk(tree)
    )
