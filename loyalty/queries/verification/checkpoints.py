"""Checkpoints: a signed list of every wallet's head, to be kept somewhere else.

Whoever owns the database can change an entry and make all hashes after it agree, or
cut off the last ones. Neither leaves the head that was written down before on its
chain. The signature needs the `SECRET_KEY`, so that the list cannot be rewritten by
somebody who has the database alone.

    perennial ledger checkpoint 1
    17 3 9f86d081…          wallet id, seq of its last entry, that entry's hash
    hmac-sha256 60303ae2…   over every line before
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

from core.errors import DomainError
from loyalty.queries.verification.chains import WalletRow
from loyalty.queries.verification.findings import Finding

TITLE = "perennial ledger checkpoint 1\n"
SEAL = "hmac-sha256 "
SALT = "perennial.ledger.checkpoint"

# Heads that are looked up in one statement.
LOOKED_UP = 1_000


class BrokenCheckpoint(DomainError):
    """The file is no checkpoint, or was changed after it was signed."""

    code = "broken_checkpoint"


@dataclass(frozen=True, slots=True)
class Head:
    """A wallet's last entry at the time of a checkpoint."""

    wallet_id: int
    seq: int
    hash: str


class Signer:
    """Turns heads into the lines of a checkpoint, and signs what it has given."""

    def __init__(self) -> None:
        self._seal = _new_seal()

    def title(self) -> str:
        return self._signed(TITLE)

    def lines(self, wallets: Iterable[WalletRow]) -> Iterator[str]:
        """Yield a line for each wallet that has entries."""
        for wallet in wallets:
            if wallet.last_seq:
                yield self._signed(f"{wallet.id} {wallet.last_seq} {wallet.head_hash.hex()}\n")

    def seal(self) -> str:
        return f"{SEAL}{self._seal.hexdigest()}\n"

    def _signed(self, line: str) -> str:
        self._seal.update(line.encode())
        return line


def checkpoint_findings(path: Path) -> Iterator[Finding]:
    """Yield every head of a checkpoint that is no longer on its wallet's chain.

    Proves nothing by itself: the chains must be proved as well.

    :raises BrokenCheckpoint: if its signature does not hold
    """
    check_seal(path)
    heads = _heads(path)
    while batch := list(islice(heads, LOOKED_UP)):
        now = _hashes_now(batch)
        for head in batch:
            found = now.get(head.wallet_id)
            if found != head.hash:
                where = f"wallet {head.wallet_id}, entry {head.seq}"
                yield Finding(where, "hash at the checkpoint", head.hash, found or "missing")


def check_seal(path: Path) -> None:
    """Check the signature of a checkpoint.

    :raises BrokenCheckpoint: if it does not hold
    """
    seal = _new_seal()
    previous = ""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            seal.update(previous.encode())
            previous = line
    if not hmac.compare_digest(f"{SEAL}{seal.hexdigest()}\n".encode(), previous.encode()):
        raise BrokenCheckpoint(
            f"{path} is no checkpoint, was changed, or was signed with another SECRET_KEY"
        )


def _new_seal() -> Any:
    return salted_hmac(SALT, b"", algorithm="sha256")


def _heads(path: Path) -> Iterator[Head]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line != TITLE and not line.startswith(SEAL):
                wallet_id, seq, digest = line.split()
                yield Head(int(wallet_id), int(seq), digest)


def _hashes_now(heads: Sequence[Head]) -> dict[int, str]:
    """Return the hash that each wallet's entry of that number has now."""
    marks = ", ".join(["(%s, %s)"] * len(heads))
    values = [value for head in heads for value in (head.wallet_id, head.seq)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH heads (wallet_id, seq) AS (VALUES {marks}) "  # noqa: S608
            "SELECT e.wallet_id, e.hash FROM heads JOIN loyalty_entry e "
            "ON e.wallet_id = heads.wallet_id AND e.seq = heads.seq",
            values,
        )
        return {wallet_id: bytes(digest).hex() for wallet_id, digest in cursor.fetchall()}
