"""Orders and what was redeemed on them: spent when paid for, given back with the goods.

An order does not stand or fall with what it names: a hold that is over, or a voucher
that was used before, is said in its answer, and the order is taken as it is.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core import bulk
from core.errors import InvalidInput, Problem
from loyalty.models import Redemption, Voucher, VoucherUse
from loyalty.rules.codes import compared
from loyalty.rules.redemption import HoldExpired
from loyalty.rules.spending import returned_so_far
from loyalty.rules.statements import RefundStatement
from loyalty.services.adjustments import Requested
from loyalty.services.facts import Claim, Fact, Wave
from loyalty.services.redemptions import (
    CHANGING,
    Settlement,
    capture_held,
    join_settlement,
    reverse_captured,
    void_held,
)
from loyalty.services.redemptions.asking import live_reward
from loyalty.services.vouchers import Use, give_back_uses, use_voucher

STANDING = (Redemption.Status.HELD, Redemption.Status.CAPTURED)
REDEMPTION = re.compile(r"red_([1-9][0-9]{0,17})")


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
    def is_refund(self) -> bool:
        return isinstance(self.fact.statement, RefundStatement)

    @property
    def order_id(self) -> str:
        return self.fact.order.external_id if self.fact.order else ""


def settle_redemptions(wave: Wave) -> None:
    """Take what orders were paid with, and give it back with their goods.

    Costs nothing for orders that name nothing, of members who never redeemed.
    """
    concerned = [fact for fact in wave.live() if _is_concerned(fact, wave)]
    if not concerned:
        return
    spent = _find(wave, concerned)
    for one in spent:
        _capture_or_leave(one, wave)
    # Rewards are locked from here on: in order, so that nobody waits in a circle.
    for returning in sorted(_returning(spent, wave), key=lambda it: it.reward_id):
        returning.carry_out(wave)
    _lock_vouchers(spent, wave)
    for one in spent:
        _settle_vouchers(one, wave)
        _tell(one, wave)


def _is_concerned(fact: Fact, wave: Wave) -> bool:
    order, member = fact.order, fact.member
    if order is None or order.body is None:
        return False
    # A cancelled order gives back what it used, though it names it no more.
    if order.body["redemptions"] or order.body["vouchers"] or order.status == "cancelled":
        return True
    if fact.dropped:
        return True
    return member is not None and any(
        wallet.held or wallet.lifetime_redeemed
        for point_type in wave.setup.point_types.values()
        if (wallet := wave.book.wallets.get((member.pk, point_type.id)))
    )


def _find(wave: Wave, facts: Sequence[Fact]) -> list[Spent]:
    """Return what these orders were paid with; facts that name the unknown are refused."""
    redemptions = _redemptions(wave, facts)
    vouchers = _vouchers(wave, facts)
    found = []
    for fact in facts:
        try:
            found.append(_spent_on(fact, redemptions, vouchers, wave))
        except InvalidInput as error:
            fact.error = error
    _note_orders(found, wave)
    return found


def _redemptions(wave: Wave, facts: Sequence[Fact]) -> list[Redemption]:
    names = [name for fact in facts for name in _named(fact, "redemptions")]
    numbers = [int(known[1]) for name in names if (known := REDEMPTION.fullmatch(name))]
    orders = [fact.order.external_id for fact in facts if fact.order]
    wanted = Q(order_ref__in=orders) | Q(pk__in=numbers)
    rows = Redemption.objects.filter(wanted, program_id=wave.setup.program_id)
    return list(rows.select_related("member", "program").order_by("id"))


def _vouchers(wave: Wave, facts: Sequence[Fact]) -> dict[str, Voucher]:
    codes = {compared(name) for fact in facts for name in _named(fact, "vouchers")}
    if not codes:
        return {}
    rows = Voucher.objects.filter(program_id=wave.setup.program_id, code__in=codes)
    issued = rows.exclude(issued_at=None)
    related = issued.select_related("member", "redemption__member", "redemption__program")
    return {voucher.code: voucher for voucher in related}


def _named(fact: Fact, what: str) -> list[str]:
    """Return the redemptions or vouchers that an order names, each once."""
    body = fact.order.body if fact.order else None
    return list(dict.fromkeys(body[what])) if body else []


def _spent_on(
    fact: Fact,
    redemptions: Iterable[Redemption],
    vouchers: Mapping[str, Voucher],
    wave: Wave,
) -> Spent:
    """:raises InvalidInput: with a pointer to each name that nobody knows"""
    spent, problems = Spent(fact), []
    known = {str(redemption): redemption for redemption in redemptions}
    for place, name in enumerate(_named(fact, "redemptions")):
        if name not in known:
            detail = f"there is no redemption {name}"
            pointer = f"/redemptions/{place}"
            problems.append(Problem(pointer, "unknown_redemption", detail))
    for place, name in enumerate(_named(fact, "vouchers")):
        voucher = vouchers.get(compared(name))
        if voucher is None:
            detail = f"there is no voucher {name}"
            problems.append(Problem(f"/vouchers/{place}", "unknown_voucher", detail))
        else:
            spent.vouchers.append(voucher)
    if problems:
        raise InvalidInput(problems)
    named = set(_named(fact, "redemptions"))
    # Those that are the order's already come before those that it only names.
    for name, redemption in sorted(known.items(), key=lambda one: not one[1].order_ref):
        if name in named or redemption.order_ref == spent.order_id:
            _take_in(spent, redemption, wave)
    return spent


def _take_in(spent: Spent, redemption: Redemption, wave: Wave) -> None:
    """Count a redemption to its order, unless it is somebody else's."""
    member = spent.fact.member
    why = None
    if member is None or redemption.member_id != member.pk:
        why = "of_another_member"
    elif redemption.order_ref not in ("", spent.order_id):
        why = "of_another_order"
    elif _is_dropped(spent, redemption, wave):
        spent.dropped.append(redemption)
        return
    elif _is_one_too_many(spent, redemption, wave):
        why = "already_redeemed"
    if why is None:
        spent.redemptions.append(redemption)
    else:
        status = redemption.status_at(wave.at)
        told = {"id": str(redemption), "status": status, "why": why}
        spent.fact.redeemed.append(told)


def _is_dropped(spent: Spent, redemption: Redemption, wave: Wave) -> bool:
    """Say whether the order named what is held, and is now to be paid without it."""
    is_held = redemption.status_at(wave.at) == Redemption.Status.HELD
    return is_held and not spent.is_cancelled and str(redemption) in spent.fact.dropped


def _is_one_too_many(spent: Spent, redemption: Redemption, wave: Wave) -> bool:
    """Say whether an order names what is held though it has the same, and may have it once."""
    is_held = redemption.status_at(wave.at) == Redemption.Status.HELD
    if redemption.order_ref or spent.is_cancelled or not is_held:
        return False
    reward = live_reward(wave.setup, redemption.reward_id)
    if reward is not None and reward.several_per_order:
        return False
    return any(
        one.reward_id == redemption.reward_id
        and (one.reward_id is not None or one.gives == redemption.gives)
        and one.status_at(wave.at) in STANDING
        for one in spent.redemptions
    )


def _note_orders(found: Sequence[Spent], wave: Wave) -> None:
    """Tie redemptions to the orders that name them; those that are over stay as they ended."""
    named = [
        (redemption, one.order_id)
        for one in found
        for redemption in one.redemptions
        if not redemption.order_ref and redemption.status_at(wave.at) in STANDING
    ]
    named += [(redemption, "") for one in found for redemption in one.dropped]
    for redemption, order_id in named:
        redemption.order_ref = order_id
    rows = [(redemption.pk, order_id) for redemption, order_id in named]
    bulk.update_rows(Redemption, ("order_ref",), rows)


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


def _capture_or_leave(spent: Spent, wave: Wave) -> None:
    order = spent.fact.order
    # A refund gives back, and takes nothing.
    if order is None or not order.counts or spent.is_refund:
        return
    for redemption in _held(spent, wave):
        settlement = _join(spent, redemption, wave, gives_back=False)
        _unless_over(settlement, capture_held)


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


def _join(spent: Spent, redemption: Redemption, wave: Wave, *, gives_back: bool) -> Settlement:
    requested = _requested(spent.fact, wave)
    return join_settlement(wave.book, redemption, requested, gives_back=gives_back)


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
        settlement = _join(self.spent, self.redemption, wave, gives_back=True)
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


def _lock_vouchers(spent: Sequence[Spent], wave: Wave) -> None:
    """Lock all vouchers that are about to be used or given back, in order."""
    numbers = {voucher.pk for one in spent for voucher in one.vouchers}
    cancelled = [one.order_id for one in spent if one.is_cancelled]
    if cancelled:
        uses = VoucherUse.objects.filter(
            program_id=wave.setup.program_id, order_ref__in=cancelled, released_at=None
        )
        numbers |= set(uses.values_list("voucher_id", flat=True))
    if len(numbers) > 1:
        rows = Voucher.objects.select_for_update().filter(pk__in=numbers)
        list(rows.order_by("pk").values_list("pk"))


def _settle_vouchers(spent: Spent, wave: Wave) -> None:
    order = spent.fact.order
    if order is None:
        return
    if spent.is_cancelled:
        uses = VoucherUse.objects.filter(
            program_id=wave.setup.program_id, order_ref=spent.order_id, released_at=None
        )
        give_back_uses(list(uses.select_related("voucher").order_by("voucher_id")), at=wave.at)
    elif order.counts and spent.fact.order_facts and not spent.is_refund:
        subtotal = spent.fact.order_facts.goods_before_discounts
        use = Use(spent.order_id, subtotal, wave.at)
        for voucher in sorted(spent.vouchers, key=lambda one: one.pk):
            _use(spent, voucher, use, wave)


def _use(spent: Spent, voucher: Voucher, use: Use, wave: Wave) -> None:
    member = spent.fact.member
    settlement = None
    redemption = voucher.redemption
    is_own = redemption and member and redemption.member_id == member.pk
    if isinstance(spent.fact.statement, Claim) and not is_own:
        # Its guest had the chance to use it; what is held for its member could not be.
        return
    if redemption and is_own:
        settlement = _join(spent, redemption, wave, gives_back=False)
    try:
        outcome = use_voucher(wave.setup, voucher, use, settlement)
    except HoldExpired:
        outcome = "voucher_void"
    told: dict[str, Any] = {
        "code": voucher.shown,
        "discount": None if isinstance(outcome, str) else outcome.discount,
        "why": outcome if isinstance(outcome, str) else None,
    }
    spent.fact.used_vouchers.append(told)


def _tell(spent: Spent, wave: Wave) -> None:
    """Say in the fact's answer and decision what became of what it was paid with."""
    for redemption in spent.redemptions:
        status = redemption.status_at(wave.at)
        is_over = status in (Redemption.Status.VOIDED, Redemption.Status.EXPIRED)
        why = f"already_{status}" if is_over and not spent.is_cancelled else None
        spent.fact.redeemed.append({"id": str(redemption), "status": status, "why": why})
