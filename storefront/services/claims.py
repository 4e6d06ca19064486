"""Claims: what a program vouches for of a member, for others to check without asking us.

They are JSON Web Tokens (RFC 7519), signed with a key that belongs to one program and
one audience, and that the program's own servers may ask for. That key is derived from
SECRET_KEY, so that only its name has to be kept.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import jwt
from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac

from core.errors import DomainError, NotFound
from core.periods import local_midnight
from core.transactions import retrying
from core.zones import reading
from loyalty.models import Member, Program
from storefront.models import ClaimsKey
from tiers.queries.standings import standings_of
from tiers.queries.telling import vouched_for

DEFAULT_LIFE = timedelta(minutes=5)
LONGEST_LIFE = timedelta(hours=1)
DEFAULT_AUDIENCE = "storefront"

ALGORITHM = "HS256"
# Says what it is before it is read (RFC 8725, section 3.11): no member token.
TYPE = "claims+jwt"
# Keeps the keys apart from all others that are made of SECRET_KEY.
LABEL = "storefront.services.claims"
# In an answer that makes one.
CLAIM = re.compile(r'"claim":"([\w-]+\.[\w-]+\.[\w-]+)"', re.ASCII)


class RotationUnderWay(DomainError):
    """The next key is announced already and does not sign yet."""

    code = "rotation_under_way"


@dataclass(frozen=True, slots=True)
class Claim:
    """A signed claim, and when nobody is to believe it any more (the server's time)."""

    text: str
    expires_at: datetime


def make_claim(
    *, member: Member, audience: str, life: timedelta, now: datetime, at: datetime
) -> Claim:
    """Vouch for a member's tiers and benefits as they stand at `at`, the program's time.

    Whoever checks it has a real clock: `now` is the server's. It never outlives a tier
    that it names.

    :raises NotFound: if the member has left
    """
    if not member.is_open:
        raise NotFound("There is no such member in this program any more.")
    begins_at = now.replace(microsecond=0)
    ends_at = (begins_at + min(life, _time_left(member, at))).replace(microsecond=0)
    key = _signing(claims_keys(program=member.program, at=now), now)
    claims = {
        "iss": member.program.slug,
        "aud": audience,
        "sub": member.external_id,
        **vouched_for(member, at),
        "iat": int(begins_at.timestamp()),
        "exp": int(ends_at.timestamp()),
        "jti": uuid4().hex,
    }
    headers = {"kid": key.kid, "typ": TYPE}
    text = jwt.encode(claims, secret_of(key, audience), ALGORITHM, headers)
    return Claim(text, ends_at)


def _time_left(member: Member, at: datetime) -> timedelta:
    """Return how long the member's tiers last at least, if only time goes on."""
    held = standings_of(member.program, [member], at)[member.pk]
    ends = [each.until for each in held.values() if each.until is not None]
    # In a ladder's grace the end is over and the tier goes on; it falls on a midnight.
    midnight = _next_midnight(member.program, at)
    left = [(end if end > at else midnight) - at for end in ends]
    return min(left, default=LONGEST_LIFE)


def _next_midnight(program: Program, at: datetime) -> datetime:
    tomorrow = reading(at, program.zone).date() + timedelta(days=1)
    return local_midnight(tomorrow, program.zone)


def claims_keys(*, program: Program, at: datetime) -> Sequence[ClaimsKey]:
    """Return the keys that claims may be checked with at `at` (the server's), newest first.

    A program has its first one when somebody asks.
    """
    return _live(program, at) or _make_first(program=program, at=at)


def _live(program: Program, at: datetime) -> Sequence[ClaimsKey]:
    keys = ClaimsKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), program=program)
    return list(keys.order_by("-signs_from", "-id"))


def _signing(keys: Sequence[ClaimsKey], at: datetime) -> ClaimsKey:
    # The clocks of servers differ: to one, the first key may seem to lie ahead.
    return next((key for key in keys if key.signs_from <= at), keys[-1])


@retrying
def _make_first(*, program: Program, at: datetime) -> Sequence[ClaimsKey]:
    _lock(program)
    return _live(program, at) or [_make(program, at, at)]


@retrying
def rotate_claims_key(
    *, program: Program, overlap: timedelta, at: datetime
) -> Sequence[ClaimsKey]:
    """Announce a key that signs after `overlap`, and return all that may be checked with.

    Until then whoever checks claims has time to fetch it. With no overlap it signs at
    once and all others end at once, as befits a key that fell into wrong hands.

    :raises RotationUnderWay: if there is an overlap, and an earlier one is not over
    """
    _lock(program)
    known = _live(program, at) or [_make(program, at, at)]
    if overlap and known[0].signs_from > at:
        raise RotationUnderWay("The next key is announced, and signs from its time on.")
    # What it signs last is good for a while.
    ends_at = at + overlap + LONGEST_LIFE if overlap else at
    old = ClaimsKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=ends_at), program=program)
    old.update(ends_at=ends_at)
    _make(program, at, at + overlap)
    return _live(program, at)


def _lock(program: Program) -> None:
    Program.objects.select_for_update(no_key=True).get(pk=program.pk)


def _make(program: Program, at: datetime, signs_from: datetime) -> ClaimsKey:
    return ClaimsKey.objects.create(
        program=program, kid=secrets.token_hex(8), created_at=at, signs_from=signs_from
    )


def said_by_claim(answer: str) -> str:
    """Return as JSON what the claim in an answer says; "" if there is none in it."""
    found = CLAIM.search(answer)
    if found is None:
        return ""
    said = jwt.decode(found[1], options={"verify_signature": False})
    return json.dumps(said, ensure_ascii=False)


def secret_of(key: ClaimsKey, audience: str) -> str:
    """Return what claims for an audience are signed and checked with.

    Each audience has its own, so that none can make claims that another believes.
    """
    value = f"{key.program_id}:{key.kid}:{audience}"
    return salted_hmac(LABEL, value, settings.SECRET_KEY, algorithm="sha256").hexdigest()
