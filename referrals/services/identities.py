"""What people are known by: kept as hashes, and forgotten in time."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core import bulk
from core.transactions import retrying
from loyalty.models import Member, Program
from referrals.models import Identity
from referrals.queries.live import GONE
from referrals.rules.fraud import SHARED_KINDS
from referrals.services.digests import Digests, digests_of_member, forgotten_at

COLUMNS = ("program_id", "kind", "digest", "member_id", "referral_id", "seen_at", "forget_at")
CHUNK = 1_000
# A friend with more devices, cards and addresses than this is made up by somebody.
MOST_OF_A_FRIEND = 30


def rows_of_claim(
    program: Program, referral_id: int, digests: Digests, at: datetime
) -> list[tuple[object, ...]]:
    """Return what a friend was known by when they were claimed, to be kept."""
    zone = program.zone
    return [
        (program.pk, kind, digest, None, referral_id, at, forgotten_at(kind, at, zone))
        for kind, digest in digests.items()
    ]


def remember_more(program: Program, referral_id: int, digests: Digests, at: datetime) -> None:
    """Keep what a friend uses whose claim is made again: at sign-up, or at the checkout."""
    new = {kind: digests[kind] for kind in SHARED_KINDS if kind in digests}
    if not new:
        return
    known = Identity.objects.filter(referral=referral_id).values_list("kind", "digest")
    keys = {(kind, bytes(digest)) for kind, digest in known}
    if len(keys) < MOST_OF_A_FRIEND:
        more = {kind: digest for kind, digest in new.items() if (kind, digest) not in keys}
        bulk.insert_rows(Identity, COLUMNS, rows_of_claim(program, referral_id, more, at))


def remember_members(program_id: int, members: Iterable[Member], at: datetime) -> None:
    """Keep what members are known by, for as long as they are members."""
    rows = [
        (program_id, kind, digest, member.pk, None, at, None)
        for member in members
        for kind, digest in digests_of_member(member).items()
    ]
    bulk.insert_rows(Identity, COLUMNS, rows)


def remember_changes(program_id: int, members: Sequence[Member], at: datetime) -> None:
    """Keep what members are known by from now on, beside what they were known by before."""
    own = Identity.objects.filter(member__in=members).values_list("member_id", "kind", "digest")
    known = {(member, kind, bytes(digest)) for member, kind, digest in own}
    rows = [
        (program_id, kind, digest, member.pk, None, at, None)
        for member in members
        for kind, digest in digests_of_member(member).items()
        if (member.pk, kind, digest) not in known
    ]
    bulk.insert_rows(Identity, COLUMNS, rows)


@retrying
def remember_unknown(
    *, program: Program, at: datetime, after: int = 0, most: int = CHUNK
) -> int | None:
    """Keep what members are known by who were there before anybody could be referred.

    Up to `most` of those after a number; returns the last one's, or None at the end.
    """
    members = Member.objects.filter(program=program, pk__gt=after).exclude(status__in=GONE)
    chunk = list(members.order_by("pk")[:most])
    known = set(Identity.objects.filter(member__in=chunk).values_list("member_id", flat=True))
    remember_members(program.pk, [one for one in chunk if one.pk not in known], at)
    return chunk[-1].pk if chunk else None


def forget_identities(*, program: Program, at: datetime, most: int = 10_000) -> int:
    """Delete what was to be kept until `at` of where people were and what they used."""
    due = Identity.objects.filter(program=program, forget_at__lte=at)
    numbers = list(due.order_by("forget_at").values_list("pk", flat=True)[:most])
    Identity.objects.filter(pk__in=numbers).delete()
    return len(numbers)


def forget_person(*, members: Iterable[int]) -> None:
    """Delete what these members, by number, are known by, and what they were claimed with."""
    numbers = list(members)
    Identity.objects.filter(member__in=numbers).delete()
    Identity.objects.filter(referral__friend__in=numbers).delete()
