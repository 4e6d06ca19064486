"""Refuse to change what is append-only, on both databases; leave room for HOT updates."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

APPEND_ONLY = ("loyalty_entry", "loyalty_allocation", "loyalty_ruleset")

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION perennial_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""


def statements(vendor: str, table: str) -> list[str]:
    """Return the SQL that makes `table` append-only."""
    if vendor == "postgresql":
        return [
            f"CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION perennial_append_only()",
            f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION perennial_append_only()",
        ]
    return [
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def drops(vendor: str, table: str) -> list[str]:
    """Return the SQL that takes the guard away again."""
    if vendor == "postgresql":
        return [
            f"DROP TRIGGER {table}_rows ON {table}",
            f"DROP TRIGGER {table}_truncate ON {table}",
        ]
    return [f"DROP TRIGGER {table}_{verb}" for verb in ("update", "delete")]


def guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install the triggers."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        # No parameters at all, or the driver reads the % of the message as one.
        schema_editor.execute(POSTGRESQL_FUNCTION, params=None)
        schema_editor.execute("ALTER TABLE loyalty_wallet SET (fillfactor = 80)")
        schema_editor.execute("ALTER TABLE loyalty_lot SET (fillfactor = 90)")
    for table in APPEND_ONLY:
        for statement in statements(vendor, table):
            schema_editor.execute(statement)


def unguard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers away."""
    vendor = schema_editor.connection.vendor
    for table in APPEND_ONLY:
        for statement in drops(vendor, table):
            schema_editor.execute(statement)
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION perennial_append_only()")
        schema_editor.execute("ALTER TABLE loyalty_wallet RESET (fillfactor)")
        schema_editor.execute("ALTER TABLE loyalty_lot RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]

    operations = [migrations.RunPython(guard, unguard)]
