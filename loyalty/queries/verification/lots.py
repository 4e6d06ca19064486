"""Lots, allocations and holds against each other, against entries and wallets.

One statement for each kind of disagreement, over a range of wallets at a time. What
agrees never leaves the database.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection

from loyalty.queries.verification.findings import Finding, entry_place, wallet_place

PARTS = ("pending", "remaining", "held", "spent", "expired", "reversed")

WALLETS = "w.program_id = %(program)s AND w.id BETWEEN %(first)s AND %(last)s"
# Allocations have no index by wallet, and need none: each belongs to an entry.
ALLOCATIONS = (
    "loyalty_wallet w JOIN loyalty_entry e ON e.wallet_id = w.id "
    "JOIN loyalty_allocation a ON a.entry_id = e.id"
)
LOTS = "loyalty_wallet w JOIN loyalty_lot l ON l.wallet_id = w.id"

# The parts that a lot was born with: it waits, or it can be spent.
BORN_PENDING = "CASE WHEN l.available_at IS NULL THEN 0 ELSE l.granted END"
BORN_REMAINING = "CASE WHEN l.available_at IS NULL THEN l.granted ELSE 0 END"

MOVED_PARTS = ", ".join(f"SUM(a.{part}) AS {part}" for part in PARTS)

LOTS_OF_WALLETS = f"""
SELECT w.id, COALESCE(SUM(l.remaining), 0), w.available,
    COALESCE(SUM(l.pending), 0), w.pending, COALESCE(SUM(l.held), 0), w.held
FROM loyalty_wallet w LEFT JOIN loyalty_lot l ON l.wallet_id = w.id
WHERE {WALLETS}
GROUP BY w.id
HAVING COALESCE(SUM(l.remaining), 0) <> w.available
    OR COALESCE(SUM(l.pending), 0) <> w.pending
    OR COALESCE(SUM(l.held), 0) <> w.held
ORDER BY w.id
"""  # noqa: S608

HOLDS_OF_WALLETS = f"""
SELECT w.id, COALESCE(SUM(h.points - h.captured - h.released - h.expired), 0), w.held
FROM loyalty_wallet w
    LEFT JOIN loyalty_entry e ON e.wallet_id = w.id AND e.kind = 'hold'
    LEFT JOIN loyalty_hold h ON h.entry_id = e.id
WHERE {WALLETS}
GROUP BY w.id
HAVING COALESCE(SUM(h.points - h.captured - h.released - h.expired), 0) <> w.held
ORDER BY w.id
"""  # noqa: S608

DEBTS = f"""
SELECT w.id, 0, w.available FROM loyalty_wallet w
WHERE {WALLETS} AND w.debt <> 0 AND w.available <> 0 ORDER BY w.id
"""  # noqa: S608

HISTORY_OF_LOTS = f"""
WITH moved AS (
    SELECT a.lot_id, {MOVED_PARTS} FROM {ALLOCATIONS} WHERE {WALLETS} GROUP BY a.lot_id
), history AS (
    SELECT l.wallet_id, l.id, {", ".join(f"l.{part}" for part in PARTS)},
        {BORN_PENDING} + COALESCE(m.pending, 0) AS pending_was,
        {BORN_REMAINING} + COALESCE(m.remaining, 0) AS remaining_was,
        {", ".join(f"COALESCE(m.{part}, 0) AS {part}_was" for part in PARTS[2:])}
    FROM {LOTS} LEFT JOIN moved m ON m.lot_id = l.id
    WHERE {WALLETS}
)
SELECT wallet_id, id, {", ".join(f"{part}_was, {part}" for part in PARTS)}
FROM history
WHERE {" OR ".join(f"{part} <> {part}_was" for part in PARTS)}
ORDER BY wallet_id, id
"""  # noqa: S608

LOTS_OF_ENTRIES = f"""
WITH moved AS (
    SELECT a.entry_id, SUM(a.remaining) AS available, SUM(a.pending) AS pending,
        SUM(a.held) AS held
    FROM {ALLOCATIONS} WHERE {WALLETS} GROUP BY a.entry_id
), born AS (
    SELECT l.entry_id, SUM({BORN_REMAINING}) AS available, SUM({BORN_PENDING}) AS pending
    FROM {LOTS} WHERE {WALLETS} GROUP BY l.entry_id
), told AS (
    SELECT e.wallet_id, e.seq, e.id, e.available, e.pending, e.held,
        COALESCE(m.available, 0) + COALESCE(b.available, 0) AS available_of_lots,
        COALESCE(m.pending, 0) + COALESCE(b.pending, 0) AS pending_of_lots,
        COALESCE(m.held, 0) AS held_of_lots
    FROM loyalty_wallet w JOIN loyalty_entry e ON e.wallet_id = w.id
        LEFT JOIN moved m ON m.entry_id = e.id LEFT JOIN born b ON b.entry_id = e.id
    WHERE {WALLETS}
)
SELECT wallet_id, seq, id, available, available_of_lots, pending, pending_of_lots,
    held, held_of_lots
FROM told
WHERE available <> available_of_lots OR pending <> pending_of_lots
    OR held <> held_of_lots
ORDER BY wallet_id, seq
"""  # noqa: S608

HOLDS = f"""
WITH moved AS (
    SELECT a.hold_id,
        SUM(CASE WHEN e.kind = 'hold' THEN a.held ELSE 0 END) AS points,
        SUM(CASE WHEN e.kind = 'capture' THEN -a.held ELSE 0 END) AS captured,
        SUM(CASE WHEN e.kind = 'void' AND e.source_type <> 'time' THEN -a.held ELSE 0 END)
            AS released,
        SUM(CASE WHEN e.kind = 'void' AND e.source_type = 'time' THEN -a.held ELSE 0 END)
            AS expired
    FROM {ALLOCATIONS} WHERE {WALLETS} AND a.hold_id IS NOT NULL GROUP BY a.hold_id
)
SELECT e.wallet_id, e.seq, e.id, h.id, e.wallet_id, h.wallet_id, e.held, h.points,
    COALESCE(m.points, 0), h.points, COALESCE(m.captured, 0), h.captured,
    COALESCE(m.released, 0), h.released, COALESCE(m.expired, 0), h.expired
FROM loyalty_wallet w JOIN loyalty_entry e ON e.wallet_id = w.id AND e.kind = 'hold'
    LEFT JOIN loyalty_hold h ON h.entry_id = e.id LEFT JOIN moved m ON m.hold_id = h.id
WHERE {WALLETS} AND (h.id IS NULL OR h.wallet_id <> e.wallet_id OR h.points <> e.held
    OR h.points <> COALESCE(m.points, 0) OR h.captured <> COALESCE(m.captured, 0)
    OR h.released <> COALESCE(m.released, 0) OR h.expired <> COALESCE(m.expired, 0))
ORDER BY e.wallet_id, e.seq
"""  # noqa: S608

STRAY_LOTS = f"""
SELECT l.wallet_id, l.id, l.wallet_id, e.wallet_id, w.program_id, l.program_id
FROM {LOTS} JOIN loyalty_entry e ON e.id = l.entry_id
WHERE {WALLETS} AND (e.wallet_id <> l.wallet_id OR l.program_id <> w.program_id)
ORDER BY l.wallet_id, l.id
"""  # noqa: S608

STRAY_ALLOCATIONS = f"""
SELECT e.wallet_id, e.seq, e.id, e.wallet_id, a.wallet_id, e.wallet_id, l.wallet_id,
    CASE WHEN a.held = 0 THEN 0 ELSE 1 END, CASE WHEN a.hold_id IS NULL THEN 0 ELSE 1 END
FROM {ALLOCATIONS} JOIN loyalty_lot l ON l.id = a.lot_id
WHERE {WALLETS} AND (a.wallet_id <> e.wallet_id OR l.wallet_id <> e.wallet_id
    OR (a.held <> 0) <> (a.hold_id IS NOT NULL))
ORDER BY e.wallet_id, e.seq
"""  # noqa: S608

Row = Sequence[Any]
Place = Callable[[str, Row], str]


def _of_wallet(program: str, row: Row) -> str:
    return wallet_place(program, row[0])


def _of_lot(program: str, row: Row) -> str:
    return f"{wallet_place(program, row[0])}, lot {row[1]}"


def _of_entry(program: str, row: Row) -> str:
    return entry_place(program, row[0], row[1], row[2])


def _of_hold(program: str, row: Row) -> str:
    return f"{_of_entry(program, row)}, hold {row[3] or 'missing'}"


# Each statement, how its first columns name the row that disagrees, and what the
# columns after them compare: what is expected, and what was found, for each name.
CHECKS: Sequence[tuple[str, Place, int, Sequence[str]]] = (
    (
        LOTS_OF_WALLETS,
        _of_wallet,
        1,
        (
            "available (all that remains of its lots)",
            "pending (all that is pending in its lots)",
            "held (all that is held of its lots)",
        ),
    ),
    (HOLDS_OF_WALLETS, _of_wallet, 1, ("held (all that its holds still hold)",)),
    (DEBTS, _of_wallet, 1, ("available (it owes)",)),
    (HISTORY_OF_LOTS, _of_lot, 2, PARTS),
    (
        LOTS_OF_ENTRIES,
        _of_entry,
        3,
        ("available in its lots", "pending in its lots", "held in its lots"),
    ),
    (
        HOLDS,
        _of_hold,
        4,
        ("wallet", "points", "points of its lots", "captured", "released", "expired"),
    ),
    (STRAY_LOTS, _of_lot, 2, ("wallet of its entry", "program")),
    (
        STRAY_ALLOCATIONS,
        _of_entry,
        3,
        ("wallet of its allocation", "wallet of the lot it takes from", "hold it names"),
    ),
)


def lot_findings(program_id: int, program: str, first: int, last: int) -> Iterator[Finding]:
    """Yield what disagrees about lots and holds of the wallets from `first` to `last`."""
    parameters = {"program": program_id, "first": first, "last": last}
    for statement, place, start, names in CHECKS:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            rows = cursor.fetchall()
        for row in rows:
            pairs = zip(names, row[start::2], row[start + 1 :: 2], strict=True)
            for what, expected, found in pairs:
                if expected != found:
                    yield Finding(place(program, row), what, expected, found)
