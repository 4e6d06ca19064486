"""What time alone does to standings: ends of tiers, and rises that waited for a day."""

from datetime import datetime

from loyalty.models import Program
from tiers.queries.due import due_members, due_standings
from tiers.services.renewals import renew_standings
from tiers.services.reviews import review_members

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 500


def review_due_members(*, program: Program, at: datetime) -> int:
    """Review all whom time alone may move by `at`; return how often somebody moved.

    Each chunk is a transaction; a run that is killed is continued by the next one, and
    two at once do nothing twice.
    """
    if not due_standings(program.pk, at).exists():
        return 0
    renew_standings(program=program, at=at)
    moved = after = 0
    while members := due_members(program.pk, at, after=after, most=CHUNK):
        moved += len(review_members(program=program, members=members, at=at))
        after = members[-1].pk
    return moved
