"""Making API keys, and knowing them again."""

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from django.db.models import Q

from core.reading import one_of, read_with
from loyalty.models import Program
from storefront.models import ApiKey

PREFIXES = {ApiKey.Kind.SECRET: "sk", ApiKey.Kind.PUBLISHABLE: "pk"}
TOKEN = re.compile(
    r"(?P<prefix>sk|pk)_(?P<public_id>[0-9a-f]{16})_(?P<secret>[\w-]{43})", re.ASCII
)
# How exactly `last_used_at` is kept: a write per request would cost too much.
COARSE = timedelta(hours=1)


def create_api_key(
    *,
    program: Program,
    kind: ApiKey.Kind,
    scopes: Collection[str] = (),
    name: str = "",
    at: datetime,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its token, which cannot be had again."""
    # Hexadecimal, since an underscore separates the parts of a token.
    public_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        program=program,
        kind=kind,
        public_id=public_id,
        secret_hash=_hash(secret),
        scopes=sorted(scopes),
        name=name,
        created_at=at,
    )
    return key, f"{PREFIXES[kind]}_{public_id}_{secret}"


def revoke_api_key(*, key: ApiKey, at: datetime) -> None:
    """Close a key for good. A revoked key keeps the time it was first revoked."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at)


def authenticate_token(*, token: str, at: datetime) -> ApiKey | None:
    """Return the live key that a token belongs to, with its program; else None."""
    parts = TOKEN.fullmatch(token)
    if parts is None:
        return None
    known = read_with(ApiKey, "program", one_of("public_id", [parts["public_id"]]))
    if not known or known[0].revoked_at is not None:
        return None
    key = known[0]
    if parts["prefix"] != PREFIXES[ApiKey.Kind(key.kind)]:
        return None
    # A random key of 256 bits needs no slow hash; the comparison takes constant time.
    if not compare_digest(bytes(key.secret_hash), _hash(parts["secret"])):
        return None
    _note_use(key, at)
    return key


def _note_use(key: ApiKey, at: datetime) -> None:
    if key.last_used_at is None or at - key.last_used_at >= COARSE:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=at - COARSE)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=at)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
