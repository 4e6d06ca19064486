"""What flows through the stages: facts, and the wave that they travel in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import DomainError
from loyalty.models import Member, MemberEvent, Order, Program
from loyalty.queries.setup import PointTypeSetup, Setup
from loyalty.rules.counted import NOTHING, Counted
from loyalty.rules.orders import OrderFacts
from loyalty.rules.outcomes import Evaluation
from loyalty.rules.statements import (
    EventStatement,
    MemberStatement,
    OrderStatement,
    RefundStatement,
)
from loyalty.rules.wallets import NewLot, Source
from loyalty.services.ledger import Book


@dataclass(frozen=True, slots=True)
class Claim:
    """A waiting order or event whose member has enrolled since."""

    kind: str
    id: str
    member: str


Statement = OrderStatement | RefundStatement | EventStatement | MemberStatement | Claim


@dataclass(slots=True)
class Earning:
    """What a fact is worth in one point type, and what that asks of the ledger.

    `target` is what it should have earned in all, `previous` what it had. `lots` are
    those whose dates follow the order's fulfilment, by rule.
    """

    point_type: PointTypeSetup
    previous: int = 0
    desired: int = 0
    target: int = 0
    limited_by: str | None = None
    rules: dict[str, int] = field(default_factory=dict)
    dates: dict[str, NewLot] = field(default_factory=dict)
    lots: dict[str, list[int]] = field(default_factory=dict)
    forgiven: int = 0
    already_expired: int = 0

    @property
    def delta(self) -> int:
        return self.target - self.previous


@dataclass(slots=True)
class LimitUseChange:
    """What a fact uses of the limits of a rule from now on."""

    rule: str
    points: int
    times: int


@dataclass(slots=True)
class Fact:
    """One statement on its way through the stages, and what became of it."""

    statement: Statement
    member: Member | None = None
    order: Order | None = None
    event: MemberEvent | None = None
    order_facts: OrderFacts | None = None
    clamped: int = 0
    fulfilled_before: datetime | None = None
    counted_before: Counted = NOTHING
    is_created: bool = False
    is_applied: bool = True
    earns: bool = False
    why_nothing: str | None = None
    member_facts: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Evaluation | None = None
    earnings: dict[str, Earning] = field(default_factory=dict)
    uses: list[LimitUseChange] = field(default_factory=list)
    dropped: frozenset[str] = frozenset()
    redeemed: list[dict[str, Any]] = field(default_factory=list)
    used_vouchers: list[dict[str, Any]] = field(default_factory=list)
    restored: dict[str, int] = field(default_factory=dict)
    decision_id: int | None = None
    follow_ups: list[Statement] = field(default_factory=list)
    is_erased: bool = False
    error: DomainError | None = None

    @property
    def source(self) -> Source:
        """What entries and lots of this fact say that they came from."""
        if self.order is not None:
            return "order", self.order.external_id
        if self.event is not None:
            return "event", self.event.external_id
        raise AssertionError("A fact without an order or event moves no points")

    @property
    def kind(self) -> str:
        """What rules listen to: `order`, or the event's type."""
        return self.event.type if self.event is not None else "order"

    @property
    def occurred_at(self) -> datetime:
        """The business time by which the fact is judged."""
        if self.event is not None:
            return self.event.occurred_at
        if self.order is not None:
            moment = self.order.paid_at or self.order.placed_at
            if moment is not None:
                return moment
        raise AssertionError("Nothing has been stated yet")

    @property
    def row(self) -> Order | MemberEvent:
        """The row that remembers the fact."""
        row = self.order or self.event
        if row is None:
            raise AssertionError("A fact that moves points has a row")
        return row

    @property
    def counted(self) -> Counted:
        """What the fact's row comes to as it stands."""
        row = self.order or self.event
        return row.counted if row is not None else NOTHING

    @property
    def is_waiting(self) -> bool:
        row = self.order or self.event
        return row is not None and row.waiting


@dataclass(slots=True)
class Wave:
    """Facts that are done together: at most one for each member and order.

    A preview locks nothing, and nothing of it is written. `brought` is what apps above
    this one carry from stage to stage, by their names.
    """

    program: Program
    setup: Setup
    at: datetime
    facts: Sequence[Fact]
    book: Book
    is_preview: bool = False
    brought: dict[str, Any] = field(default_factory=dict)

    def live(self) -> list[Fact]:
        """Return the facts that were not refused and are not mere repeats."""
        return [fact for fact in self.facts if not fact.error and fact.is_applied]

    def of(self, *kinds: type[Any]) -> list[Fact]:
        """Return the facts of some kinds of statement that were not refused."""
        return [
            fact for fact in self.facts if not fact.error and isinstance(fact.statement, kinds)
        ]
