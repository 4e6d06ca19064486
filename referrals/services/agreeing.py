"""Bring referrals up to date by themselves: when time has passed, or a person has decided."""

from collections.abc import Callable, Sequence
from datetime import datetime

from core.transactions import LookAgain, retrying
from loyalty.models import Member, Program
from loyalty.services.ledger import open_book
from referrals.models import Referral
from referrals.queries.due import due_expiries, due_rewards
from referrals.queries.live import GONE, movable_of
from referrals.queries.programs import referral_setup_of
from referrals.services.paying import settle_payouts
from referrals.services.settling import Settling, settle_states

# Referrals per transaction: bounded locks, little to repeat after a crash.
CHUNK = 100

Decision = Callable[[Settling, Sequence[Referral]], None]


def _nothing(_settling: Settling, _referrals: Sequence[Referral]) -> None:
    """Decide nothing: time alone, or what is known by now, moves them."""


@retrying
def settle_referrals(
    *,
    program: Program,
    referrals: Sequence[int],
    at: datetime,
    cause: str = "time",
    decision: Decision = _nothing,
) -> list[Referral]:
    """Make these referrals, by number, agree with what is known at `at`; return them.

    A `decision` is taken under lock, before that. Doing it again changes nothing.
    """
    found = list(Referral.objects.filter(pk__in=referrals, program=program))
    people = {pk for r in found for pk in (r.advocate_id, r.friend_id) if pk}
    open_ones = Member.objects.filter(pk__in=people).exclude(status__in=GONE)
    members = {member.pk: member for member in open_ones}
    setup = referral_setup_of(program)
    book = open_book(setup.setup, members=members, at=at)
    rows = Referral.objects.select_for_update().filter(pk__in=[r.pk for r in found])
    locked = list(rows.order_by("pk"))
    if {pk for r in locked for pk in (r.advocate_id, r.friend_id) if pk} - people:
        raise LookAgain
    settling = Settling(program, setup, book, at, members=members)
    settling.load(locked)
    decision(settling, locked)
    settle_states(settling, locked, cause=cause)
    settle_payouts(settling, locked)
    return locked


def settle_friends(
    *, program: Program, members: Sequence[Member], at: datetime, cause: str = "facts"
) -> list[Referral]:
    """Make the referrals of these friends agree with what they have done by now."""
    numbers = [one.id for one in movable_of([member.pk for member in members])]
    return settle_referrals(program=program, referrals=numbers, at=at, cause=cause)


def settle_due(*, program: Program, at: datetime, most: int = CHUNK) -> int:
    """Reward what has waited long enough, and let claims run out; return how many.

    In the order of their times, up to `most` of each. To be called until it returns 0.
    """
    rewards, expiries = due_rewards(program, at), due_expiries(program, at)
    numbers = [
        *rewards.order_by("due_at", "pk").values_list("pk", flat=True)[:most],
        *expiries.order_by("expires_at", "pk").values_list("pk", flat=True)[:most],
    ]
    if numbers:
        settle_referrals(program=program, referrals=numbers, at=at)
    return len(numbers)
