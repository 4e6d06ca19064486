"""Celery's way in. A task does one call; which work is due is decided by rows."""

import structlog
from celery import shared_task

from core import clock
from core.errors import Unavailable
from engine.nightly import run_due
from loyalty.models import Program
from tiers.models import ReviewChunk
from tiers.services.rounds import review_chunk

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


@shared_task
def review_part(chunk_id: int) -> None:
    """Review the members of a chunk of a round.

    A message may be lost, come twice or come late: whoever began the round does what is
    left of it.
    """
    chunk = ReviewChunk.objects.select_related("program").filter(pk=chunk_id).first()
    if chunk is None:
        return
    try:
        review_chunk(program=chunk.program, chunk_id=chunk_id, at=clock.now(chunk.program))
    except Unavailable as error:
        log.warning("review_put_off", chunk=chunk_id, why=str(error))
