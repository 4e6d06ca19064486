"""Undoing adjustments and transfers by new entries; the old ones stay."""

from functools import partial

from django.db.models import Sum

from core.errors import DomainError
from core.transactions import retrying
from loyalty.models import Adjustment, Allocation, Entry, Lot, Member
from loyalty.queries.balances import lot_state
from loyalty.queries.setup import setup_of
from loyalty.rules.movements import Movement, restore, take_back
from loyalty.rules.redemption import AlreadyReversed
from loyalty.rules.wallets import Cause, Draft, LotState, NewIds, WalletState
from loyalty.services.adjustments import Requested
from loyalty.services.ledger import Posting, open_book, post


class NotReversible(DomainError):
    """Only adjustments and transfers are undone by hand; facts undo the rest."""

    code = "not_reversible"


@retrying
def reverse_entry(*, entry: Entry, reason: str, requested: Requested) -> Entry:
    """Undo an adjustment or a transfer by a new entry, once.

    :raises NotReversible: if the entry is of another kind
    :raises AlreadyReversed: if it was reversed before
    :raises InsufficientPoints: if points that were given are no longer there
    """
    pair = _pair_of(entry)
    setup = setup_of(entry.program)
    wallets = [one.wallet for one in pair]
    book = open_book(
        setup,
        members=[wallet.member_id for wallet in wallets],
        point_types=[wallets[0].point_type_id],
        at=requested.at,
    )
    if Entry.objects.filter(reverses__in=pair).exists():
        raise AlreadyReversed(f"entry ent_{entry.pk} was reversed before")
    written: dict[int, Draft] = {}
    # Points are taken before they are given back, so that nothing is made up.
    for one in sorted(pair, key=lambda one: one.points < 0):
        wallet = (one.wallet.member_id, one.wallet.point_type_id)
        cause = Cause(
            key=f"reversal:{one.pk}",
            source=("reversal", str(one.pk)),
            occurred_at=requested.at,
            reason=reason,
            reverses_id=one.pk,
        )
        posting = Posting(wallet, _reversing(one, cause), source=_source(one))
        written[one.pk] = post(book, [posting])[0][0]
    counting = Adjustment.objects.filter(entry__in=pair, terms__counts_for_tiers=True)
    counting.update(tiers_behind=True)
    return Entry.objects.get(pk=written[entry.pk].id)


def members_moved(entry: Entry) -> list[Member]:
    """Return whose points an entry moved: for a transfer those of both.

    :raises NotReversible: if the entry is of another kind
    """
    owners = [each.wallet.member_id for each in _pair_of(entry)]
    return list(Member.objects.filter(pk__in=owners).order_by("pk"))


def _pair_of(entry: Entry) -> list[Entry]:
    """Return the entry, and for a transfer its other half."""
    if entry.reverses_id or entry.kind not in ("adjust", "transfer_out", "transfer_in"):
        raise NotReversible("only adjustments and transfers can be reversed by hand")
    if entry.kind == "adjust":
        return [entry]
    stem = entry.key.rpartition(":")[0]
    keys = [f"{stem}:out", f"{stem}:in"]
    halves = Entry.objects.filter(program=entry.program_id, key__in=keys)
    return list(halves.select_related("wallet"))


def _source(entry: Entry) -> tuple[str, str]:
    return entry.source_type, entry.source_id


def _reversing(entry: Entry, cause: Cause) -> Movement:
    kind = {"transfer_out": "transfer_in", "transfer_in": "transfer_out"}
    new_kind = kind.get(entry.kind, "adjust")
    if entry.points > 0:
        return partial(
            take_back, kind=new_kind, points=entry.points, cause=cause, given=_source(entry)
        )
    return partial(_return, entry=entry, kind=new_kind, cause=cause)


def _return(
    wallet: WalletState, new_id: NewIds, *, entry: Entry, kind: str, cause: Cause
) -> list[Draft]:
    """Give back what an entry took, to the lots that it took it from."""
    parts = _parts_taken(wallet, entry)
    # What had become debt comes back as points of its own, and repays it.
    rest = -entry.points - sum(points for _, points in parts)
    at = cause.occurred_at
    lot = LotState(new_id(), cause.source, at, granted=rest, remaining=rest)
    born = [lot] if rest else []
    return restore(wallet, new_id, kind=kind, parts=parts, cause=cause, born=born)


def _parts_taken(wallet: WalletState, entry: Entry) -> list[tuple[LotState, int]]:
    taken = (
        Allocation.objects.filter(entry=entry, spent__gt=0)
        .values_list("lot_id")
        .annotate(points=Sum("spent"))
        .order_by("-lot_id")
    )
    lots = Lot.objects.filter(pk__in=[lot_id for lot_id, _ in taken])
    rows = {row["id"]: row for row in lots.values()}
    return [
        (wallet.lots.get(lot_id) or lot_state(rows[lot_id]), points) for lot_id, points in taken
    ]
