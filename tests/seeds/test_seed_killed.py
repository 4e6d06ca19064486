"""A replay that is killed, again and again, and gets there all the same."""

import os
import subprocess
import sys
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection

from loyalty.models import Program
from tests.proof import prove

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(shop_file, row):
    """Forty days of three orders, the third of which takes something back."""
    rows = []
    for number in range(40):
        day = date(2010, 12, 1) + timedelta(days=number)
        invoice = 536365 + 3 * number
        rows += [
            row(str(invoice), "71053", 10, "3.00", at=f"{day} 08:00:00"),
            row(str(invoice + 1), "22633", 3, "4.50", at=f"{day} 09:00:00", customer="13047"),
            row(f"C{invoice + 2}", "71053", -2, "3.00", at=f"{day} 10:00:00"),
        ]
    return shop_file(*rows)


def address():
    """Return the address of the database that the tests use."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def killed_after(days, path, directory):
    """Start the command in a process of its own; end it by SIGKILL after some days."""
    command = [sys.executable, ROOT / "manage.py", "seed", "gift_shop", "--file", path]
    env = {**os.environ, "DATABASE_URL": address(), "DATA_DIR": str(directory)}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as run:
        told = [run.stdout.readline() for _ in range(1 + days)]
        run.kill()
    return told[0]


@pytest.mark.django_db(transaction=True)
def test_a_replay_killed_three_times_comes_to_the_same_end(path, tmp_path, settings):
    settings.DATA_DIR = tmp_path

    first = killed_after(1, path, tmp_path)
    later = [killed_after(2, path, tmp_path) for _ in range(2)]
    end = StringIO()
    call_command("seed", "gift_shop", file=path, stdout=end)

    assert first == "gift_shop: 80 orders, 40 days.\n"
    assert all("still to come" in told for told in [*later, end.getvalue()])
    assert "80 orders agree with an independent computation" in end.getvalue()
    prove(Program.objects.get(slug="gift-shop"))
