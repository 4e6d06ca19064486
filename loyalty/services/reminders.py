"""Telling members in time that points will expire."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from core import bulk, clock
from core.events import NewEvent, record_events
from core.transactions import retrying
from core.zones import written
from loyalty.models import ExpiryReminder, JobRun, Program
from loyalty.queries.reminders import (
    Expiring,
    expiring_points,
    people_of,
    spans_to_tell,
    wallets_to_tell,
)
from loyalty.queries.setup import Setup, setup_of
from loyalty.services.jobs import last_run

JOB = "reminders"

# Wallets per transaction.
CHUNK = 500


def remind_members(*, program: Program, at: datetime) -> int:
    """Record `points.expiring` for whom it is time, once a local day; return how many.

    Once for each wallet, day of expiry and offset, whoever runs it how often.
    """
    setup = setup_of(program)
    if not any(point_type.reminders for point_type in setup.point_types.values()):
        return 0
    run = last_run(program, JOB)
    if run and run.done_at and run.day >= at.astimezone(program.zone).date():
        return 0
    reminded = 0
    while (told := _tell_chunk(program, setup, at)) is not None:
        reminded += told
    return reminded


@retrying
def _tell_chunk(program: Program, setup: Setup, at: datetime) -> int | None:
    """Tell the members of the next wallets; None once everybody was told today."""
    runs = JobRun.objects.select_for_update().filter(program=program, job=JOB)
    today = at.astimezone(program.zone).date()
    # A day that was cut short counts as none: who was told then is known one by one.
    told_on = Q(day=today) | Q(day__lt=today, done_at__isnull=False)
    newest = list(runs.filter(told_on).order_by("-day")[:2])
    run = newest.pop(0) if newest and newest[0].day == today else None
    if run is None:
        # Two who begin a day at once: the second has to try again.
        run = JobRun(program=program, job=JOB, day=today)
    elif run.done_at is not None:
        return None
    spans = spans_to_tell(setup, last=newest[0].day if newest else None, at=at)
    wallets = wallets_to_tell(spans, after_id=run.cursor, most=CHUNK)
    told = _tell(program, list(expiring_points(setup, spans, wallets)), at) if wallets else 0
    if len(wallets) == CHUNK:
        run.cursor = wallets[-1]
    else:
        run.until, run.done_at = at, clock.real_now()
    run.save()
    return told


def _tell(program: Program, expiring: Sequence[Expiring], at: datetime) -> int:
    """Record the events of those who were not told before."""
    ids = [one.wallet_id for one in expiring]
    reminders = ExpiryReminder.objects.filter(wallet__in=ids)
    known = set(reminders.values_list("wallet_id", "expires_at", "days"))
    new = [one for one in expiring if (one.wallet_id, one.day_begins_at, one.days) not in known]
    people = people_of(ids)
    bulk.insert_rows(
        ExpiryReminder,
        ("wallet_id", "expires_at", "days"),
        [(one.wallet_id, one.day_begins_at, one.days) for one in new],
    )
    record_events([_event(program, one, people[one.wallet_id], at) for one in new])
    return len(new)


def _event(
    program: Program, one: Expiring, person: tuple[int, str, str], at: datetime
) -> NewEvent:
    member_id, member, code = person
    data = {
        "member": member,
        "point_type": code,
        "points": one.points,
        "expires_at": written(one.expires_at),
        "days": one.days,
    }
    return NewEvent(program.pk, member_id, "points.expiring", data, at)
