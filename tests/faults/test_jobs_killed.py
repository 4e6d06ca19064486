"""Jobs that are killed in the middle of a chunk go on, and come to the same end."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from core.models import Event
from engine.nightly import run_due
from loyalty.models import Entry, ExpiryReminder, JobRun, MemberEvent
from tests.factories import NOON, give_points, make_member, make_program
from tests.proof import prove

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = 30
LATER = NOON + timedelta(days=21)
RULES = {"birthday": {"on": "birthday", "award": {"points": 50}}}
POINTS = {"expiry_reminders": [30], "expiry": {"after": "9 months"}}

# Chunks of three, and a process that ends, as by a cut cable, once it has written so
# many rows of one kind: in the middle of a transaction.
DYING = """
import os, signal, sys
import django
django.setup()
from core import bulk
from engine import celebrations, nightly
from loyalty.models import Program
from loyalty.services import expiry, reminders
from core.zones import in_utc
from datetime import datetime
celebrations.CHUNK = expiry.CHUNK = reminders.CHUNK = 3
table, left, at = sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
insert = bulk.insert_rows
def insert_and_die(model, columns, rows, **options):
    global left
    rows = list(rows)
    insert(model, columns, rows, **options)
    left -= len(rows) if model._meta.object_name == table else 0
    if left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
bulk.insert_rows = insert_and_die
together = bulk.insert_together
def insert_together_and_die(*tables):
    global left
    before = left
    tables = [(*table, list(rows)) for *table, rows in tables]
    together(*tables)
    if left == before:
        left -= sum(len(rows) for model, _, rows in tables if model._meta.object_name == table)
    if left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
bulk.insert_together = insert_together_and_die
nightly.run_due(Program.objects.get(), at=at)
"""


@pytest.fixture
def program():
    program = make_program(rules=RULES, points=POINTS)
    for number in range(MEMBERS):
        member = make_member(program, f"m-{number}", birthday=f"1990-05-{6 + number % 9:02}")
        give_points(member, 10, expires_at=NOON + timedelta(days=5))
        give_points(member, 7, expires_at=LATER + timedelta(days=20))
    return program


def address():
    """Return the address of the database that the tests use."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def killed_after(rows, table, directory):
    command = [sys.executable, "-c", DYING, table, str(rows), LATER.isoformat()]
    env = os.environ | {
        "DATABASE_URL": address(),
        "DATA_DIR": str(directory),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return subprocess.run(command, cwd=ROOT, env=env, check=False, timeout=120).returncode


def test_a_run_killed_in_each_of_its_jobs_comes_to_the_same_end(program, tmp_path):
    killed = [
        killed_after(4, "MemberEvent", tmp_path),
        killed_after(10, "MemberEvent", tmp_path),
        killed_after(20, "Allocation", tmp_path),
        killed_after(8, "ExpiryReminder", tmp_path),
    ]

    run_due(program, at=LATER)

    assert killed == [-9] * 4
    stated = MemberEvent.objects.filter(type="birthday")
    assert stated.count() == stated.values("member").distinct().count() == MEMBERS
    assert Entry.objects.filter(source_id__contains="birthday").count() == MEMBERS
    assert Entry.objects.filter(kind="expire").count() == MEMBERS
    assert ExpiryReminder.objects.count() == MEMBERS
    assert Event.objects.filter(type="points.expiring").count() == MEMBERS
    assert not JobRun.objects.filter(job="reminders", done_at=None).exists()
    prove(program)


def test_what_was_committed_before_a_kill_is_not_done_again(program, tmp_path):
    killed_after(10, "MemberEvent", tmp_path)

    before = MemberEvent.objects.filter(type="birthday").count()
    done = run_due(program, at=LATER)["celebrated"]

    assert 0 < before < MEMBERS
    assert before + done == MEMBERS
