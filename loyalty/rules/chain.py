"""The hash chain that makes a wallet's entries tamper-evident.

`hash = SHA-256(previous hash, then each field with its length before it)`. The
length prefix keeps two different entries from reading as the same bytes.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

Field = str | int | bytes | datetime | None


def link(previous: bytes, fields: Iterable[Field]) -> bytes:
    """Return the hash that follows `previous` for an entry with these fields."""
    parts = [len(previous).to_bytes(4, "big"), previous]
    for value in fields:
        encoded = _encode(value)
        parts.append(len(encoded).to_bytes(4, "big"))
        parts.append(encoded)
    return hashlib.sha256(b"".join(parts)).digest()


def _encode(value: Field) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").encode()
    return str(value).encode()
