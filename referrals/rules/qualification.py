"""Whether a friend has done what a referral asks: a plain function of what is known now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from referrals.rules.states import Reason


@dataclass(frozen=True, slots=True)
class Asked:
    """What a friend has to do: sign up, order (net of refunds), or an event of one's own.

    With `first_only` it is the first order that decides, as soon as it is worth something.
    """

    on: str = "order"
    minimum: int = 0
    first_only: bool = False


@dataclass(frozen=True, slots=True)
class FriendOrder:
    """An order of the friend as it stands: its net subtotal, if it is worth something."""

    id: str
    at: datetime
    subtotal: int
    counts: bool


@dataclass(frozen=True, slots=True)
class Friend:
    """What is known of a friend: since when a member, orders, and events that are asked for."""

    signed_up_at: datetime | None = None
    orders: Sequence[FriendOrder] = ()
    events: Sequence[tuple[datetime, str]] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a referral has come to: qualified by something, refused by it, or neither yet.

    `amount` is what the order that qualified is worth, in minor units.
    """

    at: datetime | None = None
    by: str = ""
    amount: int = 0
    refused: Reason | None = None

    @property
    def is_qualified(self) -> bool:
        return self.at is not None


WAITING = Verdict()


@dataclass(frozen=True, slots=True)
class Within:
    """From when on something counts, and until when (exclusive; None has no end).

    `checkout` is the order that the code was typed on: it is no earlier one.
    """

    since: datetime
    until: datetime | None = None
    checkout: str = field(default="")

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


def judge(asked: Asked, friend: Friend, within: Within) -> Verdict:
    """Return what a claim has come to by what its friend has done.

    An order worth something from before the claim makes the friend an existing
    customer, whenever it comes to light. Nobody qualifies without signing up.
    """
    orders = sorted((o for o in friend.orders if o.counts), key=lambda o: (o.at, o.id))
    if any(o.at < within.since and o.id != within.checkout for o in orders):
        return Verdict(refused=Reason.EXISTING_CUSTOMER)
    if friend.signed_up_at is None:
        return WAITING
    if asked.on == "order":
        return _judge_orders(asked, orders, within)
    if asked.on == "signup":
        # Who signed up before the claim was let in as new: it counts as of the claim.
        at = max(friend.signed_up_at, within.since)
        return Verdict(at=at, by="signup") if at in within else WAITING
    found = sorted(event for event in friend.events if event[0] in within)
    return Verdict(at=found[0][0], by=found[0][1]) if found else WAITING


def _judge_orders(asked: Asked, orders: Sequence[FriendOrder], within: Within) -> Verdict:
    fitting = [
        order
        for order in orders
        if order.subtotal >= asked.minimum and _is_within(order, within)
    ]
    first = orders[0] if orders else None
    if asked.first_only and first is not None and first not in fitting:
        if first.subtotal >= asked.minimum:
            return WAITING
        later = Reason.NOT_FIRST_ORDER if fitting else Reason.BELOW_MINIMUM
        return Verdict(refused=later)
    if not fitting:
        return WAITING
    order = fitting[0]
    return Verdict(at=order.at, by=f"order:{order.id}", amount=order.subtotal)


def _is_within(order: FriendOrder, within: Within) -> bool:
    return order.at in within or (
        order.id == within.checkout and (within.until is None or order.at < within.until)
    )
