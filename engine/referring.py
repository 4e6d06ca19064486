"""What time does to referrals: rewards that have waited, claims that run out."""

from collections.abc import Iterable
from datetime import datetime

from core.transactions import retrying
from loyalty.models import Program
from loyalty.services.jobs import end_of_run, last_run, lock_run, pass_over, reach
from referrals.models import Referral
from referrals.queries.programs import referral_setup_of
from referrals.services.agreeing import settle_due, settle_referrals
from referrals.services.clicks import forget_clicks
from referrals.services.identities import forget_identities, remember_unknown

JOB = "referral_identities"


def settle_referrals_due(program: Program, *, at: datetime) -> dict[str, int]:
    """Reward and end what is due by `at`; forget what was to be kept no longer."""
    settled = 0
    if not referral_setup_of(program).has_any:
        return {"referrals_settled": settled}
    while done := settle_due(program=program, at=at):
        settled += done
    while _remember_members(program, at):
        pass
    while forget_identities(program=program, at=at) or forget_clicks(program=program, at=at):
        pass
    return {"referrals_settled": settled}


def settle_seen(program: Program, referrals: Iterable[Referral], *, at: datetime) -> bool:
    """Write down what is due of these referrals, before anybody looks at them.

    So that a reward that is due is told, and paid, though no job has run. Return whether
    there was anything to write.
    """
    due = [referral.pk for referral in referrals if referral.is_due(at)]
    if due:
        settle_referrals(program=program, referrals=due, at=at)
    return bool(due)


def _remember_members(program: Program, at: datetime) -> bool:
    """Get to know some of those who were members before anybody could be referred.

    Once, when the program has its first referral program: who enrols later is known.
    """
    run = last_run(program, JOB)
    return (run is None or run.done_at is None) and _remember_some(program, at)


@retrying
def _remember_some(program: Program, at: datetime) -> bool:
    run = lock_run(program, JOB, start=at)
    last = remember_unknown(program=program, at=at, after=run.cursor)
    if last is None:
        reach(run, end_of_run(run))
        return False
    pass_over(run, last)
    return True
