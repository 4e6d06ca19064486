"""A wallet and its lots as plain values, and how an entry changes them.

`loyalty.services.ledger` locks and loads wallets, lets the functions of
`movements` and `due` work on these values, and writes what they drafted. No
database here, and no clock.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from core.errors import DomainError, invalid
from core.periods import Period, add_period

MAX_POINTS = 2**63 - 1
# What one fact, or one person, may give: more is a mistake, not generosity.
MOST_POINTS = 10**15

Source = tuple[str, str]


class InsufficientPoints(DomainError):
    """The wallet holds less than was asked for."""

    code = "insufficient_points"

    def __init__(self, short_by: int, *, available: int) -> None:
        points = "point" if short_by == 1 else "points"
        detail = f"{short_by} {points} short: {available} available"
        super().__init__(detail, short_by=short_by, available=available)


@dataclass(frozen=True, slots=True)
class Terms:
    """A point type's policies, as far as movements need them.

    `debt` says what a clawback does when points are gone: "allow" (up to
    `max_debt` if given), "clamp" or "pending_only". `min_validity` None means
    that returned points whose own time has run out are lost. `inactivity` is how
    long a wallet without activity keeps lots that expire by it.
    """

    zone: ZoneInfo
    oldest_first: bool = False
    debt: str = "allow"
    max_debt: int | None = None
    min_validity: Period | None = None
    inactivity: Period | None = None

    def revived_until(self, at: datetime) -> datetime | None:
        """Return until when points live that come back at `at` after their time."""
        return add_period(at, self.min_validity, self.zone) if self.min_validity else None


@dataclass(slots=True)
class LotState:
    """A lot as it stands: its parts always add up to what was granted.

    `rule` is known only while the lot is new, see `NewLot`.
    """

    id: int
    source: Source
    earned_at: datetime
    granted: int
    pending: int = 0
    remaining: int = 0
    held: int = 0
    spent: int = 0
    expired: int = 0
    reversed: int = 0
    available_at: datetime | None = None
    lapses: bool = False
    expires_at: datetime | None = None
    idle: bool = False
    rule: str = ""

    @property
    def rank(self) -> int:
        """Where the lot stands by its number: the younger, the higher."""
        # A new lot has a negative number until it is written, and is the youngest.
        return self.id if self.id > 0 else MAX_POINTS - self.id

    def ends_at(self, idle_at: datetime | None) -> datetime | None:
        """Return when the lot expires, given when its wallet falls idle."""
        return idle_at if self.idle else self.expires_at

    def is_over(self, at: datetime, idle_at: datetime | None) -> bool:
        ends_at = self.ends_at(idle_at)
        return ends_at is not None and ends_at <= at


@dataclass(slots=True)
class HoldState:
    """An open hold, and how much it holds of which lot (by lot id)."""

    id: int
    points: int
    expires_at: datetime
    captured: int = 0
    released: int = 0
    expired: int = 0
    parts: dict[int, int] = field(default_factory=dict)

    @property
    def open_points(self) -> int:
        return self.points - self.captured - self.released - self.expired


@dataclass(slots=True)
class WalletState:
    """A locked wallet. `lots` and `holds` are its open ones, once loaded."""

    id: int
    member_id: int
    point_type_id: int
    terms: Terms
    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    lifetime_earned: int = 0
    lifetime_redeemed: int = 0
    lifetime_expired: int = 0
    last_seq: int = 0
    head_hash: bytes = b""
    due_at: datetime | None = None
    idle_at: datetime | None = None
    lots: dict[int, LotState] = field(default_factory=dict)
    holds: dict[int, HoldState] = field(default_factory=dict)
    is_loaded: bool = False

    def spending_order(self, first: Source | None = None) -> list[LotState]:
        """Return the lots to spend from, in order; those of `first` come first."""
        lots = [lot for lot in self.lots.values() if lot.remaining]
        lots.sort(key=self._age if self.terms.oldest_first else self._urgency)
        if first:
            lots.sort(key=lambda lot: lot.source != first)
        return lots

    def _age(self, lot: LotState) -> tuple[datetime, int]:
        return lot.earned_at, lot.rank

    def _urgency(self, lot: LotState) -> tuple[bool, float, datetime, int]:
        ends_at = lot.ends_at(self.idle_at)
        when = ends_at.timestamp() if ends_at else 0.0
        return ends_at is None, when, lot.earned_at, lot.rank

    def wake(self, at: datetime) -> None:
        """Start the clock of inactivity, if it does not run, for points that come in."""
        period = self.terms.inactivity
        if period and (self.idle_at is None or self.idle_at <= at):
            self.idle_at = add_period(at, period, self.terms.zone)

    def next_due_at(self) -> datetime | None:
        """Return when time alone will change this (loaded) wallet next."""
        return min(self._due_times(), default=None)

    def _due_times(self) -> Iterator[datetime]:
        for lot in self.lots.values():
            if lot.pending and lot.available_at:
                yield lot.available_at
            ends_at = lot.ends_at(self.idle_at)
            if lot.remaining and ends_at:
                yield ends_at
        for hold in self.holds.values():
            if hold.open_points:
                yield hold.expires_at


@dataclass(slots=True)
class LotMove:
    """What an entry does to one lot. The parts add up to nothing."""

    PARTS: ClassVar = ("pending", "remaining", "held", "spent", "expired", "reversed")

    lot: LotState
    hold: HoldState | None = None
    pending: int = 0
    remaining: int = 0
    held: int = 0
    spent: int = 0
    expired: int = 0
    reversed: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an entry is written: what is the same for every kind of movement."""

    key: str
    source: Source
    occurred_at: datetime
    reason: str = ""
    decision_id: int | None = None
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewLot:
    """Points to be granted together.

    `available_at` None means at once. A lot with that moment is born pending
    even if it has passed, so that points earned late read like the others. `rule`
    names the rule that gave it where its dates may yet be moved.
    """

    points: int
    available_at: datetime | None = None
    lapses: bool = False
    expires_at: datetime | None = None
    idle: bool = False
    source: Source | None = None
    rule: str = ""


@dataclass(slots=True)
class Draft:
    """An entry about to be written, the lots it makes and what it does to others."""

    kind: str
    cause: Cause
    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    forgiven: int = 0
    moves: list[LotMove] = field(default_factory=list)
    lots: list[LotState] = field(default_factory=list)
    hold: HoldState | None = None
    after: tuple[int, int, int, int] = (0, 0, 0, 0)
    seq: int = 0
    id: int = 0

    @property
    def points(self) -> int:
        """Return the signed change of available + pending + held - debt."""
        return self.available + self.pending + self.held - self.debt

    def move(self, lot: LotState, hold: HoldState | None = None, **parts: int) -> None:
        """Shift points between the parts of a lot, and remember it."""
        if sum(parts.values()):
            raise AssertionError(f"A lot neither grows nor shrinks: {parts}")
        for part, change in parts.items():
            after = getattr(lot, part) + change
            if after < 0:
                raise AssertionError(f"Lot {lot.id} has no {-change} {part}")
            setattr(lot, part, after)
        self.moves.append(LotMove(lot=lot, hold=hold, **parts))


class NewIds:
    """Numbers new lots and holds below zero until the database has numbered them."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        self._last -= 1
        return self._last


def lifetime_changes(draft: Draft) -> tuple[int, int, int]:
    """Return how an entry changes what was earned, redeemed and expired in a lifetime.

    Earned is net of what was taken back, so that a refunded order leaves no
    trace in it; a deduction by hand is not a loss of what was earned.
    """
    points = draft.points
    if draft.kind in ("earn", "opening", "clawback", "cancel_pending"):
        return points, 0, 0
    if draft.kind == "adjust":
        counts = (points > 0) != (draft.cause.reverses_id is not None)
        return (points if counts else 0), 0, 0
    if draft.kind in ("redeem", "capture", "restore"):
        return 0, -points, 0
    if draft.kind in ("expire", "reinstate"):
        return 0, 0, -points
    return 0, 0, 0


def apply(wallet: WalletState, draft: Draft) -> Draft:
    """Let a draft move the wallet's buckets, and note in it where it left them.

    :raises InvalidInput: `out_of_range` if a balance would leave 64 bits
    """
    earned, redeemed, expired = lifetime_changes(draft)
    after = (
        wallet.available + draft.available,
        wallet.pending + draft.pending,
        wallet.held + draft.held,
        wallet.debt + draft.debt,
    )
    if max(*after, wallet.lifetime_earned + earned) > MAX_POINTS:
        raise invalid("", "out_of_range", "more points than a wallet can hold")
    if min(after) < 0:
        raise AssertionError(f"{draft.kind} leaves wallet {wallet.id} below zero")
    wallet.available, wallet.pending, wallet.held, wallet.debt = after
    wallet.lifetime_earned += earned
    wallet.lifetime_redeemed += redeemed
    wallet.lifetime_expired += expired
    wallet.last_seq += 1
    draft.after = after
    draft.seq = wallet.last_seq
    return draft


def take(
    lots: Iterable[LotState], points: int, part: str = "remaining"
) -> Iterator[tuple[LotState, int]]:
    """Yield how much to take of which lot, in order, until `points` are found.

    The caller changes the lots as it goes; asking for more than there is means
    that wallet and lots disagree.
    """
    for lot in lots:
        if not points:
            return
        taken = min(points, getattr(lot, part))
        if taken:
            points -= taken
            yield lot, taken
    if points:
        raise AssertionError(f"{points} points that the wallet counts are in no lot")
