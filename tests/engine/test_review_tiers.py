"""The command that reviews tiers: those whose time has come, everybody, or what would be."""

import csv
import time
from datetime import timedelta

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.management import call_command
from django.core.management.base import CommandError

from config.celery import app
from engine import reviewing
from engine.tasks import review_part
from loyalty.models import Program
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, YEAR, count_order, make_ladders, review, spend, tier_of
from tiers.models import ReviewChunk, Standing, StandingChange
from tiers.services import rounds
from tiers.services.rounds import begin_round, open_chunks

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=2)


@pytest.fixture
def program():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "valid_for": "end_of_period"})
    set_clock(program, NOON)
    return program


def set_clock(program, to):
    Program.objects.filter(pk=program.pk).update(clock_at=to)
    program.clock_at = to


def run(*arguments, capsys):
    call_command("review_tiers", *arguments)
    return capsys.readouterr().out


def table(told):
    """Return the closing table but for the seconds."""
    words = [line.split() for line in told.splitlines()[1:]]
    return {name: number for name, number in words if name != "seconds"}


def test_those_whose_time_has_come_are_reviewed(program, capsys):
    ada = make_member(program)
    spend(ada, 50000)
    set_clock(program, NOON.replace(year=2027))

    told = run(program.slug, capsys=capsys)

    assert told.splitlines()[0] == program.slug
    assert table(told) == {"reviewed": "1", "rises": "0", "falls": "1"}
    assert "seconds" in told
    assert tier_of(ada, at=NOON.replace(year=2027)) == "member"
    assert table(run(program.slug, capsys=capsys))["reviewed"] == "0"


def test_only_a_review_of_everybody_finds_what_was_missed(program, capsys):
    ada = make_member(program)
    count_order(ada, 50000)

    assert table(run(program.slug, capsys=capsys))["rises"] == "0"
    assert table(run(program.slug, "--full", capsys=capsys))["rises"] == "1"
    assert table(run(program.slug, "--full", capsys=capsys))["rises"] == "0"


def test_a_review_of_everybody_counts_whoever_it_judges_once(program, capsys):
    ada = make_member(program)
    spend(ada, 50000)
    set_clock(program, NOON.replace(year=2027))

    told = run(program.slug, "--full", capsys=capsys)

    assert table(told) == {"reviewed": "1", "rises": "0", "falls": "1"}
    assert tier_of(ada, at=NOON.replace(year=2027)) == "member"


def test_without_a_name_all_programs_are_reviewed(program, capsys):
    bare = make_program()

    told = run(capsys=capsys)

    assert program.slug in told.splitlines()
    assert bare.slug not in told.splitlines()


def test_a_dry_run_tells_who_would_move_and_why_and_writes_nothing(program, capsys):
    ada = make_member(program)
    spend(ada, 50000)
    count_order(make_member(program, "bob"), 20000)

    told = run(program.slug, "--dry-run", "--at", "2027-01-01", capsys=capsys)

    assert told.splitlines() == [
        "ada: vip gold -> member at 2026-12-31T23:00:00Z (review, 0 of 50000)",
        f"{program.slug}: 1 moves by 2026-12-31T23:00:00Z. Nothing was written.",
    ]
    assert StandingChange.objects.count() == 1
    assert Standing.objects.get().tier == "gold"
    told = run(program.slug, "--dry-run", "--full", capsys=capsys)
    assert "bob: vip member -> silver at 2026-05-04T12:00:00Z (review, 20000 of 20000)" in told


def test_a_dry_run_tells_all_of_it_as_csv(program, capsys, tmp_path):
    ada = make_member(program)
    spend(ada, 50000)
    file = tmp_path / "moves.csv"

    run(program.slug, "--dry-run", "--at", "2027-01-01", "--csv", str(file), capsys=capsys)

    with file.open() as lines:
        (row,) = csv.DictReader(lines)
    assert row == {
        "program": program.slug,
        "member": "ada",
        "ladder": "vip",
        "from": "gold",
        "to": "member",
        "at": "2026-12-31T23:00:00Z",
        "cause": "review",
        "value": "0",
        "threshold": "50000",
    }
    told = run(program.slug, "--dry-run", "--csv", "-", capsys=capsys)
    assert told.splitlines() == ["program,member,ladder,from,to,at,cause,value,threshold"]


def test_many_moves_are_counted_after_the_first_fifty(program, capsys):
    for number in range(52):
        count_order(make_member(program, f"m-{number}"), 20000)

    told = run(program.slug, "--dry-run", "--full", capsys=capsys).splitlines()

    assert len(told) == 51
    assert "… and 2 more; --csv has all. 52 moves" in told[-1]


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        (["nowhere"], "There is no program 'nowhere'. Known: shop"),
        (["--at", "2027-01-01"], "--at asks what would be: add --dry-run"),
        (["--csv", "x.csv"], "--csv asks what would be: add --dry-run"),
        (["--dry-run", "--at", "someday"], "--at: 'someday' is neither a date"),
        (["--dry-run", "--at", "2026-05-01"], "--at: 2026-05-01 has passed in shop"),
        (["--workers", "0"], "--workers: one at least"),
        (["--workers", "2"], "--workers: only a review of everybody is shared"),
        (["--full", "--workers", "2", "--dry-run"], "--workers: only a review of"),
        (["--dry-run", "--csv", "/nowhere/x.csv"], "/nowhere/x.csv cannot be written"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(program, arguments, refused):
    with pytest.raises(CommandError, match=refused.replace("(", r"\(")):
        call_command("review_tiers", *arguments)

    assert not ReviewChunk.objects.exists()


@pytest.fixture
def missed(program, monkeypatch):
    """Twenty members whom a review of everybody lifts, in steps of two."""
    monkeypatch.setattr(rounds, "CHUNK", 2)
    monkeypatch.setattr(reviewing, "PARTS_EACH", 3)
    people = [make_member(program, f"m-{number}") for number in range(20)]
    for one in people:
        count_order(one, 20000)
    return people


def test_a_message_that_comes_twice_or_too_late_does_nothing_more(program, missed):
    first, *_ = open_chunks(begin_round(program=program, at=NOON, parts=4))

    for _ in range(2):
        review_part(first)
    ReviewChunk.objects.all().delete()
    review_part(first)

    assert Standing.objects.count() == StandingChange.objects.count() == 5


def test_messages_that_are_lost_keep_nobody_from_being_reviewed(program, missed, capsys):
    # There is no worker: they lie in the broker's folder.
    told = run(program.slug, "--full", "--workers", "2", capsys=capsys)

    assert table(told) == {"reviewed": "20", "rises": "20", "falls": "0"}
    app.control.purge()


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_its_share_over_the_broker(program, missed):
    number = begin_round(program=program, at=NOON, parts=6)
    app.control.purge()
    for chunk_id in open_chunks(number):
        review_part.delay(chunk_id)

    with start_worker(app, perform_ping_check=False, pool="solo") as worker:
        worker.ensure_started()
        wait_for(lambda: not open_chunks(number))

    assert Standing.objects.filter(tier="silver").count() == 20
    assert StandingChange.objects.count() == 20
    assert review(*missed) == []


def wait_for(happened):
    for _ in range(300):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")
