"""Vouchers as a till sees them: found by their code, and worth something or not."""

from datetime import datetime

from core.errors import NotFound
from loyalty.models import Program, Redemption, Voucher
from loyalty.queries.setup import Setup
from loyalty.rules.codes import compared
from loyalty.rules.gives import Gives, gives_of

WORTHLESS = (
    Redemption.Status.VOIDED,
    Redemption.Status.EXPIRED,
    Redemption.Status.REVERSED,
)


def find_voucher(program: Program, code: str) -> Voucher:
    """Return the issued voucher with a code, however it was typed.

    :raises NotFound: if there is none; a code that waits in a pool is nobody's yet
    """
    issued = Voucher.objects.filter(program=program, code=compared(code))
    voucher = (
        issued.exclude(issued_at=None)
        .select_related("member", "redemption__member", "redemption__program")
        .first()
    )
    if voucher is None:
        raise NotFound("there is no such voucher")
    return voucher


def voucher_state(
    setup: Setup, voucher: Voucher, *, at: datetime, subtotal: int | None = None
) -> str | None:
    """Return in a stable word why a voucher is worth nothing now; None if it is.

    `voucher_void`, `voucher_used`, `voucher_not_yet`, `voucher_expired`, or
    `minimum_order` if the order's `subtotal` (minor units) is known and too small.
    """
    if is_void(voucher, at):
        return "voucher_void"
    if voucher.used >= voucher.uses:
        return "voucher_used"
    if voucher.valid_from is not None and at < voucher.valid_from:
        return "voucher_not_yet"
    if voucher.valid_until is not None and voucher.valid_until <= at:
        return "voucher_expired"
    if subtotal is not None and subtotal < voucher_gives(setup, voucher).minimum_order:
        return "minimum_order"
    return None


def is_void(voucher: Voucher, at: datetime) -> bool:
    """Say whether what it was issued for was given up or taken back."""
    if voucher.voided_at is not None:
        return True
    redemption = voucher.redemption
    return redemption is not None and redemption.status_at(at) in WORTHLESS


def voucher_gives(setup: Setup, voucher: Voucher) -> Gives:
    """Return what a voucher gives, as it was when it was issued."""
    faces = {each.code: each.face for each in setup.point_types.values()}
    return gives_of(voucher.gives, currency=setup.currency, point_types=faces)
