"""The work that is due, in order. Nothing depends on it having run."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from engine.celebrations import celebrate_days, next_celebration, uncelebrated
from loyalty.models import Program
from loyalty.queries.reminders import next_reminder
from loyalty.queries.setup import setup_of
from loyalty.services.expiry import settle_due_wallets
from loyalty.services.redemptions import expire_redemptions
from loyalty.services.reminders import remind_members

# What an entry's kind is called in the count of what was done.
DONE = {
    "release": "released",
    "cancel_pending": "lapsed",
    "expire": "expired",
    "void": "holds_ended",
}


def settle_wallets(program: Program, *, at: datetime) -> dict[str, int]:
    written = settle_due_wallets(program=program, at=at)
    return {word: written[kind] for kind, word in DONE.items()}


def end_redemptions(program: Program, *, at: datetime) -> dict[str, int]:
    return {"redemptions_ended": expire_redemptions(program=program, at=at)}


def remind(program: Program, *, at: datetime) -> dict[str, int]:
    return {"reminded": remind_members(program=program, at=at)}


@dataclass(frozen=True)
class Job:
    """A part of the work that is due, by the name that people see.

    After a gap, jobs run at every moment on the way at which somebody celebrates, in
    the order of time; one that is `late` only at the end of it.
    """

    name: str
    run: Callable[..., dict[str, int]]
    late: bool = False


# What is due, in this order. Each job is safe to repeat, to run twice at once, and to
# be killed; each looks at rows, not at the time of day, to see what there is to do.
JOBS: Sequence[Job] = (
    Job("redemptions", end_redemptions),  # loyalty: held ones whose time is over
    Job("wallets", settle_wallets),  # loyalty: releases, ends of holds, expiries
    Job("celebrations", celebrate_days),  # birthdays and anniversaries, as facts
    Job("reminders", remind, late=True),  # loyalty: of what is left, what expires soon
)


def run_due(program: Program, *, at: datetime) -> dict[str, int]:
    """Do everything that is due in a program by `at`; return what was done.

    Safe to run twice, by two at once, or after a week's gap.
    """
    jobs = run_jobs(program, at=at).values()
    return {word: count for done in jobs for word, count in done.items()}


def run_jobs(program: Program, *, at: datetime) -> Mapping[str, Mapping[str, int]]:
    """Do everything that is due by `at`; return what each job did, by its name."""
    done: dict[str, Counter[str]] = {job.name: Counter() for job in JOBS}
    for stop in chain(uncelebrated(program, until=at), [at]):
        for job in JOBS:
            if stop == at or not job.late:
                done[job.name].update(job.run(program, at=stop))
    return done


def next_stop(program: Program, *, after: datetime, until: datetime) -> datetime:
    """Return the next moment whose work would be another if it were done later.

    Wallets are not asked: what time does to them carries its own moment.
    """
    celebration = next_celebration(program, after=after, until=until)
    reminder = next_reminder(setup_of(program), after=after, until=celebration)
    return min(celebration, reminder or until, until)
