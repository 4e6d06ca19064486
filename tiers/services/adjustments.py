"""What adjustments that count for tiers do to standings, whoever has made or reversed them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from core.transactions import retrying
from loyalty.models import Adjustment, Member, Program
from loyalty.queries.setup import setup_of
from loyalty.services.ledger import open_book, write
from tiers.queries.ladders import tier_setup_of
from tiers.services.moves import Cause, TierMove
from tiers.services.reviews import review_members

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 500


@retrying
def follow_adjustments(
    *, program: Program, members: Sequence[Member], at: datetime
) -> list[TierMove]:
    """Let members stand where adjustments that nobody has looked at yet put them.

    Where a ladder follows balances, any adjustment may move a member. A repeat changes
    nothing.
    """
    metrics = tier_setup_of(program).metrics
    if metrics.isdisjoint(("points", "balance")):
        return []
    numbers = [member.pk for member in members]
    # Locked before it is looked at: nobody adjusts meanwhile.
    write(open_book(setup_of(program), members=numbers, at=at, even_closed=True))
    behind = list(_behind(program).filter(member__in=numbers).order_by("pk"))
    if not behind and "balance" not in metrics:
        return []
    # Of what only a balance tells, no more is known than that.
    causes = dict.fromkeys(numbers, Cause("adjustment")) | {
        each.member_id: Cause("adjustment", "adjustment", each.key.removeprefix("adjustment:"))
        for each in behind
    }
    moves = review_members(program=program, members=members, at=at, causes=causes)
    done = Adjustment.objects.filter(pk__in=[each.pk for each in behind])
    done.update(tiers_behind=False)
    return moves


def catch_up_with_adjustments(*, program: Program, at: datetime) -> int:
    """Do what is left to do for adjustments that somebody made who knows no tiers.

    Each chunk is a transaction. Returns how often somebody moved.
    """
    if "points" not in tier_setup_of(program).metrics:
        return 0
    after, moved = 0, 0
    while members := _members_behind(program, after):
        moved += len(follow_adjustments(program=program, members=members, at=at))
        after = members[-1].pk
    return moved


def _behind(program: Program) -> QuerySet[Adjustment]:
    """Return the adjustments that are left to look at; who has left can wait."""
    behind = Adjustment.objects.filter(program=program, tiers_behind=True)
    return behind.exclude(member__status__in=(Member.Status.CLOSED, Member.Status.ERASED))


def _members_behind(program: Program, after: int) -> list[Member]:
    numbers = _behind(program).filter(member__gt=after).values("member")
    return list(Member.objects.filter(pk__in=numbers).order_by("pk")[:CHUNK])
