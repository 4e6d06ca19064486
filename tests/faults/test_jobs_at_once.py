"""Two workers, two beats: what is due is done once."""

from collections import Counter
from datetime import timedelta

import pytest
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app
from core.errors import Unavailable
from core.models import Event
from engine.nightly import run_due
from engine.tasks import tick
from loyalty.models import Entry, MemberEvent, Program, Wallet
from tests.concurrency import at_once, errors_in
from tests.factories import NOON, give_points, make_member, make_program
from tests.proof import prove

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = 25
LATER = NOON + timedelta(days=21)


@pytest.fixture
def program(monkeypatch):
    for module in ("engine.celebrations", "loyalty.services.expiry"):
        monkeypatch.setattr(f"{module}.CHUNK", 4)
    monkeypatch.setattr("loyalty.services.reminders.CHUNK", 4)
    program = make_program(
        rules={"birthday": {"on": "birthday", "award": {"points": 50}}},
        points={"expiry_reminders": [30], "expiry": {"after": "9 months"}},
    )
    for number in range(MEMBERS):
        member = make_member(program, f"m-{number}", birthday=f"1990-05-{6 + number % 9:02}")
        give_points(member, 10, expires_at=NOON + timedelta(days=5))
        give_points(member, 7, expires_at=LATER + timedelta(days=20))
    return program


@pytest.mark.needs_postgresql
def test_two_runs_at_once_do_nothing_twice(program):
    # Catches: looking at how far a job has come before its row is locked.
    results = at_once(2, run_due, program=program, at=LATER)

    assert errors_in(results) == []
    done = sum((Counter(result) for result in results), Counter())
    assert done == {"celebrated": MEMBERS, "expired": MEMBERS, "reminded": MEMBERS}
    assert MemberEvent.objects.filter(type="birthday").count() == MEMBERS
    assert Entry.objects.filter(kind="expire").count() == MEMBERS
    assert Event.objects.filter(type="points.expiring").count() == MEMBERS
    prove(program)


@pytest.mark.needs_postgresql
def test_two_beats_that_tick_at_once_are_harmless(program):
    Program.objects.update(sandbox=False, clock_at=None)

    results = at_once(2, tick)

    assert errors_in(results) == []
    assert not Wallet.objects.filter(due_at__lte=LATER - timedelta(days=1)).exclude(
        available__gt=0
    )
    prove(program)


def test_a_beat_registers_the_tick_and_a_second_one_finds_it():
    for _ in range(2):
        DatabaseScheduler(app=app)

    task = PeriodicTask.objects.get(task="engine.tasks.tick")
    assert (task.interval.every, task.interval.period) == (60, "seconds")
    assert task.enabled


def test_a_program_that_is_locked_keeps_no_other_waiting(monkeypatch):
    first, second = make_program(sandbox=False), make_program(sandbox=False)
    done = []

    def run(program, at):
        if program == first:
            raise Unavailable("locked")
        done.append(program)

    monkeypatch.setattr("engine.tasks.run_due", run)
    tick()

    assert done == [second]
