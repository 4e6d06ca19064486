"""What an order was paid with, and how a change of that is asked for."""

from dataclasses import dataclass, field

from loyalty.models import Redemption, Voucher
from loyalty.rules.statements import RefundStatement
from loyalty.services.adjustments import Requested
from loyalty.services.facts import Fact, Wave
from loyalty.services.redemptions import Settlement, join_settlement


@dataclass(slots=True)
class Spent:
    """What an order was paid with, as far as it concerns the ledger."""

    fact: Fact
    redemptions: list[Redemption] = field(default_factory=list)
    dropped: list[Redemption] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)

    @property
    def is_cancelled(self) -> bool:
        return self.fact.order is not None and self.fact.order.status == "cancelled"

    @property
    def came_to_nothing(self) -> bool:
        return came_to_nothing(self.fact)

    @property
    def is_refund(self) -> bool:
        return isinstance(self.fact.statement, RefundStatement)

    @property
    def order_id(self) -> str:
        return self.fact.order.external_id if self.fact.order else ""


def came_to_nothing(fact: Fact) -> bool:
    """Say whether an order was cancelled, or all of its goods came back."""
    if fact.order is not None and fact.order.status == "cancelled":
        return True
    return fact.order_facts is not None and not fact.order_facts.goods_left


def join(spent: Spent, redemption: Redemption, wave: Wave, *, gives_back: bool) -> Settlement:
    """Lock what a change of this redemption touches, in the book of the order's wave."""
    requested = _requested(spent.fact, wave)
    return join_settlement(wave.book, redemption, requested, gives_back=gives_back)


def _requested(fact: Fact, wave: Wave) -> Requested:
    """Return the key of what a statement does to a redemption: once for each."""
    statement, order = fact.statement, fact.order
    if order is None:
        raise AssertionError("Only orders name redemptions")
    if isinstance(statement, RefundStatement):
        # Ids may contain anything: no two statements may come to one key.
        stated = f"refund:{len(statement.order)}:{statement.order}:{statement.id}"
    else:
        stated = f"order:{order.external_id}:{order.version}"
    return Requested(stated, wave.at)
