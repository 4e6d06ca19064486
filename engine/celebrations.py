"""Birthdays and anniversaries are stated here: by a job, and before anybody looks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from core.transactions import retrying
from engine.pipeline import state_facts
from loyalty.models import JobRun, Member, Program
from loyalty.queries.celebrations import (
    celebrating_members,
    due_celebrations,
    next_midnight,
    oldest_to_celebrate,
    quiet_until,
)
from loyalty.queries.setup import Setup, setup_of
from loyalty.services.celebrations import moment_of, take_celebrations
from loyalty.services.jobs import end_of_run, last_run, lock_run, pass_over, reach

JOB = "celebrations"

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 500


def celebrate_members(program: Program, members: Sequence[Member], *, at: datetime) -> int:
    """State what these members have to celebrate by `at`, so that nobody waits for a job.

    To be called before a member's wallets are shown or moved. It costs nothing unless
    something is due; return how many facts were stated.
    """
    setup = setup_of(program)
    if not any(due_celebrations(setup, member, until=at) for member in members):
        return 0
    return _celebrate(program, setup, members, at)


@retrying
def _celebrate(program: Program, setup: Setup, members: Iterable[Member], at: datetime) -> int:
    """Each at its own moment, as if somebody had been awake then."""
    statements = take_celebrations(setup, members, at=at)
    answers = [
        answer
        for moment, together in groupby(statements, key=moment_of)
        for answer in state_facts(program, list(together), at=moment)
    ]
    return sum(answer.applied for answer in answers)


def celebrate_days(program: Program, *, at: datetime) -> dict[str, int]:
    """State all that has become due by `at`, midnight by midnight, in the order of time.

    Each chunk is a transaction; a run that is killed is continued by the next one.
    """
    setup = setup_of(program)
    start = _due_since(program, setup, at) if setup.celebrated else None
    celebrated = 0
    while start and (stated := _take_step(program, setup, start, at)) is not None:
        celebrated += stated
    return {"celebrated": celebrated}


def _due_since(program: Program, setup: Setup, at: datetime) -> datetime | None:
    """Return since when there is something to do; None if no day has begun for anybody."""
    run = last_run(program, JOB)
    if run is None or run.until is None:
        return oldest_to_celebrate(setup)
    if run.cursor or at >= end_of_run(run) or next_midnight(setup, after=run.until, until=at):
        return run.until
    return None


def next_celebration(program: Program, *, after: datetime, until: datetime) -> datetime:
    """Return the next moment at which somebody may celebrate; `until` if nobody does."""
    setup = setup_of(program)
    if not setup.celebrated:
        return until
    quiet = quiet_until(setup, after=after, until=until)
    return next_midnight(setup, after=quiet, until=until) or until


def uncelebrated(program: Program, *, until: datetime) -> Iterator[datetime]:
    """Yield the moments before `until` at which there may be something left to celebrate."""
    setup = setup_of(program)
    since = _due_since(program, setup, until) if setup.celebrated else None
    while since and since < until:
        since = next_celebration(program, after=since, until=until)
        if since < until:
            yield since


@retrying
def _take_step(program: Program, setup: Setup, start: datetime, at: datetime) -> int | None:
    """Do the next chunk of the next midnight; None once the job has caught up."""
    run = lock_run(program, JOB, start=start)
    since = run.until or start
    if since >= at:
        return None
    if run.cursor == 0 and (quiet := quiet_until(setup, after=since, until=at)) > since:
        reach(run, quiet)
        return 0
    end = min(end_of_run(run), at)
    midnight = next_midnight(setup, after=since, until=end)
    if midnight is None:
        reach(run, end)
        return 0
    return _do_chunk(run, setup, midnight)


def _do_chunk(run: JobRun, setup: Setup, midnight: datetime) -> int:
    members = celebrating_members(setup, at=midnight, after_id=run.cursor, most=CHUNK)
    if not members:
        reach(run, midnight)
        return 0
    celebrated = _celebrate(run.program, setup, members, midnight)
    pass_over(run, members[-1].pk)
    return celebrated
