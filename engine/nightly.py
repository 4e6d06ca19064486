"""The work that is due, in order. Nothing depends on it having run."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.celebrations import celebrate_days, next_celebration, uncelebrated
from engine.referring import settle_referrals_due
from loyalty.models import Program
from loyalty.queries.reminders import next_reminder
from loyalty.queries.setup import setup_of
from loyalty.services.expiry import settle_due_wallets
from loyalty.services.redemptions import expire_redemptions
from loyalty.services.reminders import remind_members
from referrals.queries.due import next_due
from tiers.queries.balances import next_balance
from tiers.queries.due import next_review
from tiers.services.adjustments import catch_up_with_adjustments
from tiers.services.balances import catch_up_with_balances
from tiers.services.due import review_due_members
from tiers.services.merging import catch_up_with_merges
from tiers.services.rounds import review_changes
from tiers.services.zones import catch_up_with_zone

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


def review_tiers(program: Program, *, at: datetime) -> dict[str, int]:
    behind = catch_up_with_zone(program=program, at=at)
    behind += catch_up_with_merges(program=program, at=at)
    behind += catch_up_with_adjustments(program=program, at=at)
    changed = review_changes(program=program, at=at)
    due = review_due_members(program=program, at=at)
    behind += catch_up_with_balances(program=program, at=at)
    return {"tier_changes": behind + changed.moved + due.moved}


def remind(program: Program, *, at: datetime) -> dict[str, int]:
    return {"reminded": remind_members(program=program, at=at)}


@dataclass(frozen=True)
class Job:
    """A part of the work that is due, by the name that people see.

    After a gap, jobs run at every moment on the way at which somebody celebrates or a
    tier may end, in the order of time; one that is `late` only at the end of it.
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
    Job("tiers", review_tiers),  # tiers: falls, and rises that waited for a day
    Job("referrals", settle_referrals_due),  # referrals: holds that are over, claims that end
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
    for stop in _moments(program, until=at):
        for job in JOBS:
            if stop == at or not job.late:
                done[job.name].update(job.run(program, at=stop))
    return done


def _moments(program: Program, *, until: datetime) -> Iterator[datetime]:
    """Yield the moments on the way that have work of their own, and then the end of it.

    To be asked one by one: what is done at one may bring others.
    """
    celebrations = uncelebrated(program, until=until)
    celebration, since = next(celebrations, until), None
    while since is None or since < until:
        since = _next_of_apps(program, after=since, until=celebration)
        yield since
        if since == celebration:
            celebration = next(celebrations, until)


def next_stop(program: Program, *, after: datetime, until: datetime) -> datetime:
    """Return the next moment whose work would be another if it were done later.

    Wallets are not asked: what time does to them carries its own moment.
    """
    celebration = next_celebration(program, after=after, until=until)
    reminder = next_reminder(setup_of(program), after=after, until=celebration)
    return min(reminder or until, _next_of_apps(program, after=after, until=celebration))


def _next_of_apps(program: Program, *, after: datetime | None, until: datetime) -> datetime:
    """Return the next moment at which a tier may end or a referral is due, or `until`."""
    review = next_review(program, after=after, until=until)
    balance = next_balance(program, after=after, until=until)
    referral = next_due(program, after=after, until=until)
    return min(review or until, balance or until, referral or until)
