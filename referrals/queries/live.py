"""Which referrals there are of a friend, by all that a friend may be known by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from loyalty.models import Member
from referrals.models import Identity, Referral
from referrals.rules.states import BY_FACTS, OVER, State

GONE = (Member.Status.CLOSED, Member.Status.ERASED)
# What a step says that it came from where staff take back what they stated.
WITHDRAWN = "withdrawn"
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
class Seen:
    """A referral before it is locked. The advocate may be gone by now."""

    id: int
    friend: int
    advocate: int
    advocate_is_open: bool
    state: str
    reason: str

    @property
    def is_movable(self) -> bool:
        """Say whether facts may move it, as `MOVABLE` does."""
        return self.state != State.REJECTED or self.reason in BY_FACTS


def seen_of(friends: Iterable[int]) -> list[Seen]:
    """Return all referrals of these friends, oldest first: one query."""
    return _seen(Q(friend__in=list(friends)))


def movable_of(friends: Iterable[int]) -> list[Seen]:
    """Return the referrals that facts of these friends may move, oldest first: one query."""
    return [each for each in seen_of(friends) if each.is_movable]


def advocates_of(referrals: Iterable[int]) -> list[Seen]:
    """Return these referrals, by number, with their advocates, if facts may move them."""
    return [each for each in _seen(Q(pk__in=list(referrals))) if each.is_movable]


def _seen(condition: Q) -> list[Seen]:
    columns = ("pk", "friend_id", "advocate_id", "advocate__status", "state", "reason")
    rows = Referral.objects.filter(condition).order_by("pk").values_list(*columns)
    return [
        Seen(pk, friend or 0, advocate, status not in GONE, state, reason)
        for pk, friend, advocate, status, state, reason in rows
    ]


def was_withdrawn(referral: Referral) -> bool:
    """Say whether staff have taken back what they had stated by a slip."""
    last = referral.steps.order_by("-number").values_list("cause", flat=True).first()
    return last == WITHDRAWN
