"""What speaks for or against a claim: gathered by digest, however many identities there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from core.bulk import prepared_cursor
from loyalty.models import Member
from referrals.models import Identity, Referral
from referrals.rules.addresses import are_alike, are_numbered, domain_of
from referrals.rules.disposable import is_disposable
from referrals.rules.fraud import SHARED_KINDS, Evidence, is_ring

# More than this of one kind says no more.
MOST_MATCHES = 200
MOST_COUNTED = 50
# A circle of more friends than this is nobody's plan.
LONGEST_CHAIN = 6

DAY = timedelta(days=1)
PLACES = ("ip", "network")
OWN = ("email", "phone", "device", "payment")


@dataclass(frozen=True, slots=True)
class Person:
    """One of the two: the member, if there is one, and what they are known by."""

    member: Member | None
    digests: Mapping[str, bytes]
    email: str = ""

    @property
    def id(self) -> int:
        return self.member.pk if self.member else 0

    @property
    def name(self) -> str:
        return self.member.name if self.member else ""


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who is known by the same thing as the friend: a member, or a referral's."""

    kind: str
    member: int | None
    friend: int | None
    referral: int | None


def evidence_of(program_id: int, advocate: Person, friend: Person, at: datetime) -> Evidence:
    """Return what is known about a claim that is being made: three queries."""
    matches = _matches(program_id, friend.digests)
    others = _others(matches, friend)
    people = {one for match in others for one in (match.member, match.friend) if one}
    places = _places(program_id, friend.digests, advocate.id, at)
    same = {
        kind for kind, digest in friend.digests.items() if advocate.digests.get(kind) == digest
    }
    same |= places.same | {m.kind for m in others if advocate.id in (m.member, m.friend)}
    shared = {m.kind for m in others if m.friend != advocate.id and m.referral is not None}
    known = [m for m in others if m.member not in (None, advocate.id) and m.kind in OWN]
    return Evidence(
        same=frozenset(same),
        shared=frozenset(shared.intersection(SHARED_KINDS)),
        is_known=bool(known),
        names_are_alike=are_alike(advocate.name, friend.name)
        or are_numbered(advocate.email, friend.email),
        is_disposable=is_disposable(domain_of(friend.email)),
        is_ring=_closes_a_ring(advocate.id, {friend.id, *people} - {0, advocate.id}),
        claims_of_ip=places.ip + ("ip" in friend.digests),
        claims_of_network=places.network + ("network" in friend.digests),
        claims_of_advocate=places.claims + 1,
    )


def _others(matches: Sequence[Match], friend: Person) -> list[Match]:
    """Return the matches with other people: the friend may have been claimed before."""
    own = {m.referral for m in matches if m.kind in ("email", "phone") and m.friend is None}
    return [
        match
        for match in matches
        if friend.id not in (match.member, match.friend)
        and (match.referral is None or match.referral not in own)
    ]


def _matches(program_id: int, digests: Mapping[str, bytes]) -> Sequence[Match]:
    """Return who else is known by one of these, places apart: there many have been."""
    asked = Q()
    for kind, digest in digests.items():
        if kind not in PLACES:
            asked |= Q(kind=kind, digest=digest)
    if not asked:
        return []
    rows = Identity.objects.filter(asked, program=program_id).values_list(
        "kind", "member_id", "referral__friend_id", "referral_id"
    )
    return [Match(*row) for row in rows[:MOST_MATCHES]]


@dataclass(frozen=True, slots=True)
class Places:
    """The claims of the last day from a friend's address and network, and by the advocate.

    `same` has those of the two where the advocate came from, being a friend.
    """

    ip: int
    network: int
    claims: int
    same: frozenset[str]


def _places(
    program_id: int, digests: Mapping[str, bytes], advocate: int, at: datetime
) -> Places:
    since = connection.ops.adapt_datetimefield_value(at - DAY)
    counted = (
        "(SELECT COUNT(*) FROM (SELECT 1 FROM referrals_identity "  # noqa: S608
        "WHERE program_id = %s AND kind = %s AND digest = %s AND seen_at > %s "
        f"LIMIT {MOST_COUNTED}) AS seen)"
    )
    claims = (
        "(SELECT COUNT(*) FROM (SELECT 1 FROM referrals_referral "  # noqa: S608
        f"WHERE advocate_id = %s AND claimed_at > %s LIMIT {MOST_COUNTED}) AS made)"
    )
    # Begins with the advocate's own claims: where many have been, many rows are.
    was_there = (
        "EXISTS (SELECT 1 FROM referrals_referral r "
        "JOIN referrals_identity i ON i.referral_id = r.id "
        "WHERE r.friend_id = %s AND i.kind = %s AND i.digest = %s)"
    )
    digest_of = {kind: digests.get(kind, b"") for kind in PLACES}
    values: list[object] = []
    for kind, digest in digest_of.items():
        values += [program_id, kind, digest, since]
    values += [advocate, since]
    for kind, digest in digest_of.items():
        values += [advocate, kind, digest]
    with prepared_cursor() as cursor:
        cursor.execute(
            f"SELECT {counted}, {counted}, {claims}, {was_there}, {was_there}", values
        )
        ip, network, by_advocate, *is_same = cursor.fetchone()
    same = frozenset(kind for kind, is_so in zip(PLACES, is_same, strict=True) if is_so)
    return Places(ip, network, by_advocate, same)


def _closes_a_ring(advocate: int, friends: set[int]) -> bool:
    """Say whether one of these, who are the friend, referred who referred the advocate."""
    if not friends:
        return False
    pairs = frozenset(_referrers_of(advocate))
    return any(is_ring(pairs, advocate, friend) for friend in friends)


def _referrers_of(member: int) -> list[tuple[int, int]]:
    """Return who referred a member, who referred them, and so on: (advocate, friend)."""
    table = Referral._meta.db_table
    with prepared_cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE chain (advocate_id, friend_id, length) AS ("  # noqa: S608
            f"SELECT advocate_id, friend_id, 1 FROM {table} WHERE friend_id = %s "
            f"UNION SELECT r.advocate_id, r.friend_id, chain.length + 1 FROM {table} r "
            "JOIN chain ON r.friend_id = chain.advocate_id WHERE chain.length < %s) "
            "SELECT DISTINCT advocate_id, friend_id FROM chain",
            [member, LONGEST_CHAIN],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]
