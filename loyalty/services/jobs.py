"""How far the daily work has come: a row per job and day, locked by who continues it."""

from datetime import datetime, timedelta

from core import clock
from core.periods import local_midnight, start_of
from loyalty.models import JobRun, Program

ONE_DAY = timedelta(days=1)


def last_run(program: Program, job: str) -> JobRun | None:
    """Return the newest day of a job, unlocked: for seeing that nothing is due."""
    run = JobRun.objects.filter(program=program, job=job).order_by("-day").first()
    if run is not None:
        run.program = program
    return run


def lock_run(program: Program, job: str, *, start: datetime) -> JobRun:
    """Return the day that a job is at, locked until the transaction ends.

    The day after one that is done begins where that ended; the very first begins
    at `start`. Whoever has waited for the lock looks again: the day may be over.
    """
    runs = JobRun.objects.select_for_update().filter(program=program, job=job)
    newest = runs.order_by("-day").first()
    while newest is None or newest.done_at is not None:
        following = _following(program, job, newest, start)
        JobRun.objects.bulk_create([following], ignore_conflicts=True)
        newest = runs.get(day=following.day)
    newest.program = program
    return newest


def _following(program: Program, job: str, newest: JobRun | None, start: datetime) -> JobRun:
    begins_at = newest.until if newest and newest.until else start
    day = start_of("day", begins_at, program.zone).astimezone(program.zone).date()
    if newest is not None:
        # A program that has moved to another time zone may come to the same day again.
        day = max(day, newest.day + ONE_DAY)
    return JobRun(program=program, job=job, day=day, until=begins_at)


def reach(run: JobRun, until: datetime) -> None:
    """Note that all of a job's work is done up to a moment of its day, which may end it."""
    run.until, run.cursor = until, 0
    columns = ["until", "cursor"]
    if until >= end_of_run(run):
        run.done_at = clock.real_now()
        columns.append("done_at")
    run.save(update_fields=columns)


def pass_over(run: JobRun, cursor: int) -> None:
    """Note that a job has done its work for all rows up to one, at its next moment."""
    run.cursor = cursor
    run.save(update_fields=["cursor"])


def end_of_run(run: JobRun) -> datetime:
    """Return the end of a job's day, which is the first moment of the next."""
    return local_midnight(run.day + ONE_DAY, run.program.zone)


def forget_runs(program: Program) -> None:
    """Begin the daily work anew, for a clock that was set back before anything happened."""
    JobRun.objects.filter(program=program).delete()
