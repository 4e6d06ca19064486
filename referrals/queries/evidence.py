"""What speaks for or against a claim: gathered by digest, however many identities there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from core.bulk import prepared_cursor
from loyalty.models import Member
from referrals.models import Identity
from referrals.rules.addresses import are_alike, are_numbered, domain_of
from referrals.rules.disposable import is_disposable
from referrals.rules.fraud import SHARED_KINDS, Evidence, is_ring

# More than this of one kind says no more.
MOST_MATCHES = 200
MOST_COUNTED = 50
# A circle of more steps, to an advocate or another account, is nobody's plan.
LONGEST_CHAIN = 8

DAY = timedelta(days=1)
PLACES = ("ip", "network")
OF_ONE = ("email", "phone")
OWN = (*OF_ONE, "device", "payment")


@dataclass(frozen=True, slots=True)
class Person:
    """One of the two: the member, if there is one, and what they are known by."""

    member: Member | None
    digests: Collection[tuple[str, bytes]]
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
    advocate: int | None
    referral: int | None


def evidence_of(program_id: int, advocate: Person, friend: Person, at: datetime) -> Evidence:
    """Return what is known about a claim that is being made: two queries, or three."""
    there = {kind: digest for kind, digest in friend.digests if kind in PLACES}
    places = _places(program_id, there, advocate.id, at)
    found = evidence_until(program_id, advocate, friend, at)
    return replace(
        found,
        same=found.same | places.same,
        claims_of_ip=places.ip + ("ip" in there),
        claims_of_network=places.network + ("network" in there),
        claims_of_advocate=places.claims + 1,
    )


def evidence_until(
    program_id: int,
    advocate: Person,
    friend: Person,
    until: datetime,
    *,
    referral: int | None = None,
) -> Evidence:
    """Return what those who came up to a moment have in common with these two.

    `referral` is the number of their own, if it is written. Of places nothing is told:
    what counts there is how it was when the claim was made.
    """
    matches = _matches(program_id, friend.digests, until)
    others = _others(matches, friend, referral)
    same = {kind for kind, digest in friend.digests if (kind, digest) in advocate.digests}
    same |= {m.kind for m in others if advocate.id in (m.member, m.friend)}
    shared = {m.kind for m in others if m.friend != advocate.id and m.referral is not None}
    known = [m for m in others if m.member != advocate.id and _was_before(m, friend)]
    return Evidence(
        same=frozenset(same),
        shared=frozenset(shared.intersection(SHARED_KINDS)),
        is_known=bool(known),
        names_are_alike=are_alike(advocate.name, friend.name)
        or are_numbered(advocate.email, friend.email),
        is_disposable=is_disposable(domain_of(friend.email)),
        friends_alike=1 + len(_friends_alike(advocate, others)),
        # Who is the advocate by an address is in no circle with themselves.
        is_ring=same.isdisjoint(OF_ONE)
        and _is_in_a_ring(advocate.id, _accounts_of(advocate, friend, others), until),
    )


def _accounts_of(advocate: Person, friend: Person, others: Sequence[Match]) -> set[int]:
    """Return the members who are the friend by an address."""
    same = [match for match in others if match.kind in OF_ONE]
    accounts = {friend.id, *(one for m in same for one in (m.member, m.friend) if one)}
    return accounts - {0, advocate.id}


def _friends_alike(advocate: Person, others: Sequence[Match]) -> set[int | None]:
    """Return the referrals of the same advocate who share what a home shares."""
    theirs = [match for match in others if match.advocate == advocate.id]
    return {match.referral for match in theirs if match.kind in SHARED_KINDS}


def _was_before(match: Match, friend: Person) -> bool:
    """Say whether it is a member who was there before the friend."""
    if match.member is None or match.kind not in OWN:
        return False
    return not friend.id or match.member < friend.id


def _others(matches: Sequence[Match], friend: Person, referral: int | None) -> list[Match]:
    """Return the matches with other people: the friend may have been claimed before."""
    own = {m.referral for m in matches if m.kind in OF_ONE and m.friend is None} | {referral}
    return [
        match
        for match in matches
        if not (friend.id and friend.id in (match.member, match.friend))
        and (match.referral is None or match.referral not in own)
    ]


def _matches(
    program_id: int, digests: Collection[tuple[str, bytes]], until: datetime
) -> Sequence[Match]:
    """Return who else is known by one of these, places apart: there many have been."""
    asked = Q()
    for kind, digest in digests:
        if kind not in PLACES:
            asked |= Q(kind=kind, digest=digest)
    if not asked:
        return []
    rows = Identity.objects.filter(asked, program=program_id, seen_at__lte=until).values_list(
        "kind", "member_id", "referral__friend_id", "referral__advocate_id", "referral_id"
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


def _is_in_a_ring(advocate: int, friends: set[int], until: datetime) -> bool:
    """Say whether one of these, who are the friend, referred who referred the advocate."""
    if not friends:
        return False
    pairs: set[tuple[int, int]] = set()
    seen, edge = {advocate}, {advocate}
    for _ in range(LONGEST_CHAIN):
        found = _before(edge, until)
        pairs |= found
        edge = {one for one, _ in found} - seen
        if not edge or not edge.isdisjoint(friends):
            break
        seen |= edge
    return any(is_ring(frozenset(pairs), advocate, friend) for friend in friends)


def _before(members: set[int], until: datetime) -> set[tuple[int, int]]:
    """Return who comes before these members: who referred them, and their other accounts.

    Who claimed one of their addresses has referred them, whatever came of it.
    """
    marks = ", ".join(["%s"] * len(members))
    kinds = ", ".join(["%s"] * len(OF_ONE))
    moment = connection.ops.adapt_datetimefield_value(until)
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT r.advocate_id, r.friend_id FROM referrals_referral r "  # noqa: S608
            "JOIN referrals_referralstep s ON s.referral_id = r.id AND s.number = 1 "
            f"WHERE r.friend_id IN ({marks}) AND s.at <= %s UNION "
            "SELECT COALESCE(o.member_id, r.advocate_id), i.member_id "
            "FROM referrals_identity i JOIN referrals_identity o "
            "ON o.program_id = i.program_id AND o.digest = i.digest AND o.kind = i.kind "
            "LEFT JOIN referrals_referral r ON r.id = o.referral_id "
            f"WHERE i.member_id IN ({marks}) AND i.kind IN ({kinds}) AND o.seen_at <= %s",
            [*members, moment, *members, *OF_ONE, moment],
        )
        return {(row[0], row[1]) for row in cursor.fetchall() if row[0] != row[1]}
