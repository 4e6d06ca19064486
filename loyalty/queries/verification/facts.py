"""Orders and events against the ledger: what they remember of their points was posted.

An order is made to agree with the difference to what it remembers. Where that is
wrong, the next statement would give or take the wrong points.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from core.reading import one_of
from loyalty.models import Merge, PointType, Wallet
from loyalty.queries.verification.findings import Finding

WHAT = "points it remembers of {} (those posted for it)"
WALLETS = "w.program_id = %s AND {which}"
POSTED = {
    "postgresql": "COALESCE((f.posted -> p.code ->> '{name}')::bigint, 0)",
    "sqlite": "COALESCE(json_extract(f.posted, '$.\"' || p.code || '\".{name}'), 0)",
}
# What expired before it was taken back moves no balance, and was taken back all the same.
ENTRIES = """
SELECT w.id AS wallet_id, w.point_type_id, e.source_type, e.source_id,
    e.available + e.pending - e.debt AS was, 0 AS remembered
FROM loyalty_wallet w JOIN loyalty_entry e ON e.wallet_id = w.id
WHERE {wallets} AND e.kind IN ('earn', 'clawback') AND e.source_type IN ('order', 'event')
UNION ALL
SELECT w.id, w.point_type_id, e.source_type, e.source_id, a.expired, 0
FROM loyalty_wallet w JOIN loyalty_entry e ON e.wallet_id = w.id
    JOIN loyalty_allocation a ON a.entry_id = e.id
WHERE {wallets} AND e.kind = 'clawback' AND e.source_type IN ('order', 'event')
    AND a.expired <> 0
"""
# What was forgiven was never taken, and is not given twice.
FACTS = """
UNION ALL
SELECT w.id, w.point_type_id, '{kind}', f.external_id, 0, {points} + {forgiven}
FROM loyalty_wallet w JOIN loyalty_pointtype p ON p.id = w.point_type_id
    JOIN {table} f ON f.member_id = w.member_id
WHERE {wallets}
"""
TABLES = {"order": "loyalty_order", "event": "loyalty_memberevent"}
DISAGREEING = """
SELECT point_type_id, source_type, source_id, MIN(wallet_id), SUM(was), SUM(remembered)
FROM ({told}) AS told
GROUP BY point_type_id, source_type, source_id
HAVING SUM(was) <> SUM(remembered)
ORDER BY MIN(wallet_id), source_type, source_id
"""

Row = Sequence[Any]


def fact_findings(program_id: int, program: str, first: int, last: int) -> Iterator[Finding]:
    """Yield the orders and events of wallets from `first` to `last` that disagree.

    After a merge a fact is another member's than its first entries are: those that
    seem to disagree are looked at once more, with all wallets that were ever theirs.
    """
    rows = _disagreeing(program_id, "w.id BETWEEN %s AND %s", [first, last])
    if not rows:
        return
    suspects = {row[:3] for row in rows}
    which, family = one_of("member_id", _family(program_id, [row[3] for row in rows]))
    names = _names(program_id)
    for *fact, wallet, was, remembered in _disagreeing(program_id, f"w.{which}", family):
        # Of all the wallets it is told with the first.
        if tuple(fact) in suspects and first <= wallet <= last:
            point_type, kind, fact_id = fact
            place = f"{program}, {kind} {fact_id}"
            yield Finding(place, WHAT.format(names[point_type]), was, remembered)


def _disagreeing(program_id: int, which: str, values: Sequence[Any]) -> list[Row]:
    posted = POSTED[connection.vendor]
    wallets = WALLETS.format(which=which)
    told = ENTRIES.format(wallets=wallets) + "".join(
        FACTS.format(
            wallets=wallets,
            kind=kind,
            table=table,
            points=posted.format(name="points"),
            forgiven=posted.format(name="forgiven"),
        )
        for kind, table in TABLES.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(DISAGREEING.format(told=told), [program_id, *values] * 4)
        rows: list[Row] = cursor.fetchall()
    return rows


def _family(program_id: int, wallet_ids: Sequence[int]) -> set[int]:
    """Return the owners of wallets, and all who were ever merged with one of them."""
    found: set[int] = set()
    newest = set(Wallet.objects.filter(pk__in=wallet_ids).values_list("member_id", flat=True))
    while newest:
        found |= newest
        merges = Merge.objects.filter(
            Q(merged__in=newest) | Q(into__in=newest), program=program_id
        )
        pairs = merges.values_list("merged_id", "into_id")
        newest = {member for pair in pairs for member in pair} - found
    return found


def _names(program_id: int) -> dict[int, str]:
    return dict(PointType.objects.filter(program=program_id).values_list("pk", "code"))
