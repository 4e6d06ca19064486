"""Vouchers that orders name: used when paid for, given back when they come to nothing."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from loyalty.models import Voucher, VoucherUse
from loyalty.rules.redemption import HoldExpired
from loyalty.rules.spending import NEVER
from loyalty.services.facts import Claim, Wave
from loyalty.services.spending.spent import Spent, join
from loyalty.services.vouchers import Use, give_back_uses, use_voucher


def lock_vouchers(spent: Sequence[Spent], wave: Wave) -> None:
    """Lock all vouchers that are about to be used or given back, in order."""
    numbers = {voucher.pk for one in spent for voucher in one.vouchers}
    over = [one.order_id for one in spent if one.came_to_nothing]
    if over:
        numbers |= set(_uses_of(over, wave).values_list("voucher_id", flat=True))
    if len(numbers) > 1:
        rows = Voucher.objects.select_for_update().filter(pk__in=numbers)
        list(rows.order_by("pk").values_list("pk"))


def settle_vouchers(spent: Spent, wave: Wave) -> None:
    order = spent.fact.order
    if order is None:
        return
    if spent.came_to_nothing:
        uses = _uses_of([spent.order_id], wave).select_related(
            "voucher__redemption", "voucher__member"
        )
        give_back_uses(
            [use for use in uses.order_by("voucher_id") if _comes_back(use, spent, wave)],
            at=wave.at,
        )
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
        settlement = join(spent, redemption, wave, gives_back=False)
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


def _uses_of(order_ids: Sequence[str], wave: Wave) -> QuerySet[VoucherUse]:
    return VoucherUse.objects.filter(
        program_id=wave.setup.program_id, order_ref__in=order_ids, released_at=None
    )


def _comes_back(use: VoucherUse, spent: Spent, wave: Wave) -> bool:
    """Say whether the use of a voucher is given back; points that it cost say how."""
    redemption = use.voucher.redemption
    if redemption is None or not redemption.points or spent.is_cancelled:
        return True
    return wave.setup.point_type(redemption.point_type_id).restore_on_refund != NEVER
