"""The command that imports opening balances."""

import os
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from engine.management.commands import import_balances
from loyalty.models import Entry
from tests.factories import balance_of, make_member, make_program
from tests.house.source import ROOT
from tests.proof import prove

HEAD = "member,point_type,amount\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "balances.csv"


def address():
    """Return the address of the database that the tests use."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@pytest.mark.django_db
def test_it_says_what_it_did(file, capsys):
    program = make_program()
    make_member(program)
    file.write_text(f"{HEAD}ada,points,500\n")

    call_command("import_balances", program.slug, file)

    assert capsys.readouterr().out == (
        "1 lots opened with 500 points, 0 known before, 0 members enrolled, 0 rows broken.\n"
    )


@pytest.mark.django_db
def test_a_dry_run_lists_what_is_broken_and_fails(file, capsys):
    program = make_program()
    file.write_text(f"{HEAD}ada,points,500\nada,points,x\n")

    with pytest.raises(CommandError, match="2 rows are broken"):
        call_command("import_balances", program.slug, file, "--dry-run")

    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("line 2, member: expected a member who has enrolled")
    assert told[1].startswith("line 3, amount: expected a whole number")


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_named(file):
    program = make_program()

    with pytest.raises(CommandError, match=r"balances\.csv"):
        call_command("import_balances", program.slug, file)


@pytest.mark.django_db
def test_without_a_terminal_it_tells_progress_in_lines(file, capsys, monkeypatch):
    monkeypatch.setattr(import_balances, "STRIDE", 1)
    program = make_program()
    make_member(program)
    file.write_text(f"{HEAD}ada,points,500\n")

    call_command("import_balances", program.slug, file)

    assert "… 1 of 1 rows" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_goes_on_when_it_is_started_again(file):
    program = make_program()
    ada = make_member(program)
    rows = 6_000
    lines = "".join(f"ada,points,{points}\n" for points in range(1, rows + 1))
    file.write_text(HEAD + lines)
    command = [sys.executable, "manage.py", "import_balances", program.slug, str(file)]
    env = {**os.environ, "DATABASE_URL": address()}
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    openings = Entry.objects.filter(kind="opening")
    give_up = time.monotonic() + 60
    while not openings.exists() and time.monotonic() < give_up:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = openings.count()

    call_command("import_balances", program.slug, file)

    assert 0 < before < rows
    assert before % 500 == 0
    assert balance_of(ada).available == rows * (rows + 1) // 2
    prove(program)
