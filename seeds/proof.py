"""Whether what came of a replay is true: every row, and the points of every order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from django.db.models import F, Min, Sum

from loyalty.models import Allocation, Entry, Order, Program
from loyalty.queries.verification import Chunk, Finding, guard_findings, ledger_findings
from seeds.contents import Expected
from tiers.queries.verification import tier_findings

# What an order gives and takes back itself; what becomes of it later is no part of it.
OF_ORDERS = ("earn", "clawback")

# Beyond these, differences are counted and not named.
MOST_NAMED = 5


@dataclass
class Proof:
    """What looking at every row of the ledger came to."""

    wallets: int = 0
    entries: int = 0
    findings: list[Finding] = field(default_factory=list)

    def note(self, chunk: Chunk) -> None:
        self.wallets += len(chunk.wallets)
        self.entries += chunk.entries

    def __str__(self) -> str:
        if self.findings:
            return f"{len(self.findings):,} findings. The first: {self.findings[0]}"
        return f"no findings in {self.wallets:,} wallets and {self.entries:,} entries"


def prove_ledger(program: Program) -> Proof:
    """Do what `manage.py verify_ledger` does, for one program."""
    proof = Proof()
    ledger = ledger_findings(program, on_chunk=proof.note)
    proof.findings += chain(guard_findings(), ledger, tier_findings(program))
    return proof


@dataclass
class Recomputation:
    """How the points of the file's orders compare with a second opinion."""

    agreeing: int = 0
    left_out: int = 0  # refunded or restated by others, or under rules of others
    differing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"{self.agreeing:,} orders agree with an independent computation"
        if self.left_out:
            text += f"; {self.left_out:,} were changed by others and are left out"
        if self.differing:
            some = ", ".join(self.differing[:MOST_NAMED])
            text += f"; {len(self.differing):,} differ: {some}"
        return text


def recompute_points(program: Program, expected: Mapping[str, Expected]) -> Recomputation:
    """Compare what the ledger gave each order with what it should have earned."""
    result = Recomputation()
    given = points_of_orders(program)
    changed = _changed_by_others(program, expected)
    for key, (_, points) in expected.items():
        if key in changed:
            result.left_out += 1
        elif given[key] == points:
            result.agreeing += 1
        else:
            result.differing.append(f"{key} has {given[key]:,}, not {points:,}")
    return result


def _changed_by_others(program: Program, expected: Mapping[str, Expected]) -> set[str]:
    """Return the orders that are no longer as the file says, or earned by edited rules."""
    orders = Order.objects.filter(program=program)
    first_rules = orders.aggregate(first=Min("rule_set"))["first"]
    rows = orders.values_list("external_id", "version", "refunds", "rule_set_id")
    return {
        key
        for key, version, refunds, rules in rows.iterator()
        if key in expected
        if refunds or version > expected[key].version or rules not in (None, first_rules)
    }


def points_of_orders(program: Program) -> Counter[str]:
    """Return what entries gave each order, less what they took back.

    Points that had expired when they should have been taken back count as taken.
    """
    total = Sum(F("available") + F("pending") - F("debt") - F("forgiven"))
    entries = Entry.objects.filter(program=program, source_type="order", kind__in=OF_ORDERS)
    given: Counter[str] = Counter(dict(entries.values_list("source_id").annotate(total=total)))
    clawed_back = Allocation.objects.filter(program=program, entry__kind="clawback")
    expired = clawed_back.values_list("entry__source_id").annotate(total=Sum("expired"))
    for key, points in expired:
        given[key] += points
    return given
