"""Which referrals there are of a friend, by all that a friend may be known by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from loyalty.models import Member
from referrals.models import Referral
from referrals.rules.states import BY_FACTS, OVER, State

GONE = (Member.Status.CLOSED, Member.Status.ERASED)
OVER_STATES = [state.value for state in OVER]
# What facts may still move: all but what was turned down for good.
MOVABLE = ~Q(state=State.REJECTED.value) | Q(reason__in=[reason.value for reason in BY_FACTS])


def friend_is(*, member: int | None, ref: str, digests: Iterable[bytes]) -> Q:
    """Return the condition that a referral's friend is known by one of these."""
    condition = Q()
    if member is not None:
        condition |= Q(friend=member)
    if ref:
        condition |= Q(friend=None, friend_ref=ref)
    known_by = list(digests)
    if known_by:
        # Whoever has enrolled is told by the row.
        identities = Q(identities__digest__in=known_by, identities__kind__in=("email", "phone"))
        condition |= Q(friend=None) & identities
    return condition


def live_referrals(
    program_id: int, referral_program: int, condition: Q, *, lock: bool = False
) -> Sequence[Referral]:
    """Return a friend's referrals that are not over, oldest first."""
    found = Referral.objects.filter(
        condition, program=program_id, referral_program=referral_program
    )
    numbers = found.exclude(state__in=OVER_STATES).values_list("pk", flat=True)
    rows = Referral.objects.filter(pk__in=sorted(set(numbers))).order_by("pk")
    return list(rows.select_for_update() if lock else rows)


def waiting_for(program_id: int, condition: Q) -> list[int]:
    """Return the numbers of referrals that wait for somebody to enrol, oldest first."""
    found = Referral.objects.filter(condition, program=program_id, friend=None)
    return sorted(set(found.exclude(state__in=OVER_STATES).values_list("pk", flat=True)))


@dataclass(frozen=True, slots=True)
class Movable:
    """A referral that facts of its friend may move. The advocate may be gone by now."""

    id: int
    friend: int
    advocate: int
    advocate_is_open: bool


def movable_of(friends: Iterable[int]) -> list[Movable]:
    """Return the referrals that facts of these friends may move, oldest first: one query."""
    return _movable(Q(friend__in=list(friends)))


def advocates_of(referrals: Iterable[int]) -> list[Movable]:
    """Return these referrals, by number, with their advocates."""
    return _movable(Q(pk__in=list(referrals)))


def _movable(condition: Q) -> list[Movable]:
    rows = Referral.objects.filter(MOVABLE, condition).order_by("pk")
    columns = ("pk", "friend_id", "advocate_id", "advocate__status")
    return [
        Movable(pk, friend or 0, advocate, status not in GONE)
        for pk, friend, advocate, status in rows.values_list(*columns)
    ]
