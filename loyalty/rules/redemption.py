"""What becomes of redemptions: what may be asked of which, and how much comes back."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, TypeVar

from core.errors import DomainError, invalid
from core.money import exponent
from loyalty.rules.paying import PayTerms, Quote, quote_payment
from loyalty.rules.wallets import InsufficientPoints

L = TypeVar("L")

DEFAULT_TTL = timedelta(minutes=30)
LONGEST_TTL = timedelta(hours=24)


class NotRedeemable(DomainError):
    """The reward is not on offer at this time."""

    code = "not_redeemable"


class NotEligible(DomainError):
    """The reward is not for this member."""

    code = "not_eligible"


class MemberSuspended(DomainError):
    """A member may not redeem, pass on or be given points, for now or any more."""

    code = "member_suspended"


class OutOfStock(DomainError):
    """All of the reward are reserved or gone."""

    code = "out_of_stock"


class LimitReached(DomainError):
    """The reward was redeemed as often as its limits allow."""

    code = "limit_reached"


class AlreadyRedeemed(DomainError):
    """The order has redeemed this reward before, and one order does so once."""

    code = "already_redeemed"


class BelowMinimum(DomainError):
    """Fewer points than a payment has to have."""

    code = "below_minimum"


class NotAStep(DomainError):
    """A payment is made in steps, and this is between two of them."""

    code = "not_a_step"


class AboveMaximum(DomainError):
    """More points than the order may be paid with."""

    code = "above_maximum"


class AlreadyCaptured(DomainError):
    """The points were spent before."""

    code = "already_captured"


class AlreadyVoided(DomainError):
    """The redemption was given up before."""

    code = "already_voided"


class AlreadyReversed(DomainError):
    """What is to be undone was undone before; that happens once."""

    code = "already_reversed"


class HoldExpired(DomainError):
    """The points were held until a time that is over."""

    code = "hold_expired"


class ExceedsHold(DomainError):
    """More was to be captured than is held."""

    code = "exceeds_hold"


class ExceedsCaptured(DomainError):
    """More was to come back than was spent."""

    code = "exceeds_captured"


class NotCaptured(DomainError):
    """Nothing was spent yet that could come back."""

    code = "not_captured"


class NothingSpent(DomainError):
    """A gift: no points were spent on it that could come back."""

    code = "nothing_spent"


SETTLED: dict[str, tuple[type[DomainError], str]] = {
    "captured": (AlreadyCaptured, "its points were captured before"),
    "voided": (AlreadyVoided, "it was voided before"),
    "expired": (HoldExpired, "its hold has expired"),
    "reversed": (AlreadyReversed, "it was reversed before"),
}


def hold_end(at: datetime, ttl: timedelta | None) -> datetime:
    """Return when a hold made at `at` ends by itself.

    :raises InvalidInput: `out_of_range` if it would last longer than a day
    """
    lasts = DEFAULT_TTL if ttl is None else ttl
    if not timedelta(0) < lasts <= LONGEST_TTL:
        raise invalid("/ttl", "out_of_range", "a hold lasts above 0 and at most 24 hours")
    return at + lasts


def points_to_pay(
    terms: PayTerms, *, available: int, order_total: int, asked: int | None, up_to: bool
) -> int:
    """Return how many points pay, exactly as asked unless `up_to` lets them be fewer.

    :raises BelowMinimum: if a payment has to have more
    :raises NotAStep: if it lies between two steps
    :raises AboveMaximum: if the order may not be paid with as many
    :raises InsufficientPoints: if the member has fewer
    """
    quote = quote_payment(terms, available=available, order_total=order_total, asked=asked)
    if up_to:
        return quote.points or _refuse_nothing(terms, quote, available, asked)
    if asked is None:
        raise invalid("/points", "required", "say how many points, or that it is up to us")
    if asked < terms.minimum:
        raise BelowMinimum(f"at least {terms.minimum} points", minimum=terms.minimum)
    if asked % terms.step:
        raise NotAStep(f"in steps of {terms.step} points", step=terms.step)
    if asked > available:
        raise InsufficientPoints(asked - available, available=available)
    if asked != quote.points:
        _refuse_worth(terms, quote, asked)
    return asked


def _refuse_nothing(terms: PayTerms, quote: Quote, available: int, asked: int | None) -> int:
    """Say why not a single point can be taken."""
    least = max(-(-terms.minimum // terms.step) * terms.step, 1)
    if available < least:
        raise InsufficientPoints(least - available, available=available)
    if asked is not None and asked < least:
        raise BelowMinimum(f"at least {least} points", minimum=least)
    raise AboveMaximum(f"at most {quote.maximum} points", maximum=quote.maximum)


def _refuse_worth(terms: PayTerms, quote: Quote, asked: int) -> None:
    if asked > quote.maximum:
        raise AboveMaximum(f"at most {quote.maximum} points", maximum=quote.maximum)
    raise BelowMinimum(f"{asked} points are worth nothing", minimum=terms.minimum)


def points_to_capture(status: str, held: int, asked: int | None) -> int:
    """Return how many of the held points to spend; all unless fewer are asked for.

    :raises DomainError: by name, if the redemption is settled
    :raises ExceedsHold: if fewer are held
    """
    refuse_settled(status)
    if asked is not None and asked > held:
        raise ExceedsHold(f"only {held} points are held", held=held)
    return held if asked is None else asked


def refuse_settled(status: str) -> None:
    """Refuse what only an open hold allows.

    :raises AlreadyCaptured: if it was captured; AlreadyVoided, HoldExpired and
        AlreadyReversed likewise
    """
    if status in SETTLED:
        error, detail = SETTLED[status]
        raise error(detail)


def points_to_reverse(status: str, captured: int, returned: int, asked: int | None) -> int:
    """Return how many spent points come back; all that are left unless fewer are asked for.

    :raises NotCaptured: if nothing was spent yet
    :raises DomainError: by name, if it ended without spending, or all came back
    :raises NothingSpent: if it took no points
    :raises ExceedsCaptured: if fewer are left
    """
    if status == "held":
        raise NotCaptured("its points are held, not captured")
    if status != "captured":
        refuse_settled(status)
    if not captured:
        raise NothingSpent("it was a gift: no points were spent on it")
    left = captured - returned
    if asked is not None and asked > left:
        raise ExceedsCaptured(f"only {left} points are left of what was captured", left=left)
    return left if asked is None else asked


def worth_of(payment: Mapping[str, Any], points: int, *, currency: str) -> int:
    """Return what points are worth by the rate that was stored with a payment."""
    rate: Fraction = Fraction(payment["rate"]) * 10 ** exponent(currency)
    return points * rate.numerator // rate.denominator


def proportion(whole: int, part: int, of: int) -> int:
    """Return the share of `whole` that `part` of `of` comes to; fractions are dropped."""
    return whole * part // of


def last_spent(
    parts: Iterable[tuple[L, int]], *, points: int, skip: int
) -> Iterator[tuple[L, int]]:
    """Yield which lots points go back to: those that were spent last come first.

    `parts` are lots with what was spent of each, in the order of spending; `skip`
    points at their end have come back before.
    """
    for lot, spent in reversed(list(parts)):
        passed = min(skip, spent)
        skip -= passed
        part = min(points, spent - passed)
        if part:
            points -= part
            yield lot, part
    if points:
        raise AssertionError(f"{points} points were spent of no lot")
