"""Benchmarks of redeeming: the points of one lot, out of one open lot, ten, five hundred.

The limit is two bare statements: one takes the lots in spending order, one writes the
entry, the allocations, the redemption and its event and moves the wallet.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count

from django.db import connection, transaction

from loyalty.models import Lot, Member, Program, Wallet
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import RedemptionRequest, redeem_reward
from tests.bench.measure import Row, rates
from tests.factories import NOON, give_points, make_member, make_program

ROUNDS = 7
EACH = 10
numbers = count(1)

TAKE = """
WITH w AS MATERIALIZED (SELECT id FROM loyalty_wallet WHERE id = %(wallet)s FOR UPDATE),
ordered AS MATERIALIZED (
  SELECT l.id, l.remaining, sum(l.remaining) OVER (
    ORDER BY l.expires_at NULLS LAST, l.earned_at, l.id) - l.remaining AS before
  FROM loyalty_lot l JOIN w ON w.id = l.wallet_id WHERE l.remaining > 0),
taken AS (SELECT id, least(remaining, %(points)s - before) AS points FROM ordered
  WHERE before < %(points)s)
UPDATE loyalty_lot l SET remaining = remaining - taken.points, spent = spent + taken.points
FROM taken WHERE l.id = taken.id RETURNING l.id, taken.points
"""
WRITE = """
WITH w AS (UPDATE loyalty_wallet SET available = available - %(points)s,
    lifetime_redeemed = lifetime_redeemed + %(points)s, last_seq = last_seq + 1
  WHERE id = %(wallet)s
    RETURNING id, program_id, member_id, point_type_id, available, last_seq),
e AS (INSERT INTO loyalty_entry (program_id, wallet_id, seq, kind, available, pending, held,
    debt, available_after, pending_after, held_after, debt_after, forgiven, key, source_type,
    source_id, reason, occurred_at, posted_at, prev_hash, hash)
  SELECT program_id, id, last_seq, 'redeem', -%(points)s, 0, 0, 0, available, 0, 0, 0, 0,
    %(key)s, 'redemption', %(key)s, '', %(at)s, now(), decode(repeat('00', 32), 'hex'),
    decode(repeat('00', 32), 'hex') FROM w RETURNING id, program_id, wallet_id),
r AS (INSERT INTO loyalty_redemption (program_id, member_id, point_type_id, key, status, points,
    captured_points, reversed_points, discount, gives, order_ref, fulfilment, fulfilment_note,
    held_at, settled_at, spent_by_id)
  SELECT w.program_id, member_id, point_type_id, %(key)s, 'captured', %(points)s, %(points)s, 0,
    %(points)s, '{"pay": {"rate": "0.01", "point_type": "points"}}', '', 'none', '', %(at)s,
    %(at)s, e.id FROM w, e),
v AS (INSERT INTO core_event (program_id, member_id, type, data, occurred_at, recorded_at)
  SELECT program_id, member_id, 'redemption.captured',
    '{"points": 10, "status": "captured",
    "member": "ada", "point_type": "points", "captured_points": 10}', %(at)s, now() FROM w)
INSERT INTO loyalty_allocation (program_id, wallet_id, entry_id, lot_id, pending, remaining,
  held, spent, expired, reversed)
SELECT e.program_id, e.wallet_id, e.id, t.lot, 0, -t.points, 0, t.points, 0, 0
FROM e, unnest(%(lots)s::bigint[], %(parts)s::bigint[]) AS t(lot, points)
"""


def redeem_over_lots() -> list[Row]:
    """A redemption of ten points, by members with 1, 10 and 500 open lots of ten each."""
    rows, costs = [], {}
    for lots, units in ((1, 60), (10, 60), (500, 10)):
        ours, limit = _redeeming(lots, units, EACH)
        costs[lots] = 1e6 / ours
        rows.append(Row(f"redeem over {lots} open lots", ours, limit, "a second", ">= 0.40"))
    rows.append(Row("over 500 open lots, and over 1", costs[500], costs[1], "µs", "<= 3.00"))
    ours, limit = _redeeming(500, 6, EACH * 500)
    return [*rows, Row("redeem all of 500 lots", ours, limit, "a second", ">= 0.40")]


def _redeeming(lots: int, units: int, points: int) -> tuple[float, float]:
    program = make_program(points={"value": "0.01"})
    theirs = iter(_members(program, lots, 2 * units * (ROUNDS + 1)))

    def ours(_turn: int) -> None:
        for _ in range(units):
            member = next(theirs)
            request = RedemptionRequest(
                point_type="points",
                points=points,
                order_total=10**9,
                capture=True,
            )
            requested = Requested(f"bench-{next(numbers)}", NOON)
            redeem_reward(member=member, request=request, requested=requested)

    def limit(_turn: int) -> None:
        for _ in range(units):
            _redeem_bare(next(theirs), points)

    return rates(ours, limit, units=units, pairs=ROUNDS)


def _redeem_bare(member: Member, points: int) -> None:
    wallet = member.bench_wallet  # type: ignore[attr-defined]
    values = {"wallet": wallet, "points": points, "at": NOON, "key": f"bare-{next(numbers)}"}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        taken = cursor.fetchall()
        parts = {"lots": [lot for lot, _ in taken], "parts": [part for _, part in taken]}
        cursor.execute(WRITE, values | parts)


def _members(program: Program, lots: int, wanted: int) -> Sequence[Member]:
    """Return members with so many open lots of ten points each."""
    members = list(_with_a_lot(program, lots, wanted))
    for wallet in Wallet.objects.filter(member__in=members):
        _multiply_lots(wallet, lots)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE loyalty_lot")
        cursor.execute("VACUUM ANALYZE loyalty_wallet")
    return members


def _with_a_lot(program: Program, lots: int, wanted: int) -> Iterator[Member]:
    for number in range(wanted):
        member = make_member(program, f"m{number}")
        later = NOON + timedelta(days=400)
        give_points(member, EACH * lots, expires_at=later)
        member.bench_wallet = Wallet.objects.get(member=member).pk  # type: ignore[attr-defined]
        yield member


def _multiply_lots(wallet: Wallet, lots: int) -> None:
    """Share a wallet's one lot over many: the same points, of as many origins."""
    lot = Lot.objects.get(wallet=wallet)
    Lot.objects.filter(pk=lot.pk).update(granted=EACH, remaining=EACH)
    columns = [field.column for field in Lot._meta.concrete_fields if not field.primary_key]
    changed = {"expires_at": "expires_at + n * interval '1 hour'"}
    values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO loyalty_lot ({names}) SELECT {values} FROM loyalty_lot, "
            f"generate_series(1, {lots - 1}) AS n WHERE id = {lot.pk}"
        )
