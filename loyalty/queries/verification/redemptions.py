"""Redemptions against the holds and entries that moved their points, and the stock."""

from collections.abc import Iterator

from django.db import connection

from loyalty.queries.verification.findings import Finding

# The hold and the entry are found by their own numbers: after a merge they are still
# those of the wallet that the member had then.
REDEMPTIONS = """
SELECT r.id, COALESCE(h.points, r.points), r.points,
    COALESCE(h.captured, r.captured_points), r.captured_points,
    COALESCE(-e.available - e.held, 0), r.captured_points
FROM loyalty_wallet w
    JOIN loyalty_redemption r ON r.member_id = w.member_id
        AND r.point_type_id = w.point_type_id
    LEFT JOIN loyalty_hold h ON h.id = r.hold_id
    LEFT JOIN loyalty_entry e ON e.id = r.spent_by_id
WHERE w.program_id = %(program)s AND w.id BETWEEN %(first)s AND %(last)s
    AND (COALESCE(h.points, r.points) <> r.points
        OR COALESCE(h.captured, r.captured_points) <> r.captured_points
        OR COALESCE(-e.available - e.held, 0) <> r.captured_points)
ORDER BY r.id
"""
COMPARED = (
    "points (those of its hold)",
    "captured_points (those of its hold)",
    "captured_points (those of the entry that spent them)",
)

STOCKS = """
SELECT MIN(w.code), COUNT(r.id), MIN(w.taken)
FROM loyalty_reward w
    LEFT JOIN loyalty_redemption r ON r.reward_id = w.id AND r.status IN ('held', 'captured')
WHERE w.program_id = %(program)s AND w.stock IS NOT NULL
GROUP BY w.id
HAVING COUNT(r.id) <> MIN(w.taken)
ORDER BY w.id
"""


def redemption_findings(
    program_id: int, program: str, first: int, last: int
) -> Iterator[Finding]:
    """Yield the redemptions that disagree with what was done in the wallets of a range."""
    with connection.cursor() as cursor:
        cursor.execute(REDEMPTIONS, {"program": program_id, "first": first, "last": last})
        rows = cursor.fetchall()
    for number, *values in rows:
        for what, expected, found in zip(COMPARED, values[::2], values[1::2], strict=True):
            if expected != found:
                yield Finding(f"{program}, red_{number}", what, expected, found)


def stock_findings(program_id: int, program: str) -> Iterator[Finding]:
    """Yield the rewards whose stock does not count the redemptions that stand."""
    with connection.cursor() as cursor:
        cursor.execute(STOCKS, {"program": program_id})
        rows = cursor.fetchall()
    for code, expected, found in rows:
        yield Finding(f"{program}, reward {code}", "taken", expected, found)
