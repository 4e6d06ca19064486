"""Which referrals there are of a friend, by all that a friend may be known by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from loyalty.models import Member
from referrals.models import Identity, Referral
from referrals.rules.states import BY_FACTS, OVER, State

GONE = (Member.Status.CLOSED, Member.Status.ERASED)
OVER_STATES = [state.value for state in OVER]
# What facts may still move: all but what was turned down for good.
MOVABLE = ~Q(state=State.REJECTED.value) | Q(reason__in=[reason.value for reason in BY_FACTS])


@dataclass(frozen=True, slots=True)
class Friend:
    """By what a friend may be known: as a member, by an id, by hashes of addresses."""

    program: int
    member: int | None = None
    ref: str = ""
    digests: Sequence[bytes] = ()


def referrals_of(friend: Friend) -> set[int]:
    """Return the numbers of all referrals of a friend: a query for rows, one for hashes.

    Apart, since no index serves both. Who has enrolled is told by the row alone.
    """
    asked = Q()
    if friend.member is not None:
        asked |= Q(friend=friend.member)
    if friend.ref:
        asked |= Q(friend=None, friend_ref=friend.ref)
    found: set[int] = set()
    if asked:
        rows = Referral.objects.filter(asked, program=friend.program)
        found.update(rows.values_list("pk", flat=True))
    if friend.digests:
        known = Identity.objects.filter(
            program=friend.program,
            digest__in=list(friend.digests),
            kind__in=("email", "phone"),
            referral__isnull=False,
            referral__friend=None,
        )
        found.update(number for number in known.values_list("referral_id", flat=True) if number)
    return found


def known_referrals(
    friend: Friend, referral_program: int, *, lock: bool = False
) -> Sequence[Referral]:
    """Return all referrals of a friend in a referral program, oldest first."""
    rows = Referral.objects.filter(
        pk__in=sorted(referrals_of(friend)), referral_program=referral_program
    ).order_by("pk")
    return list(rows.select_for_update() if lock else rows)


def waiting_for(friend: Friend) -> list[int]:
    """Return the numbers of referrals that wait for somebody to enrol, oldest first."""
    rows = Referral.objects.filter(pk__in=sorted(referrals_of(friend)), friend=None)
    live = rows.exclude(state__in=OVER_STATES).order_by("pk")
    return list(live.values_list("pk", flat=True))


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
