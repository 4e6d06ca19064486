"""Ladders that follow balances: members stand where their points put them, at once.

Whoever moves points between these two calls, in one transaction, lets their owners stand
where that puts them. What is moved by time, or by somebody who knows no tiers, the next
tick catches up with; what readers are told is true meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime

from loyalty.models import Member, Program
from loyalty.queries.setup import setup_of
from loyalty.services.ledger import open_book, write
from tiers.queries.balances import follows_balances, members_astray
from tiers.services.moves import Cause, TierMove
from tiers.services.reviews import review_members

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 500


def lock_balances(*, program: Program, members: Sequence[Member], at: datetime) -> None:
    """Lock all wallets of these members, in order, where a review will ask for all of them."""
    if follows_balances(program):
        numbers = [member.pk for member in members]
        write(open_book(setup_of(program), members=numbers, at=at, even_closed=True))


def follow_balances(
    *, program: Program, members: Sequence[Member], at: datetime, cause: Cause
) -> list[TierMove]:
    """Let members stand where their points put them by now. A repeat changes nothing."""
    if not follows_balances(program):
        return []
    causes = {member.pk: cause for member in members}
    return review_members(program=program, members=members, at=at, causes=causes)


def catch_up_with_balances(*, program: Program, at: datetime) -> int:
    """Let everybody stand where their points put them who does not yet.

    Each chunk is a transaction. Returns how often somebody moved.
    """
    if not follows_balances(program):
        return 0
    after, moved = 0, 0
    while members := members_astray(program, at, after=after, most=CHUNK):
        moved += len(review_members(program=program, members=members, at=at))
        after = members[-1].pk
    return moved
