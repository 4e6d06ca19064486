"""SQLite and PostgreSQL come to the same, row by row and answer by answer."""

import json
import os
import subprocess
import sys

import pytest

from tests.house.source import ROOT
from tests.journeys.operations import life_of

SEED, THROWS = 20261122, 2_000

# Its own process, since Django has one default database in each.
ON_SQLITE = f"""
import json, django
django.setup()
from django.core.management import call_command
from django.db import transaction
call_command("migrate", verbosity=0)
from tests.journeys.operations import life_of
with transaction.atomic():
    print(json.dumps(life_of({SEED}, {THROWS}), default=str))
"""


@pytest.fixture
def on_sqlite(tmp_path):
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/parity.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-c", ON_SQLITE]
    with (
        (tmp_path / "life.json").open("w+") as life,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=life) as process,
    ):
        yield process, life
        process.kill()


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_2000_operations_come_to_the_same_on_both_databases(on_sqlite):
    process, life = on_sqlite

    ours = json.loads(json.dumps(life_of(SEED, THROWS), default=str))

    assert process.wait(timeout=300) == 0
    life.seek(0)
    theirs = json.load(life)
    assert len(ours["answers"]) == THROWS
    for what in ours:
        assert ours[what] == theirs[what]
