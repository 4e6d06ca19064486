"""The hash chain that makes a wallet's entries tamper-evident.

`hash = SHA-256(previous hash, then each field with its length before it)`. The
length prefix keeps two different entries from reading as the same bytes.
"""

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, datetime

_length = struct.Struct(">I").pack

Field = str | int | bytes | datetime | None

# What an entry's hash covers, in this order: all of its row but its own number, the
# decision's, and the hashes themselves.
HASHED_COLUMNS = (
    "program_id",
    "wallet_id",
    "seq",
    "kind",
    "available",
    "pending",
    "held",
    "debt",
    "available_after",
    "pending_after",
    "held_after",
    "debt_after",
    "forgiven",
    "key",
    "source_type",
    "source_id",
    "reason",
    "reverses_id",
    "occurred_at",
    "posted_at",
)


def link(previous: bytes, fields: Iterable[Field]) -> bytes:
    """Return the hash that follows `previous` for an entry with these fields."""
    parts = [_length(len(previous)), previous]
    for value in fields:
        # Numbers and texts first: a proof of the ledger comes by here for each entry.
        if type(value) is int:
            encoded = b"%d" % value
        elif type(value) is str:
            encoded = value.encode()
        else:
            encoded = _encode(value)
        parts.append(_length(len(encoded)))
        parts.append(encoded)
    return hashlib.sha256(b"".join(parts)).digest()


def _encode(value: Field) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, datetime):
        # However an instant was stated, a database gives it back in UTC.
        return value.astimezone(UTC).isoformat(timespec="microseconds").encode()
    return str(value).encode()
