"""Orders and what was redeemed on them: spent when paid for, given back with the goods.

An order does not stand or fall with what it names: a hold that is over, or a voucher
that was used before, is said in its answer, and the order is taken as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from loyalty.models import Redemption
from loyalty.rules.gives import gives_of
from loyalty.rules.paying import quote_payment
from loyalty.rules.redemption import HoldExpired
from loyalty.rules.spending import returned_so_far
from loyalty.services.facts import Fact, Wave
from loyalty.services.redemptions import (
    CHANGING,
    Settlement,
    capture_held,
    reverse_captured,
    void_held,
)
from loyalty.services.spending.finding import find_spent
from loyalty.services.spending.spent import Spent, came_to_nothing, join
from loyalty.services.spending.vouchers import lock_vouchers, settle_vouchers


def settle_redemptions(wave: Wave) -> None:
    """Take what orders were paid with, and give it back with their goods.

    Costs nothing for orders that name nothing, of members who never redeemed.
    """
    concerned = [fact for fact in wave.live() if _is_concerned(fact, wave)]
    if not concerned:
        return
    spent = find_spent(wave, concerned)
    for one in spent:
        _capture_or_leave(one, wave)
    # Rewards are locked from here on: in order, so that nobody waits in a circle.
    for returning in sorted(_returning(spent, wave), key=lambda it: it.reward_id):
        returning.carry_out(wave)
    lock_vouchers(spent, wave)
    for one in spent:
        settle_vouchers(one, wave)
        _tell(one, wave)


def _is_concerned(fact: Fact, wave: Wave) -> bool:
    order, member = fact.order, fact.member
    if order is None or order.body is None:
        return False
    # What came to nothing gives back what it used, though it names it no more.
    if order.body["redemptions"] or order.body["vouchers"] or came_to_nothing(fact):
        return True
    if fact.dropped:
        return True
    return member is not None and any(
        wallet.held or wallet.lifetime_redeemed
        for point_type in wave.setup.point_types.values()
        if (wallet := wave.book.wallets.get((member.id, point_type.id)))
    )


def _capture_or_leave(spent: Spent, wave: Wave) -> None:
    order = spent.fact.order
    # A refund gives back, and takes nothing.
    if order is None or not order.counts or spent.is_refund:
        return
    for redemption in _held(spent, wave):
        # What the order does not bear is not spent on it.
        if points := _borne(redemption, spent, wave):
            settlement = join(spent, redemption, wave, gives_back=False)
            _unless_over(settlement, partial(capture_held, points=points))


def _borne(redemption: Redemption, spent: Spent, wave: Wave) -> int:
    """Return how many of its points an order may be paid with.

    All, unless it was a shopper who said what the order comes to: then what the
    payment's terms allow for what it does come to.
    """
    facts, setup = spent.fact.order_facts, wave.setup
    if redemption.claimed_total is None or facts is None:
        return redemption.points
    faces = {each.code: each.face for each in setup.point_types.values()}
    gives = gives_of(redemption.gives, currency=setup.currency, point_types=faces)
    if gives.pay is None:
        return redemption.points
    total = facts.before_refunds.total
    return quote_payment(gives.pay, available=redemption.points, order_total=total).points


def _unless_over(settlement: Settlement, act: Callable[[Settlement], None]) -> None:
    """Settle what is held, unless somebody whose clock is ahead has seen its end."""
    redemption, at = settlement.redemption, settlement.requested.at
    if redemption.status_at(at) != Redemption.Status.HELD:
        return
    try:
        act(settlement)
    except HoldExpired:
        redemption.refresh_from_db(fields=CHANGING)
        redemption.status = Redemption.Status.EXPIRED


def _held(spent: Spent, wave: Wave) -> list[Redemption]:
    held = Redemption.Status.HELD
    return [one for one in spent.redemptions if one.status_at(wave.at) == held]


@dataclass(frozen=True, slots=True)
class Returning:
    """Points that go back: all that a hold holds (`points` None), or some that were spent."""

    spent: Spent
    redemption: Redemption
    points: int | None = None

    @property
    def reward_id(self) -> int:
        return self.redemption.reward_id or 0

    def carry_out(self, wave: Wave) -> None:
        settlement = join(self.spent, self.redemption, wave, gives_back=True)
        if self.points is None:
            _unless_over(settlement, void_held)
            return
        before = _balance(self.redemption, wave)
        reverse_captured(settlement, self.points, reason="refund")
        code = wave.setup.point_type(self.redemption.point_type_id).code
        restored = self.spent.fact.restored
        # What came back to a lot whose time was over may have been lost at once.
        gained = _balance(self.redemption, wave) - before
        restored[code] = restored.get(code, 0) + gained


def _balance(redemption: Redemption, wave: Wave) -> int:
    wallet = wave.book.wallets[redemption.member_id, redemption.point_type_id]
    return wallet.available + wallet.pending + wallet.held - wallet.debt


def _returning(spent: Sequence[Spent], wave: Wave) -> Iterable[Returning]:
    for one in spent:
        if one.is_cancelled:
            for redemption in _held(one, wave):
                yield Returning(one, redemption)
        yield from _given_back(one, wave)


def _given_back(spent: Spent, wave: Wave) -> Iterable[Returning]:
    """Yield what the order's refunds give back, less what came back before."""
    facts = spent.fact.order_facts
    by_type: dict[int, list[Redemption]] = defaultdict(list)
    for redemption in spent.redemptions:
        if redemption.captured_points:
            by_type[redemption.point_type_id].append(redemption)
    for type_id, captured in by_type.items():
        if facts is None:
            continue
        policy = wave.setup.point_type(type_id).restore_on_refund
        total = sum(one.captured_points for one in captured)
        back = sum(one.reversed_points for one in captured)
        # What came back for an order that is opened again is not taken a second time.
        left = returned_so_far(total, facts, policy=policy) - back
        for redemption in reversed(captured):
            part = min(left, redemption.captured_points - redemption.reversed_points)
            if part > 0:
                left -= part
                yield Returning(spent, redemption, part)


def _tell(spent: Spent, wave: Wave) -> None:
    """Say in the fact's answer and decision what became of what it was paid with."""
    for redemption in spent.redemptions:
        status = redemption.status_at(wave.at)
        is_over = status in (Redemption.Status.VOIDED, Redemption.Status.EXPIRED)
        why = None
        if is_over and not spent.is_cancelled:
            why = f"already_{status}"
        elif redemption.captured_points <= _borne(redemption, spent, wave) < redemption.points:
            why = "above_maximum"
        spent.fact.redeemed.append({"id": str(redemption), "status": status, "why": why})
