"""Sums by local day after a program has moved to another time zone: made anew, by its days."""

from datetime import datetime

from loyalty.models import Member, Program
from tiers.services.rebuilding import rebuild_totals
from tiers.services.reviews import review_members

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 500


def catch_up_with_zone(*, program: Program, at: datetime) -> int:
    """Count everybody by the days of the program's time zone, if it has moved since.

    Each chunk is a transaction; a run that is killed begins anew and finds less to do.
    Returns how often somebody moved.
    """
    if not program.days_zone:
        return 0
    after, moved = 0, 0
    members = Member.objects.filter(program=program).order_by("pk")
    while chunk := list(members.filter(pk__gt=after)[:CHUNK]):
        numbers = [member.pk for member in chunk]
        rebuild_totals(program=program, member_ids=numbers, at=at)
        moved += len(review_members(program=program, members=chunk, at=at))
        after = numbers[-1]
    # Unless it has moved again meanwhile.
    there = Program.objects.filter(pk=program.pk, timezone=program.timezone)
    there.update(days_zone="")
    program.days_zone = ""
    return moved
