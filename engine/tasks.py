"""Celery's way in. A task does one call; which work is due is decided by rows."""

import structlog
from celery import shared_task

from core import clock
from core.errors import Unavailable
from engine.nightly import run_due
from loyalty.models import Program

log = structlog.get_logger(__name__)


@shared_task
def tick() -> None:
    """Do what is due in every program that lives in real time.

    A sandbox moves when its clock is moved. Two ticks at once, or none for a
    week, come to the same. A program whose rows are locked waits for the next tick
    and keeps no other waiting.
    """
    for program in Program.objects.filter(sandbox=False).order_by("id"):
        try:
            run_due(program, at=clock.now(program))
        except Unavailable as error:
            log.warning("tick_put_off", program=program.slug, why=str(error))
