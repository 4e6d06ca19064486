"""Settling what is held: captured, or given up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from core import bulk
from core.events import NewEvent, record_events
from core.reading import one_of, read_rows
from core.transactions import retrying
from loyalty.models import Entry, Redemption, Reward
from loyalty.queries.setup import Setup, setup_of
from loyalty.rules import movements
from loyalty.rules.expiry import active_until
from loyalty.rules.gives import NEED_WORK
from loyalty.rules.redemption import (
    HoldExpired,
    points_to_capture,
    refuse_settled,
    worth_of,
)
from loyalty.rules.wallets import Cause, Draft, HoldState, NewIds, WalletState
from loyalty.services.adjustments import Requested
from loyalty.services.ledger import Book, Posting, draft_postings, open_book, write
from loyalty.services.redemptions.announcing import told
from loyalty.services.redemptions.asking import live_reward
from loyalty.services.redemptions.exchanging import given_type, granting
from loyalty.services.redemptions.issuing import void_voucher
from loyalty.services.redemptions.stock import is_counted, lock_reward, put_back_one

FIELDS = tuple(field.attname for field in Redemption._meta.concrete_fields)
CHANGING = (
    "status",
    "captured_points",
    "reversed_points",
    "discount",
    "spent_by_id",
    "fulfilment",
    "settled_at",
)


@dataclass(slots=True)
class Settlement:
    """A redemption that is about to change: its wallet, its reward and its row are locked.

    `reward` is None where the change cannot touch a stock.
    """

    book: Book
    redemption: Redemption
    requested: Requested
    reward: Reward | None = None
    events: list[NewEvent] = field(default_factory=list)

    def cause(self, what: str) -> Cause:
        """Return why an entry is written: once for this redemption and this request."""
        named = str(self.redemption)
        key = f"{what}:{named}:{self.requested.key}"
        return Cause(key, ("redemption", named), self.requested.at)

    def tell(self, kind: str) -> None:
        self.events.append(told(self.book.setup, kind, self.redemption, at=self.requested.at))


@retrying
def capture_redemption(
    *, redemption: Redemption, points: int | None = None, requested: Requested
) -> Redemption:
    """Spend what is held, or part of it; what is left of it goes back at once.

    A repeated key answers as the first time. Capturing 0 gives it all back.

    :raises AlreadyCaptured: if it was; AlreadyVoided, HoldExpired and AlreadyReversed
        likewise
    :raises ExceedsHold: if fewer points are held
    """
    settlement = open_settlement(redemption, requested, gives_back=points == 0)
    if not _is_repeated(settlement, "capture" if points != 0 else "void"):
        capture_held(settlement, points)
    return settlement.redemption


@retrying
def void_redemption(*, redemption: Redemption, requested: Requested) -> Redemption:
    """Give back what is held, because the checkout was given up.

    :raises AlreadyVoided: if it was; AlreadyCaptured, HoldExpired and AlreadyReversed
        likewise
    """
    settlement = open_settlement(redemption, requested, gives_back=True)
    if not _is_repeated(settlement, "void"):
        void_held(settlement)
    return settlement.redemption


def open_settlement(
    redemption: Redemption, requested: Requested, *, gives_back: bool
) -> Settlement:
    """Lock all that a change of this redemption touches, and bring it up to date."""
    setup = setup_of(redemption.program)
    while True:
        owner = redemption.member_id
        types = _point_types(setup, redemption)
        book = open_book(
            setup, members=[owner], point_types=types, at=requested.at, even_closed=True
        )
        settlement = join_settlement(book, redemption, requested, gives_back=gives_back)
        # A merge may have moved it to another member before the lock was granted.
        if redemption.member_id == owner:
            return settlement


def join_settlement(
    book: Book, redemption: Redemption, requested: Requested, *, gives_back: bool
) -> Settlement:
    """Lock what else a change of this redemption touches, in a book of its member."""
    reward = _lock_reward(book.setup, redemption) if gives_back else None
    _refresh(redemption)
    return Settlement(book, redemption, requested, reward)


def _point_types(setup: Setup, redemption: Redemption) -> list[int]:
    given = given_type(setup, redemption)
    return [redemption.point_type_id, *([given.id] if given else [])]


def _lock_reward(setup: Setup, redemption: Redemption) -> Reward | None:
    if redemption.reward_id is None:
        return None
    alone = is_counted(live_reward(setup, redemption.reward_id))
    return lock_reward(setup, redemption.reward_id, alone=alone)


def _refresh(redemption: Redemption) -> None:
    """Lock a redemption's row and take over how it stands."""
    wanted = one_of("id", [redemption.pk])
    (row,) = read_rows(Redemption, redemption.program_id, wanted, lock=True)
    for name in FIELDS:
        setattr(redemption, name, getattr(row, name))


def _is_repeated(settlement: Settlement, what: str) -> bool:
    """Say whether this very request has settled the redemption before."""
    redemption = settlement.redemption
    if redemption.status == Redemption.Status.HELD:
        return False
    key = settlement.cause(what).key
    return Entry.objects.filter(program=redemption.program_id, key=key).exists()


def capture_held(settlement: Settlement, points: int | None = None) -> None:
    """Spend what is held, or part of it; capturing 0 gives it all back.

    :raises DomainError: by name, if the redemption is settled
    :raises ExceedsHold: if fewer points are held
    """
    redemption, at = settlement.redemption, settlement.requested.at
    asked = points_to_capture(redemption.status_at(at), redemption.points, points)
    if not asked:
        void_held(settlement)
        return
    redemption.status = Redemption.Status.CAPTURED
    redemption.captured_points, redemption.settled_at = asked, at
    setup = settlement.book.setup
    if payment := redemption.gives.get("pay"):
        redemption.discount = worth_of(payment, asked, currency=setup.currency)
    if not NEED_WORK.isdisjoint(redemption.gives):
        redemption.fulfilment = Redemption.Fulfilment.OPEN
    postings = [
        _capturing(settlement),
        *granting(setup, redemption, settlement.cause("earn")),
    ]
    captured: Draft = draft_postings(settlement.book, postings)[0][0]
    write(settlement.book)
    redemption.spent_by_id = captured.id
    settlement.tell("redemption.captured")
    save(settlement)


def _capturing(settlement: Settlement) -> Posting:
    redemption, at = settlement.redemption, settlement.requested.at
    setup = settlement.book.setup
    expiry = setup.point_type(redemption.point_type_id).expiry
    movement = partial(
        _capture,
        hold_id=redemption.hold_id or 0,
        points=redemption.captured_points,
        causes=(settlement.cause("capture"), settlement.cause("void")),
    )
    until = active_until(expiry, "redeem", at, setup.zone)
    wallet = (redemption.member_id, redemption.point_type_id)
    return Posting(wallet, movement, active_until=until)


def _capture(
    wallet: WalletState,
    new_id: NewIds,
    *,
    hold_id: int,
    points: int,
    causes: tuple[Cause, Cause],
) -> Sequence[Draft]:
    hold = _open_hold(wallet, hold_id)
    drafts = movements.capture(wallet, new_id, hold=hold, points=points, cause=causes[0])
    if rest := hold.open_points:
        drafts += movements.void(wallet, new_id, hold=hold, points=rest, cause=causes[1])
    return drafts


def void_held(settlement: Settlement) -> None:
    """Give back what is held; the voucher is void, and the stock has one more.

    :raises DomainError: by name, if the redemption is settled
    """
    redemption, at = settlement.redemption, settlement.requested.at
    refuse_settled(redemption.status_at(at))
    movement = partial(_void, hold_id=redemption.hold_id or 0, cause=settlement.cause("void"))
    wallet = (redemption.member_id, redemption.point_type_id)
    draft_postings(settlement.book, [Posting(wallet, movement)])
    write(settlement.book)
    redemption.status, redemption.settled_at = Redemption.Status.VOIDED, at
    settlement.tell("redemption.voided")
    undo_reward(settlement)
    save(settlement)


def _void(
    wallet: WalletState, new_id: NewIds, *, hold_id: int, cause: Cause
) -> Sequence[Draft]:
    hold = _open_hold(wallet, hold_id)
    return movements.void(wallet, new_id, hold=hold, points=hold.open_points, cause=cause)


def _open_hold(wallet: WalletState, hold_id: int) -> HoldState:
    hold = wallet.holds.get(hold_id)
    if hold is None or not hold.open_points:
        # Somebody whose clock is ahead has seen its end.
        raise HoldExpired("its hold has expired")
    return hold


def undo_reward(settlement: Settlement) -> None:
    """Put one back into the stock, and make the voucher void."""
    put_back_one(settlement.reward)
    void_voucher(settlement.redemption, at=settlement.requested.at)


def save(settlement: Settlement) -> None:
    """Write how the redemption stands now, and tell the outside."""
    redemption = settlement.redemption
    values = [getattr(redemption, name) for name in CHANGING]
    bulk.update_rows(Redemption, CHANGING, [(redemption.pk, *values)])
    record_events(settlement.events)
    settlement.events.clear()
