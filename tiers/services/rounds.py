"""Reviews of everybody: in chunks, each step a transaction, resumed where one ended.

A round is needed when a ladder has changed, and asked for when somebody wants to be
sure. Several may work on it at once, in one process or in many.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from core import clock
from core.reading import one_of, read_rows
from core.transactions import retrying
from loyalty.models import Member, Program
from tiers.models import LadderVersion, ReviewChunk
from tiers.queries.ladders import tier_setup_of
from tiers.queries.proofs import Stretch, prove_members, unproven_members
from tiers.services.moves import Cause
from tiers.services.outcomes import Outcome, Told, ignore, outcome_of
from tiers.services.reviews import review_members

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 1_000


@transaction.atomic
def begin_round(*, program: Program, at: datetime, parts: int = 1) -> UUID:
    """Return a round to work on: the one that was not ended, or a new one in `parts`.

    One that began before the ladders changed is given up: it has not seen all.
    """
    # Locked, so that two who begin at once begin one.
    Program.objects.select_for_update().get(pk=program.pk)
    changes = [[each.version, each.undone] for each in tier_setup_of(program).changes_until(at)]
    chunks = ReviewChunk.objects.filter(program=program)
    unfinished = chunks.filter(done_at=None).first()
    if unfinished is not None and all(change in unfinished.changes for change in changes):
        return unfinished.round
    chunks.delete()
    number = uuid4()
    firsts = _firsts(program, parts)
    lasts = [first - 1 for first in firsts[1:]]
    ReviewChunk.objects.bulk_create(
        ReviewChunk(
            program=program,
            round=number,
            began_at=at,
            changes=changes,
            first=first,
            last=last,
        )
        for first, last in zip(firsts, [*lasts, None], strict=True)
    )
    return number


def _firsts(program: Program, parts: int) -> list[int]:
    """Return the numbers that as many equal parts begin with; the first takes in all before."""
    members = Member.objects.filter(program=program)
    size = -(-members.count() // parts) if parts > 1 else 0
    if not size:
        return [0]
    numbered = members.annotate(place=Window(RowNumber(), order_by="pk")).annotate(
        within=F("place") % size
    )
    begins = numbered.filter(within=1 % size, place__gt=1).order_by("pk")
    return [0, *begins.values_list("pk", flat=True)]


def open_chunks(number: UUID) -> list[int]:
    """Return the chunks of a round that are not done, in the order of their members."""
    chunks = ReviewChunk.objects.filter(round=number, done_at=None).order_by("first")
    return list(chunks.values_list("pk", flat=True))


def work_round(*, program: Program, number: UUID, at: datetime, told: Told = ignore) -> Outcome:
    """Review all that is left of a round, and end it; return what all of it came to.

    Whoever else works on it begins at its start; this begins at its end.
    """
    while left := open_chunks(number):
        review_chunk(program=program, chunk_id=left[-1], at=at, told=told)
    _end_round(program, number)
    chunks = ReviewChunk.objects.filter(round=number)
    each = [Outcome(chunk.reviewed, chunk.rises, chunk.falls) for chunk in chunks]
    return sum(each, Outcome())


def review_chunk(*, program: Program, chunk_id: int, at: datetime, told: Told = ignore) -> None:
    """Review the members of a chunk who are left, step by step; nothing if it is done."""
    chunk = ReviewChunk.objects.filter(pk=chunk_id, done_at=None).first()
    if chunk is None:
        return
    stretch = Stretch(max(chunk.first - 1, chunk.cursor), chunk.last)
    left = unproven_members(program, stretch, at)
    for start in range(0, len(left), CHUNK):
        _take_step(program, chunk_id, left[start : start + CHUNK], at)
        told(min(start + CHUNK, len(left)), len(left))
    ReviewChunk.objects.filter(pk=chunk_id, done_at=None).update(done_at=clock.real_now())
    if not open_chunks(chunk.round):
        _end_round(program, chunk.round)


@retrying
def _take_step(
    program: Program, chunk_id: int, member_ids: Sequence[int], at: datetime
) -> None:
    """Review these members but for those whom somebody else has done meanwhile."""
    chunk = ReviewChunk.objects.select_for_update().filter(pk=chunk_id).first()
    if chunk is None or chunk.cursor >= member_ids[-1]:
        return
    left = [number for number in member_ids if number > chunk.cursor]
    members = read_rows(Member, program.pk, one_of("id", left))
    changed = tier_setup_of(program).changes_until(at)
    causes = {member.pk: Cause("ladder") for member in members} if changed else None
    moves = review_members(program=program, members=members, at=at, causes=causes)
    # Nobody has reviewed who has left.
    prove_members(program, [member.pk for member in members if member.is_open], at)
    done = outcome_of(program, len(members), moves)
    chunk.cursor, chunk.reviewed = member_ids[-1], chunk.reviewed + done.reviewed
    chunk.rises, chunk.falls = chunk.rises + done.rises, chunk.falls + done.falls
    chunk.save(update_fields=["cursor", "reviewed", "rises", "falls"])


@transaction.atomic
def _end_round(program: Program, number: UUID) -> None:
    """Note that everybody was reviewed against the changes before the round began."""
    locked = Program.objects.select_for_update().get(pk=program.pk)
    chunk = ReviewChunk.objects.filter(round=number).first()
    if chunk is None:
        return
    versions = LadderVersion.objects.filter(ladder__program=program)
    reviewed = [
        versions.filter(pk=version, undone_at__isnull=not undone).update(
            reviewed_at=chunk.began_at
        )
        for version, undone in chunk.changes
    ]
    if any(reviewed):
        # So that every process knows.
        locked.revision = uuid4()
        locked.save(update_fields=["revision"])
    program.revision = locked.revision


def review_changes(*, program: Program, at: datetime, told: Told = ignore) -> Outcome:
    """Review everybody if a ladder has changed since they were.

    Until this is done, where members stand is worked out whenever somebody looks.
    """
    if not tier_setup_of(program).changes_until(at):
        return Outcome()
    number = begin_round(program=program, at=at)
    return work_round(program=program, number=number, at=at, told=told)
