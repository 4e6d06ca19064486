"""That the ledger agrees with itself, for every test that moves points."""

from loyalty.models import Program
from loyalty.queries.verification import ledger_findings
from tiers.queries.verification import tier_findings


def prove(program: Program) -> None:
    """Fail with every row of the program's ledger that disagrees."""
    assert [str(finding) for finding in ledger_findings(program)] == []


def prove_days(program: Program) -> None:
    """Fail with every sum that tiers count by and that no facts come to."""
    assert [str(finding) for finding in tier_findings(program)] == []
