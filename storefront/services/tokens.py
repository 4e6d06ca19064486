"""Member tokens: a shopper's way in for some minutes, signed and kept nowhere.

They are JSON Web Tokens (RFC 7519). Their key comes from SECRET_KEY, so that a new
one ends them all.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from django.conf import settings
from django.utils.crypto import salted_hmac

from loyalty.models import Member
from loyalty.services.statuses import MemberClosed

DEFAULT_LIFE = timedelta(minutes=15)
LONGEST_LIFE = timedelta(hours=24)

ALGORITHM = "HS256"
AUDIENCE = "perennial:me"
# Keeps the key apart from all others that are made of SECRET_KEY.
LABEL = "storefront.services.tokens"
CLAIMS = ["aud", "program", "member", "iat", "exp"]


@dataclass(frozen=True)
class Shopper:
    """The member that a token was made for. After `expires_at` it opens nothing."""

    member: Member
    expires_at: datetime

    def is_over(self, at: datetime) -> bool:
        return self.expires_at <= at


def make_token(*, member: Member, life: timedelta, at: datetime) -> tuple[str, datetime]:
    """Return a token for a member, and when it ends; `at` is the server's time.

    :raises MemberClosed: if the member has left
    """
    if not member.is_open:
        raise MemberClosed(f"Member {member.external_id} is {member.status}.")
    expires_at = at.replace(microsecond=0) + life
    claims = {
        "aud": AUDIENCE,
        "program": member.program_id,
        "member": member.pk,
        "iat": int(at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims, _key(), algorithm=ALGORITHM), expires_at


def read_token(token: str) -> Shopper | None:
    """Return whom a token was made for, even if it is over; None if it is not ours.

    A token dies with its member: closed, erased or merged, it opens nothing more.
    """
    try:
        # Its end is compared by the caller, with the clock that the caller reads.
        claims = jwt.decode(
            token,
            _key(),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": CLAIMS, "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return None
    members = Member.objects.select_related("program")
    member = members.filter(pk=claims["member"], program=claims["program"]).first()
    if member is None or not member.is_open:
        return None
    return Shopper(member, datetime.fromtimestamp(claims["exp"], UTC))


def _key() -> bytes:
    return salted_hmac(LABEL, "", settings.SECRET_KEY, algorithm="sha256").digest()
