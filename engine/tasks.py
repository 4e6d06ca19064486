"""Celery's way in. A task does one call; which work is due is decided by rows."""

from celery import shared_task

from core import clock
from engine.nightly import run_due
from loyalty.models import Program


@shared_task
def tick() -> None:
    """Do what is due in every program that lives in real time.

    A sandbox moves when its clock is moved. Two ticks at once, or none for a
    week, come to the same.
    """
    for program in Program.objects.filter(sandbox=False).order_by("id"):
        run_due(program, at=clock.now(program))
