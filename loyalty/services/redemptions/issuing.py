"""Making the voucher of a redemption, and making it void."""

from datetime import datetime

from core import bulk
from core.periods import add_period
from loyalty.models import Redemption, Voucher
from loyalty.rules.codes import compared, make_code
from loyalty.rules.redemption import OutOfStock
from loyalty.rules.rewards import VoucherTerms
from loyalty.services.ledger import Book

COLUMNS = (
    "program_id",
    "code",
    "shown",
    "member_id",
    "reward_id",
    "redemption_id",
    "source_type",
    "source_id",
    "gives",
    "uses",
    "used",
    "valid_from",
    "valid_until",
    "issued_at",
    "voided_at",
)


def issue_voucher(
    book: Book, redemption: Redemption, terms: VoucherTerms, *, at: datetime
) -> Voucher:
    """Write the voucher of a redemption, with a code of its own or one from the pool.

    :raises OutOfStock: if the pool is empty
    """
    voucher = _pooled(redemption) if terms.from_pool else _generated(book, terms)
    voucher.program_id = redemption.program_id
    voucher.member = redemption.member
    voucher.reward_id = redemption.reward_id
    voucher.redemption = redemption
    voucher.source_type, voucher.source_id = "redemption", str(redemption)
    voucher.gives = redemption.gives
    voucher.uses = terms.uses
    voucher.issued_at = at
    voucher.valid_until = add_period(at, terms.valid, book.setup.zone) if terms.valid else None
    values = [getattr(voucher, column) for column in COLUMNS]
    if terms.from_pool:
        bulk.update_rows(Voucher, COLUMNS, [(voucher.pk, *values)])
    else:
        bulk.insert_rows(Voucher, ("id", *COLUMNS), [(voucher.pk, *values)])
        voucher._state.adding = False
    return voucher


def _generated(book: Book, terms: VoucherTerms) -> Voucher:
    shown = make_code(terms.prefix)
    (number,) = book.numbers.take(Voucher, 1)
    return Voucher(pk=number, code=compared(shown), shown=shown)


def _pooled(redemption: Redemption) -> Voucher:
    """Take an imported code that nobody else is just taking."""
    waiting = Voucher.objects.filter(reward=redemption.reward_id, issued_at=None)
    taken = waiting.select_for_update(skip_locked=True).order_by("id").first()
    if taken is None:
        raise OutOfStock("no code is left in the reward's pool")
    return taken


def void_voucher(redemption: Redemption, *, at: datetime) -> None:
    """Make the voucher of a redemption void, if it has one: the reward was taken back."""
    if redemption.reward_id is None:
        return
    Voucher.objects.filter(redemption=redemption, voided_at=None).update(voided_at=at)
