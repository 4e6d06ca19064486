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
ENTRIES = "loyalty_wallet w JOIN loyalty_entry e ON e.wallet_id = w.id"
ALLOCATIONS = f"{ENTRIES} JOIN loyalty_allocation a ON a.entry_id = e.id"
LOTS = "loyalty_wallet w JOIN loyalty_lot l ON l.wallet_id = w.id"

# The parts that a lot was born with: it waits, or it can be spent.
BORN_PENDING = "CASE WHEN l.available_at IS NULL THEN 0 ELSE l.granted END"
BORN_REMAINING = "CASE WHEN l.available_at IS NULL THEN l.granted ELSE 0 END"

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

# What is, and what by all accounts should be, side by side and then added up: a group
# costs the same whatever the planner knows of the tables, and a join does not.
HISTORY_OF_LOTS = f"""
SELECT MIN(wallet_id), lot_id, {", ".join(f"SUM({part}_was), SUM({part})" for part in PARTS)}
FROM (
    SELECT w.id AS wallet_id, l.id AS lot_id, {", ".join(f"l.{part}" for part in PARTS)},
        {BORN_PENDING} AS pending_was, {BORN_REMAINING} AS remaining_was,
        {", ".join(f"0 AS {part}_was" for part in PARTS[2:])}
    FROM {LOTS} WHERE {WALLETS}
    UNION ALL
    SELECT w.id, a.lot_id, {", ".join("0" for _ in PARTS)},
        {", ".join(f"a.{part}" for part in PARTS)}
    FROM {ALLOCATIONS} WHERE {WALLETS}
) AS told
GROUP BY lot_id
HAVING {" OR ".join(f"SUM({part}_was) <> SUM({part})" for part in PARTS)}
ORDER BY MIN(wallet_id), lot_id
"""  # noqa: S608

LOTS_OF_ENTRIES = f"""
SELECT MIN(wallet_id), MAX(seq), entry_id,
    SUM(available_was), SUM(available), SUM(pending_was), SUM(pending),
    SUM(held_was), SUM(held)
FROM (
    SELECT w.id AS wallet_id, e.seq, e.id AS entry_id, e.available AS available_was,
        e.pending AS pending_was, e.held AS held_was, 0 AS available, 0 AS pending, 0 AS held
    FROM {ENTRIES} WHERE {WALLETS}
    UNION ALL
    SELECT w.id, e.seq, e.id, 0, 0, 0, a.remaining, a.pending, a.held
    FROM {ALLOCATIONS} WHERE {WALLETS}
    UNION ALL
    SELECT w.id, 0, l.entry_id, 0, 0, 0, {BORN_REMAINING}, {BORN_PENDING}, 0
    FROM {LOTS} WHERE {WALLETS}
) AS told
GROUP BY entry_id
HAVING SUM(available_was) <> SUM(available) OR SUM(pending_was) <> SUM(pending)
    OR SUM(held_was) <> SUM(held)
ORDER BY MIN(wallet_id), MAX(seq)
"""  # noqa: S608

HOLDS_OF_ENTRIES = f"""
SELECT w.id, e.seq, e.id, w.id, COALESCE(h.wallet_id, 0), e.held, COALESCE(h.points, 0)
FROM {ENTRIES} LEFT JOIN loyalty_hold h ON h.entry_id = e.id
WHERE {WALLETS} AND e.kind = 'hold'
    AND (h.id IS NULL OR h.wallet_id <> e.wallet_id OR h.points <> e.held)
ORDER BY w.id, e.seq
"""  # noqa: S608

HISTORY_OF_HOLDS = f"""
SELECT MIN(wallet_id), hold_id, SUM(points_was), SUM(points), SUM(captured_was),
    SUM(captured), SUM(released_was), SUM(released), SUM(expired_was), SUM(expired)
FROM (
    SELECT w.id AS wallet_id, h.id AS hold_id, h.points, h.captured, h.released, h.expired,
        0 AS points_was, 0 AS captured_was, 0 AS released_was, 0 AS expired_was
    FROM {ENTRIES} JOIN loyalty_hold h ON h.entry_id = e.id
    WHERE {WALLETS} AND e.kind = 'hold'
    UNION ALL
    SELECT w.id, a.hold_id, 0, 0, 0, 0,
        CASE WHEN e.kind = 'hold' THEN a.held ELSE 0 END,
        CASE WHEN e.kind = 'capture' THEN -a.held ELSE 0 END,
        CASE WHEN e.kind = 'void' AND e.source_type <> 'time' THEN -a.held ELSE 0 END,
        CASE WHEN e.kind = 'void' AND e.source_type = 'time' THEN -a.held ELSE 0 END
    FROM {ALLOCATIONS} WHERE {WALLETS} AND a.hold_id IS NOT NULL
) AS told
GROUP BY hold_id
HAVING SUM(points_was) <> SUM(points) OR SUM(captured_was) <> SUM(captured)
    OR SUM(released_was) <> SUM(released) OR SUM(expired_was) <> SUM(expired)
ORDER BY MIN(wallet_id), hold_id
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

# Readers settle a wallet only when it is due: a moment that is missed would hide what
# time has done. It may be too early, never too late.
DUE = f"""
SELECT wallet_id, MIN(due), MAX(due_at) FROM (
    SELECT w.id AS wallet_id, w.due_at, CASE
        WHEN l.pending > 0 AND l.available_at IS NOT NULL THEN l.available_at
        WHEN l.remaining > 0 AND l.idle THEN w.idle_at
        WHEN l.remaining > 0 THEN l.expires_at END AS due
    FROM {LOTS} WHERE {WALLETS} AND (l.pending > 0 OR l.remaining > 0)
    UNION ALL
    SELECT w.id, w.due_at, h.expires_at
    FROM loyalty_wallet w JOIN loyalty_hold h ON h.wallet_id = w.id
    WHERE {WALLETS} AND h.points > h.captured + h.released + h.expired
) AS told
GROUP BY wallet_id
HAVING MIN(due) < MAX(due_at) OR (MIN(due) IS NOT NULL AND MAX(due_at) IS NULL)
ORDER BY wallet_id
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
    return f"{wallet_place(program, row[0])}, hold {row[1]}"


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
    (DUE, _of_wallet, 1, ("due_at (the first moment that changes it)",)),
    (HISTORY_OF_LOTS, _of_lot, 2, PARTS),
    (
        LOTS_OF_ENTRIES,
        _of_entry,
        3,
        ("available in its lots", "pending in its lots", "held in its lots"),
    ),
    (HOLDS_OF_ENTRIES, _of_entry, 3, ("wallet of its hold", "points of its hold")),
    (HISTORY_OF_HOLDS, _of_hold, 2, ("points", "captured", "released", "expired")),
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
