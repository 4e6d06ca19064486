"""Vouchers at the till: used on orders, given back, and imported into pools."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import bulk
from core.errors import DomainError, InvalidInput, Problem, invalid
from core.events import record_events
from core.transactions import retrying
from loyalty.models import Program, Redemption, Reward, Voucher, VoucherUse
from loyalty.queries.setup import Setup, setup_of
from loyalty.queries.vouchers import find_voucher, voucher_gives, voucher_state
from loyalty.rules.codes import LONGEST, LONGEST_SHOWN, compared
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import Settlement, capture_held, open_settlement
from loyalty.services.redemptions.announcing import told_of_voucher

# Codes a statement writes at once: an import of any length holds no more in mind.
CHUNK = 5_000

POOL_COLUMNS = (
    "program_id",
    "reward_id",
    "code",
    "shown",
    "gives",
    "uses",
    "used",
    "source_type",
    "source_id",
)
UNISSUED: tuple[dict[str, object], int, int, str, str] = ({}, 1, 0, "", "")


class VoucherUsed(DomainError):
    """It was used as often as it may be."""

    code = "voucher_used"


class VoucherExpired(DomainError):
    """It was valid until a time that is over."""

    code = "voucher_expired"


class VoucherNotYet(DomainError):
    """It is valid from a time that has not come."""

    code = "voucher_not_yet"


class VoucherVoid(DomainError):
    """What it was issued for was given up or taken back."""

    code = "voucher_void"


class VoucherHeld(DomainError):
    """Its points are held for another member, who has not spent them yet."""

    code = "voucher_held"


class MinimumOrder(DomainError):
    """The order is too small for it."""

    code = "minimum_order"


REFUSALS: dict[str, tuple[type[DomainError], str]] = {
    "voucher_used": (VoucherUsed, "this voucher was used before"),
    "voucher_expired": (VoucherExpired, "this voucher has expired"),
    "voucher_not_yet": (VoucherNotYet, "this voucher is not valid yet"),
    "voucher_void": (VoucherVoid, "this voucher is void"),
    "voucher_held": (VoucherHeld, "this voucher is held for another member"),
    "minimum_order": (MinimumOrder, "the order is too small for this voucher"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """What a voucher is used on: an order, of so much (minor units) if it is known."""

    order: str
    subtotal: int | None
    at: datetime


@retrying
def consume_voucher(
    *, program: Program, code: str, order: str, subtotal: int | None = None, at: datetime
) -> VoucherUse:
    """Use a voucher on an order, once however often the order says so.

    `subtotal` is in minor units; the discount is at most that. If the points of its
    redemption are still held, they are spent now.

    :raises NotFound: if there is no such voucher
    :raises VoucherUsed: if nothing is left of it; VoucherExpired, VoucherNotYet,
        VoucherVoid and MinimumOrder likewise
    """
    setup = setup_of(program)
    voucher = find_voucher(program, code)
    requested = Requested(f"voucher:{voucher.pk}", at)
    settlement = None
    if voucher.redemption is not None:
        settlement = open_settlement(voucher.redemption, requested, gives_back=False)
    used = use_voucher(setup, voucher, Use(order, subtotal, at), settlement)
    if isinstance(used, str):
        error, detail = REFUSALS[used]
        raise error(detail)
    return used


def use_voucher(
    setup: Setup, voucher: Voucher, use: Use, settlement: Settlement | None
) -> VoucherUse | str:
    """Use a voucher, or return in a stable word why it cannot be used.

    `settlement` has its redemption under lock; without it, points that are still
    held for the voucher cannot be spent, and it is nobody else's to use.
    """
    _lock(voucher)
    earlier = voucher.redeemed.filter(order_ref=use.order, released_at=None).first()
    if earlier is not None:
        return earlier
    why_not = voucher_state(setup, voucher, at=use.at, subtotal=use.subtotal)
    if why_not is not None:
        return why_not
    redemption = voucher.redemption
    if redemption and redemption.status == Redemption.Status.HELD:
        if settlement is None:
            return "voucher_held"
        capture_held(settlement)
    row = VoucherUse.objects.create(
        program_id=voucher.program_id,
        voucher=voucher,
        order_ref=use.order,
        subtotal=use.subtotal,
        discount=voucher_gives(setup, voucher).discount(use.subtotal),
        used_at=use.at,
    )
    _count(voucher, 1)
    told = told_of_voucher("voucher.used", voucher, at=use.at, order=use.order)
    record_events([told])
    return row


def _lock(voucher: Voucher) -> None:
    """Lock a voucher's row, and take over how it stands."""
    row = Voucher.objects.select_for_update().get(pk=voucher.pk)
    voucher.used, voucher.voided_at = row.used, row.voided_at


def _count(voucher: Voucher, change: int) -> None:
    voucher.used += change
    voucher.save(update_fields=["used"])


@retrying
def release_voucher(
    *, program: Program, code: str, order: str | None = None, at: datetime
) -> Voucher:
    """Give back the use of a voucher on an order that came to nothing.

    Without `order`, its only use is meant. Giving back what is not used changes
    nothing. Points that were spent for the voucher stay spent.

    :raises NotFound: if there is no such voucher
    :raises InvalidInput: if it is used on several orders and none is named
    """
    voucher = find_voucher(program, code)
    _lock(voucher)
    uses = voucher.redeemed.filter(released_at=None)
    used = list(uses if order is None else uses.filter(order_ref=order))
    if len(used) > 1:
        raise invalid("/order", "required", "it is used on several orders: name one")
    for use in used:
        use.voucher = voucher
    give_back_uses(used, at=at)
    return voucher


def give_back_uses(uses: Sequence[VoucherUse], *, at: datetime) -> None:
    """Give back uses of vouchers, whose rows are locked in id order."""
    for use in uses:
        _lock(use.voucher)
        use.released_at = at
        use.save(update_fields=["released_at"])
        _count(use.voucher, -1)
        told = told_of_voucher("voucher.released", use.voucher, at=at, order=use.order_ref)
        record_events([told])


@retrying
def revoke_voucher(*, voucher: Voucher, at: datetime) -> Voucher:
    """Make an issued code void, for good; the points that were spent for it stay spent.

    Doing so again changes nothing.
    """
    _lock(voucher)
    if voucher.voided_at is None:
        voucher.voided_at = at
        voucher.save(update_fields=["voided_at"])
        record_events([told_of_voucher("voucher.voided", voucher, at=at)])
    return voucher


@retrying
def import_codes(*, reward: Reward, codes: Sequence[str]) -> int:
    """Put codes of somebody else's making into a reward's pool; return how many are new.

    Those that the program knows already are left as they are, so that an import can
    be repeated.

    :raises InvalidInput: with a pointer to every code that is empty or too long
    """
    problems = [
        Problem(f"/codes/{place}", "wrong_code", f"expected 1 to {LONGEST} letters and digits")
        for place, code in enumerate(codes)
        if not 1 <= len(compared(code)) <= LONGEST or len(code.strip()) > LONGEST_SHOWN
    ]
    if problems:
        raise InvalidInput(problems)
    waiting = Voucher.objects.filter(reward=reward, issued_at=None)
    before = waiting.count()
    for start in range(0, len(codes), CHUNK):
        rows = [
            (reward.program_id, reward.pk, compared(code), code.strip(), *UNISSUED)
            for code in codes[start : start + CHUNK]
        ]
        bulk.insert_rows(Voucher, POOL_COLUMNS, rows, unless_exists=True)
    return waiting.count() - before
