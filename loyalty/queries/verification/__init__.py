"""The proof of the ledger: that all of its rows still agree with each other."""

from loyalty.queries.verification.checkpoints import (
    BrokenCheckpoint,
    Signer,
    check_seal,
    checkpoint_findings,
)
from loyalty.queries.verification.findings import Finding
from loyalty.queries.verification.guards import guard_findings
from loyalty.queries.verification.ledger import Chunk, at_one_moment, ledger_findings

__all__ = [
    "BrokenCheckpoint",
    "Chunk",
    "Finding",
    "Signer",
    "at_one_moment",
    "check_seal",
    "checkpoint_findings",
    "guard_findings",
    "ledger_findings",
]
