"""Nonsense in the environment is refused, by name and all at once."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.house.source import ROOT


@pytest.fixture
def start(tmp_path):
    def run(**environment):
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-c", "import config.settings"],
            cwd=ROOT,
            env={**kept, "DATA_DIR": str(tmp_path / "data"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_with_nothing_said_it_starts(start):
    told = start()

    assert (told.returncode, told.stderr) == (0, "")


def test_every_bad_variable_is_named_at_once(start):
    told = start(DATABASE_URL="mysql://shop", DEBUG="maybe", REDIS_URL="pigeon://")

    assert told.returncode == 1
    assert told.stderr.endswith(
        "These environment variables make no sense:\n"
        "  DATABASE_URL: It must begin with sqlite:/// or postgres://.\n"
        "  DEBUG: Not a valid boolean.\n"
        "  REDIS_URL: It must begin with one of redis, rediss, unix.\n"
    )


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        (
            "SECRET_KEY_FILE",
            "SECRET_KEY_FILE is no file of text: The value of SECRET_KEY_FILE must",
        ),
        ("DATA_DIR", "DATA_DIR cannot be made: "),
    ],
)
def test_a_place_that_is_not_there_is_refused_by_name(start, variable, told):
    refused = start(**{variable: "/proc/nowhere"})

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith(
        f"django.core.exceptions.ImproperlyConfigured: {told}"
    )


def test_a_key_that_could_be_guessed_is_refused(start):
    refused = start(SECRET_KEY="x", DEBUG="false")

    assert refused.returncode == 1
    assert "  SECRET_KEY: Shorter than minimum length 32." in refused.stderr


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("nginx", "It must be a list such as 10.0.0.0/8,::1: 'nginx' does not appear to be"),
        ("10.0.0.1/8", "10.0.0.1/8 has host bits set."),
        ("10.0.0.0/8,0.0.0.0/0", "0.0.0.0/0 is everybody: anyone could claim any address."),
        ("::/0", "::/0 is everybody"),
        ("2", "does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_trusted_proxies_that_make_no_sense_are_refused(start, said, told):
    refused = start(TRUSTED_PROXIES=said)

    assert refused.returncode == 1
    assert "  TRUSTED_PROXIES: " in refused.stderr
    assert told in refused.stderr


def test_trusted_proxies_are_a_list_of_networks(start):
    told = start(TRUSTED_PROXIES="10.0.0.0/8, ::1, 192.0.2.7")

    assert (told.returncode, told.stderr) == (0, "")


def test_nothing_is_written_where_the_environment_is_refused(start, tmp_path):
    start(DEBUG="maybe")

    assert list(tmp_path.iterdir()) == []


def test_production_without_a_secret_key_is_refused(start):
    told = start(DEBUG="false")

    assert told.returncode == 1
    assert "SECRET_KEY" in told.stderr


def test_production_with_a_secret_key_starts(start):
    told = start(DEBUG="false", SECRET_KEY="fifty characters that nobody else could ever guess")

    assert (told.returncode, told.stderr) == (0, "")


def test_a_secret_key_may_be_a_file(start, tmp_path):
    key = tmp_path / "key"
    key.write_text("fifty characters that nobody else could ever guess\n")

    told = start(DEBUG="false", SECRET_KEY_FILE=str(key))

    assert (told.returncode, told.stderr) == (0, "")


def test_a_database_in_memory_is_refused(start):
    told = start(DATABASE_URL="sqlite://:memory:")

    assert "DATABASE_URL" in told.stderr


def test_the_key_that_it_makes_is_kept_and_readable_by_its_owner_only(start, tmp_path):
    start()
    made = (tmp_path / "data/secret_key").read_text()
    start()

    assert (tmp_path / "data/secret_key").read_text() == made
    assert (tmp_path / "data/secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own")
def test_sqlite_forgets_nothing_and_lets_no_replacement_slip_past_a_trigger():
    with connection.cursor() as cursor:
        names = ("journal_mode", "synchronous", "recursive_triggers", "foreign_keys")
        values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert values == ["wal", 2, 1, 1]
    assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.needs_postgresql
@pytest.mark.django_db
def test_postgresql_waits_two_seconds_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")

        assert cursor.fetchone() == ("2s",)
