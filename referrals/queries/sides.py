"""Advocate and friend side by side: what they did, and what they share with whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, Sum

from loyalty.models import Order
from referrals.models import Identity, Referral
from referrals.queries.evidence import PLACES
from referrals.rules.fraud import KINDS
from referrals.rules.states import State

# Of what very many share, so much is looked at; the page says no more than a few anyway.
MOST_MATCHES = 2_000

Key = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Shared:
    """That others are known by the same thing as a friend: the advocate, members, claims.

    `members` and `referrals` are numbers. Of an address or a network only `claims` is
    told: how many claims were made from it.
    """

    kind: str
    by_advocate: bool
    members: Sequence[int] = ()
    referrals: Sequence[int] = ()
    claims: int = 0

    @property
    def is_shared(self) -> bool:
        return self.by_advocate or bool(self.members or self.referrals) or self.claims > 1


@dataclass(frozen=True, slots=True)
class Deeds:
    """What a member has done: orders worth something, their net (minor units), friends."""

    orders: int = 0
    worth: int = 0
    referred: int = 0
    rewarded: int = 0
    turned_down: int = 0


@dataclass(frozen=True, slots=True)
class Sides:
    """What there is to compare, of several referrals at once."""

    shared: Mapping[int, Sequence[Shared]]
    deeds: Mapping[int, Deeds]

    def deeds_of(self, member: int | None) -> Deeds:
        return self.deeds.get(member or 0, Deeds())


@dataclass(slots=True)
class _Known:
    """Who is known by what."""

    referrals: dict[int, set[Key]] = field(default_factory=lambda: defaultdict(set))
    members: dict[int, set[Key]] = field(default_factory=lambda: defaultdict(set))
    others: dict[Key, list[tuple[int | None, int | None, int | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    claims: dict[Key, int] = field(default_factory=dict)


def sides_of(referrals: Sequence[Referral]) -> Sides:
    """Return both sides of these referrals: eight queries, however many there are."""
    people = {pk for r in referrals for pk in (r.advocate_id, r.friend_id) if pk}
    known = _known(referrals, people)
    shared = {referral.pk: _shared(referral, known) for referral in referrals}
    return Sides(shared, _deeds(people))


def _known(referrals: Sequence[Referral], people: Iterable[int]) -> _Known:
    """Read who is known by what: apart, since no index serves all of it."""
    known = _Known()
    own = Identity.objects.filter(referral__in=[r.pk for r in referrals])
    for kind, digest, referral in own.values_list("kind", "digest", "referral_id"):
        known.referrals[referral].add((kind, bytes(digest)))
    for path in ("member", "referral__friend"):
        theirs = Identity.objects.filter(**{f"{path}__in": list(people)})
        for kind, digest, member in theirs.values_list("kind", "digest", path):
            known.members[member].add((kind, bytes(digest)))
    keys = {key for r in referrals for key in _of_friend(r, known)}
    programs = {referral.program_id for referral in referrals}
    _match(known, Identity.objects.filter(program__in=programs), keys)
    return known


def _match(known: _Known, identities: Any, keys: Iterable[Key]) -> None:
    """Read who else is known by these."""
    owned = [digest for kind, digest in keys if kind not in PLACES]
    same = identities.filter(digest__in=owned).exclude(kind__in=PLACES).order_by("pk")
    columns = ("kind", "digest", "member_id", "referral_id", "referral__friend_id")
    for kind, digest, *who in same.values_list(*columns)[:MOST_MATCHES]:
        known.others[kind, bytes(digest)].append((who[0], who[1], who[2]))
    places = [digest for kind, digest in keys if kind in PLACES]
    there = identities.filter(digest__in=places, kind__in=PLACES).values("kind", "digest")
    for row in there.annotate(claims=Count("referral", distinct=True)):
        known.claims[row["kind"], bytes(row["digest"])] = row["claims"]


def _of_friend(referral: Referral, known: _Known) -> set[Key]:
    return known.referrals[referral.pk] | known.members[referral.friend_id or 0]


def _shared(referral: Referral, known: _Known) -> list[Shared]:
    """Return every kind that the friend is known by, with who else is."""
    keys, found = _of_friend(referral, known), []
    for kind in KINDS:
        mine = {key for key in keys if key[0] == kind}
        if mine:
            found.append(_shared_of(referral, known, kind, mine))
    return found


def _shared_of(referral: Referral, known: _Known, kind: str, mine: set[Key]) -> Shared:
    by_advocate = not mine.isdisjoint(known.members[referral.advocate_id])
    if kind in PLACES:
        most = max((known.claims.get(key, 0) for key in mine), default=0)
        return Shared(kind, by_advocate, claims=most)
    pair = {referral.advocate_id, referral.friend_id}
    members, claims = set(), set()
    for key in mine:
        for member, claim, friend in known.others[key]:
            members |= {one for one in (member, friend) if one} - pair
            if claim not in (None, referral.pk) and (friend is None or friend not in pair):
                claims.add(claim)
    return Shared(kind, by_advocate, sorted(members), sorted(claims))


def _deeds(people: Iterable[int]) -> dict[int, Deeds]:
    """Return what these members have done: two queries."""
    members = list(people)
    bought = Order.objects.filter(member__in=members, counts=True).values("member")
    orders = {
        row["member"]: (row["number"], row["worth"])
        for row in bought.annotate(number=Count("pk"), worth=Sum("subtotal"))
    }
    brought = Referral.objects.filter(advocate__in=members).values("advocate")
    friends = {
        row["advocate"]: (row["number"], row["rewarded"], row["rejected"])
        for row in brought.annotate(
            number=Count("pk"),
            rewarded=Count("pk", filter=Q(state=State.REWARDED)),
            rejected=Count("pk", filter=Q(state=State.REJECTED)),
        )
    }
    return {
        member: Deeds(*orders.get(member, (0, 0)), *friends.get(member, (0, 0, 0)))
        for member in members
    }
