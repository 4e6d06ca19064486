"""What time alone does to standings: ends of tiers, and rises that waited for a day."""

from datetime import datetime

from loyalty.models import Program
from tiers.queries.due import due_members, due_standings
from tiers.queries.ladders import tier_setup_of
from tiers.services.ends import settle_ends
from tiers.services.outcomes import Outcome, Told, ignore, outcome_of
from tiers.services.reviews import review_members

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 500


def review_due_members(*, program: Program, at: datetime, told: Told = ignore) -> Outcome:
    """Review all whom time alone may move by `at`.

    Each chunk is a transaction; a run that is killed is continued by the next one, and
    two at once do nothing twice.
    """
    if not tier_setup_of(program).ladders or not due_standings(program.pk, at).exists():
        return Outcome()
    done = settle_ends(program=program, at=at)
    left = due_standings(program.pk, at).values("member").distinct().count()
    after = 0
    while members := due_members(program.pk, at, after=after, most=CHUNK):
        moves = review_members(program=program, members=members, at=at)
        done += outcome_of(program, len(members), moves)
        told(done.reviewed, max(left, done.reviewed))
        after = members[-1].pk
    return done
