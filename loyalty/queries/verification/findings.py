"""What a proof of the ledger found to be wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that disagrees with the others: which, in what, and with what."""

    where: str
    what: str
    expected: object
    found: object

    def __str__(self) -> str:
        return f"{self.where}: {self.what} should be {self.expected}, is {self.found}"


def wallet_place(program: str, wallet_id: int) -> str:
    """Return how a finding names a wallet."""
    return f"{program}, wallet {wallet_id}"


def entry_place(program: str, wallet_id: int, seq: int, entry_id: int) -> str:
    """Return how a finding names an entry."""
    return f"{wallet_place(program, wallet_id)}, entry {seq} (ent_{entry_id})"
