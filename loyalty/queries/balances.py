"""What members have: true at the moment of reading, whatever job has run.

A reader does in memory what time has done to a wallet since somebody last wrote
to it, with the same function that the writer uses.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, F, Min, Q, Sum

from core.reading import (
    Columns,
    Condition,
    as_instances,
    columns_of,
    one_of,
    read_values,
    read_values_together,
)
from loyalty.models import Allocation, Entry, Hold, Lot, Member, Program, Wallet
from loyalty.queries.setup import Setup, setup_of
from loyalty.rules.due import is_due, settle
from loyalty.rules.wallets import (
    Cause,
    Draft,
    HoldState,
    LotMove,
    LotState,
    NewIds,
    WalletState,
    lifetime_changes,
)

BUCKETS = ("available", "pending", "held", "debt")
LIFETIMES = ("lifetime_earned", "lifetime_redeemed", "lifetime_expired")
WALLET_COLUMNS = (*BUCKETS, *LIFETIMES, "last_seq", "head_hash", "due_at", "idle_at")
STATE_COLUMNS = ("id", "member_id", "point_type_id", *WALLET_COLUMNS)
LOT_PARTS = LotMove.PARTS
LOT_TERMS = ("earned_at", "granted", "available_at", "lapses", "expires_at", "idle")
LOT_COLUMNS = ("id", "wallet_id", "source_type", "source_id", *LOT_TERMS, *LOT_PARTS)
OF_NAMED = (
    "member_id = (SELECT id FROM loyalty_member WHERE program_id = %s AND external_id = %s)"
)
# As the index of open lots has it.
IS_OPEN = "(pending > 0 OR remaining > 0 OR held > 0)"


@dataclass(frozen=True, slots=True)
class WalletView:
    """What one member has of one point type, in points."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    lifetime_earned: int = 0
    lifetime_redeemed: int = 0
    lifetime_expired: int = 0

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in (*BUCKETS, *LIFETIMES)}


@dataclass(frozen=True, slots=True)
class Forecast:
    """A wallet at a moment, and the dates at which time alone will change it.

    `expiring` and `activating` are (moment, points), soonest first.
    """

    view: WalletView
    expiring: Sequence[tuple[datetime, int]]
    activating: Sequence[tuple[datetime, int]]


def wallets_of(members: Sequence[Member], *, at: datetime) -> dict[int, dict[str, WalletView]]:
    """Return each member's wallets by member number and point type code.

    Every live point type has one, if only an empty one. All members must be of
    one program. Two queries, two more if something is due.
    """
    if not members:
        return {}
    setup = setup_of(members[0].program)
    states = states_of(setup, [member.pk for member in members], at=at)
    found: dict[int, dict[str, WalletView]] = {member.pk: _empty(setup) for member in members}
    for state in states:
        code = setup.point_type(state.point_type_id).code
        found[state.member_id][code] = _view(state)
    return found


def states_of(setup: Setup, member_ids: Sequence[int], *, at: datetime) -> list[WalletState]:
    """Return wallets as they truly are at `at`, unlocked: for looking, not for writing."""
    states = _states(setup, member_ids)
    _settle([state for state in states if is_due(state, at)], at)
    return states


def _empty(setup: Setup) -> dict[str, WalletView]:
    return dict.fromkeys(setup.point_types, WalletView())


def look_up_member(
    program: Program, external_id: str
) -> tuple[Member | None, list[WalletState]]:
    """Return who enrolled with an id, if anybody, with wallets and lots as last written.

    One query: what `forecast_of` takes, for whoever does not know the member yet.
    """
    named = [program.pk, external_id]
    members, *rows = read_values_together(
        (columns_of(Member), ("program_id = %s AND external_id = %s", named)),
        *_wallets_and_lots((OF_NAMED, named)),
    )
    if not members:
        return None, []
    member = as_instances(Member, members)[0]
    # What looks at the member's program finds the one that is loaded.
    member.program = program
    return member, _loaded_states(setup_of(program), *rows)


def forecast_of(
    member: Member,
    *,
    at: datetime,
    now: datetime,
    states: Sequence[WalletState] | None = None,
) -> dict[str, Forecast]:
    """Return a member's wallets at any moment, past or future, with what is to come.

    The past is told by business time (`occurred_at`); the future assumes that
    nothing but time goes on. `states` are the wallets with their lots, if they were
    looked up already.
    """
    setup = setup_of(member.program)
    if states is None:
        theirs = ("member_id = %s", [member.pk])
        states = _loaded_states(setup, *read_values_together(*_wallets_and_lots(theirs)))
    drafts = _settle(states, max(at, now))
    views = {state.id: _view(state) for state in states}
    if at < now:
        views = _wind_back(states, drafts, at)
        _wind_back_lots(states, drafts, at)
    found = {code: Forecast(view, [], []) for code, view in _empty(setup).items()}
    for state in states:
        code = setup.point_type(state.point_type_id).code
        found[code] = Forecast(views[state.id], *_dates(state, at))
    return found


def _states(setup: Setup, member_ids: Sequence[int]) -> list[WalletState]:
    """Return wallets as they were last written, without their lots."""
    return _as_states(
        setup, read_values(Wallet, STATE_COLUMNS, one_of("member_id", member_ids))
    )


def _as_states(setup: Setup, rows: Iterable[Mapping[str, Any]]) -> list[WalletState]:
    terms = {p.id: p.terms for p in setup.point_types.values()}
    return [WalletState(terms=terms[row["point_type_id"]], **row) for row in rows]


def _wallets_and_lots(theirs: Condition) -> Sequence[tuple[Columns, Condition]]:
    """Return what is to be read of the wallets that meet a condition."""
    text, values = theirs
    lots = f"wallet_id IN (SELECT id FROM loyalty_wallet WHERE {text}) AND {IS_OPEN}"  # noqa: S608
    return ((Wallet, STATE_COLUMNS), theirs), ((Lot, LOT_COLUMNS), (lots, values))


def _loaded_states(
    setup: Setup, wallets: Sequence[Mapping[str, Any]], lots: Sequence[Mapping[str, Any]]
) -> list[WalletState]:
    """Return wallets as they were last written, with their open lots and holds."""
    by_id = {state.id: state for state in _as_states(setup, wallets)}
    for row in lots:
        by_id[row["wallet_id"]].lots[row["id"]] = lot_state(row)
    _load_holds({state.id: state for state in by_id.values() if state.held})
    for state in by_id.values():
        state.is_loaded = True
    return list(by_id.values())


def _settle(states: Sequence[WalletState], at: datetime) -> dict[int, list[Draft]]:
    """Do in memory what is due in these wallets by `at`."""
    load_open_lots(states)
    new_id = NewIds()
    return {state.id: list(settle(state, new_id, at=at)) for state in states}


def load_open_lots(wallets: Sequence[WalletState]) -> None:
    """Load the open lots and holds of wallets that have none loaded yet."""
    by_id = {wallet.id: wallet for wallet in wallets if not wallet.is_loaded}
    if not by_id:
        return
    theirs, values = one_of("wallet_id", by_id)
    for row in read_values(Lot, LOT_COLUMNS, (f"{theirs} AND {IS_OPEN}", values)):
        # What is there already may have been drafted upon.
        by_id[row["wallet_id"]].lots.setdefault(row["id"], lot_state(row))
    _load_holds({wallet.id: wallet for wallet in by_id.values() if wallet.held})
    for wallet in by_id.values():
        wallet.is_loaded = True


def load_spendable_lots(wallet: WalletState, points: int) -> None:
    """Load the lots that the next `points` are spent from, unless all are loaded.

    The order is that of `WalletState.spending_order`: who has five hundred lots need
    not wait until all of them are read.
    """
    if wallet.is_loaded:
        return
    order = "earned_at, id"
    values: list[Any] = []
    if not wallet.terms.oldest_first:
        order = f"CASE WHEN idle THEN %s ELSE expires_at END NULLS LAST, {order}"
        values.append(connection.ops.adapt_datetimefield_value(wallet.idle_at))
    # What stands before a lot in the order is less than what is to be spent.
    condition = (
        "id IN (SELECT id FROM (SELECT id, SUM(remaining) OVER "  # noqa: S608
        f"(ORDER BY {order}) - remaining AS before FROM loyalty_lot "
        f"WHERE wallet_id = %s AND {IS_OPEN} AND remaining > 0) AS spendable "
        "WHERE before < %s)"
    )
    for row in read_values(Lot, LOT_COLUMNS, (condition, [*values, wallet.id, points])):
        wallet.lots.setdefault(row["id"], lot_state(row))


def lot_rows(wanted: Q) -> Iterable[Mapping[str, Any]]:
    """Return the lots that match, oldest first, as `lot_state` takes them."""
    rows: Iterable[Mapping[str, Any]] = (
        Lot.objects.filter(wanted).order_by("id").values(*LOT_COLUMNS)
    )
    return rows


def lot_state(row: Mapping[str, Any]) -> LotState:
    """Return a lot's row as the value that movements work on."""
    state = {name: row[name] for name in (*LOT_TERMS, *LOT_PARTS)}
    return LotState(id=row["id"], source=(row["source_type"], row["source_id"]), **state)


def _load_holds(by_id: Mapping[int, WalletState]) -> None:
    if not by_id:
        return
    holds = {}
    open_holds = Hold.objects.filter(
        wallet__in=by_id, points__gt=F("captured") + F("released") + F("expired")
    )
    columns = ("id", "points", "expires_at", "captured", "released", "expired")
    rows = open_holds.order_by("id").values_list("wallet_id", *columns)
    for wallet_id, *values in rows:
        hold = HoldState(*values)
        holds[hold.id] = by_id[wallet_id].holds[hold.id] = hold
    parts = (
        Allocation.objects.filter(hold__in=holds)
        .values_list("hold_id", "lot_id")
        .annotate(held_now=Sum("held"), first=Min("id"))
        .order_by("first")
    )
    # In spending order, as they were held: what is captured first expires soonest.
    for hold_id, lot_id, held, _ in parts:
        holds[hold_id].parts[lot_id] = held


def _view(state: WalletState) -> WalletView:
    return WalletView(*(getattr(state, name) for name in (*BUCKETS, *LIFETIMES)))


def _wind_back(
    states: Sequence[WalletState], drafts: Mapping[int, Sequence[Draft]], at: datetime
) -> dict[int, WalletView]:
    """Take away from each wallet everything that happened after `at`."""
    later: dict[int, list[Draft]] = defaultdict(list)
    for wallet_id, written in drafts.items():
        later[wallet_id] += [d for d in written if d.cause.occurred_at > at]
    for wallet_id, draft in _entries_after(states, at):
        later[wallet_id].append(draft)
    return {state.id: _without(_view(state), later[state.id]) for state in states}


def _wind_back_lots(
    states: Sequence[WalletState], drafts: Mapping[int, Sequence[Draft]], at: datetime
) -> None:
    """Give lots back what left them after `at`, and take away those that came after it."""
    by_id = {state.id: state for state in states}
    later = Allocation.objects.filter(entry__wallet__in=by_id, entry__occurred_at__gt=at)
    moves = list(later.values_list("lot").annotate(Sum("pending"), Sum("remaining")))
    lots = {lot.id: lot for state in states for lot in state.lots.values()}
    # Some are closed by now. They are asked for by number: what the database makes of a
    # subquery here may take it a hundred times as long.
    closed = [lot_id for lot_id, _, _ in moves if lot_id not in lots]
    for row in lot_rows(Q(pk__in=closed)) if closed else ():
        lots[row["id"]] = by_id[row["wallet_id"]].lots[row["id"]] = lot_state(row)
    for lot_id, pending, remaining in moves:
        lots[lot_id].pending -= pending
        lots[lot_id].remaining -= remaining
    born = Lot.objects.filter(wallet__in=by_id, entry__occurred_at__gt=at)
    gone = set(born.values_list("pk", flat=True))
    for draft in (d for written in drafts.values() for d in written):
        if draft.cause.occurred_at > at:
            gone |= {lot.id for lot in draft.lots}
            for move in draft.moves:
                move.lot.pending -= move.pending
                move.lot.remaining -= move.remaining
    for state in states:
        state.lots = {number: lot for number, lot in state.lots.items() if number not in gone}


def _entries_after(states: Sequence[WalletState], at: datetime) -> Iterable[tuple[int, Draft]]:
    """Yield the sums of later entries, by wallet, kind and sign: lifetimes tell them apart."""
    gains = Q(available__gt=F("debt") - F("pending") - F("held"))
    sums = (
        Entry.objects.filter(wallet__in=[s.id for s in states], occurred_at__gt=at)
        .annotate(gains=ExpressionWrapper(gains, BooleanField()))
        .values_list("wallet_id", "kind", "reverses_id", "gains")
        .annotate(*(Sum(bucket) for bucket in BUCKETS))
    )
    for wallet_id, kind, reverses_id, _, *movement in sums:
        cause = Cause("", ("", ""), at, reverses_id=reverses_id)
        yield wallet_id, Draft(kind, cause, *movement)


def _without(view: WalletView, drafts: Iterable[Draft]) -> WalletView:
    values = view.as_dict()
    for draft in drafts:
        for bucket in BUCKETS:
            values[bucket] -= getattr(draft, bucket)
        for name, change in zip(LIFETIMES, lifetime_changes(draft), strict=True):
            values[name] -= change
    return WalletView(**values)


def _dates(
    state: WalletState, at: datetime
) -> tuple[list[tuple[datetime, int]], list[tuple[datetime, int]]]:
    expiring: dict[datetime, int] = defaultdict(int)
    activating: dict[datetime, int] = defaultdict(int)
    for lot in state.lots.values():
        ends_at = lot.ends_at(state.idle_at)
        stays = lot.remaining + (0 if lot.lapses else lot.pending)
        if ends_at and ends_at > at and stays:
            expiring[ends_at] += stays
        if lot.available_at and lot.available_at > at and lot.pending and not lot.lapses:
            activating[lot.available_at] += lot.pending
    return sorted(expiring.items()), sorted(activating.items())
