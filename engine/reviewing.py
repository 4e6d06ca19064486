"""Reviewing everybody, alone or with others, and asking what a review would find."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from engine.tasks import review_part
from loyalty.models import Member, Program
from tiers.models import ReviewChunk
from tiers.queries.due import due_standings
from tiers.queries.ladders import tier_setup_of
from tiers.queries.proofs import Stretch, can_prove, unproven_members
from tiers.services.ends import settle_ends
from tiers.services.forecasts import Forecast, forecasts_of
from tiers.services.outcomes import Outcome, Told, ignore
from tiers.services.rounds import begin_round, open_chunks, work_round

# So that whoever is quick has something left to do when another is slow.
PARTS_EACH = 8
CHUNK = 500


def review_everybody(
    program: Program, *, at: datetime, workers: int = 1, told: Told = ignore
) -> Outcome:
    """Review all members, or what is left of a round that was not ended.

    With more workers, each part is a message to Celery, and this process takes its share:
    it does not wait for workers that are not there.
    """
    parts = PARTS_EACH * workers if workers > 1 else 1
    # Who is proven but for the time that has gone by is judged with all who are like them.
    proves = can_prove(tier_setup_of(program))
    settled = settle_ends(program=program, at=at) if proves else Outcome()
    number = begin_round(program=program, at=at, parts=parts)
    if workers == 1:
        return settled + work_round(program=program, number=number, at=at, told=told)
    for chunk_id in open_chunks(number):
        review_part.delay(chunk_id)
    size = Member.objects.filter(program=program).count()

    def tell(done: int, left: int) -> None:
        begun = ReviewChunk.objects.filter(round=number).exclude(done_at=None).count()
        told(size * begun // parts, size)

    return settled + work_round(program=program, number=number, at=at, told=tell)


def would_move(program: Program, *, at: datetime, full: bool = False) -> Iterator[Forecast]:
    """Give whom a review at `at` would move; with `full`, also what reviews have missed."""
    members = _asked(program, at, full)
    while numbers := list(islice(members, CHUNK)):
        found = Member.objects.filter(pk__in=numbers).order_by("pk")
        yield from forecasts_of(program, list(found), at)


def _asked(program: Program, at: datetime, full: bool) -> Iterator[int]:
    if full or tier_setup_of(program).changes_until(at):
        everybody: Sequence[int] = unproven_members(program, Stretch(), at)
        return iter(everybody)
    due = due_standings(program.pk, at).order_by("member_id")
    return due.values_list("member_id", flat=True).distinct().iterator()
