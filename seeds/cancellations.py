"""Find the lines that a cancellation takes back.

A cancellation names no order. What comes back is taken from the same
customer's earlier lines of the same article, oldest first, as far as units are
left on them. Oldest first may meet a line bought at another price than the one
credited. The units then come off that line, and the money is what the shop
gave back, at most what the line cost: points follow the money a member spent.
A manual entry names no article, so there the price must be the same as well.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from seeds.data_summary import Reason
from seeds.purchases import CHARGES, DISCOUNT, MANUAL, Line, Purchase
from seeds.retail_rows import Row


@dataclass(slots=True)
class Match:
    """What became of one line of a cancellation."""

    units: int = 0  # found on earlier lines
    missing: int = 0  # found nowhere
    excess: int = 0  # pence credited beyond what the lines had cost
    reason: Reason | None = None  # why units are missing
    restated: list[Purchase] = field(default_factory=list)


def take_back(row: Row, bought: Sequence[Purchase]) -> Match:
    """Take the units of a cancelled row off the customer's purchases, oldest first.

    `bought` are the purchases before the cancellation, in order of time; their
    lines are changed, their versions are not.
    """
    units = -row.quantity
    if reason := _reason_not_to_look(row):
        return Match(missing=units, reason=reason)
    match = Match(missing=units)
    for purchase, line in _candidates(row, bought):
        taken = min(match.missing, line.left)
        if taken == 0:
            continue
        match.excess += line.take_back(taken, row.price)
        match.units += taken
        match.missing -= taken
        if purchase not in match.restated[-1:]:
            match.restated.append(purchase)
        if match.missing == 0:
            return match
    match.reason = _reason_for_missing(row, bought)
    return match


def _reason_not_to_look(row: Row) -> Reason | None:
    if row.sku in CHARGES:
        return Reason.CHARGE
    if row.sku in DISCOUNT:
        return Reason.DISCOUNT
    if not row.customer:
        return Reason.GUEST
    return None


def _candidates(row: Row, bought: Iterable[Purchase]) -> Iterator[tuple[Purchase, Line]]:
    for purchase in bought:
        for line in purchase.lines_of(row.sku):
            if row.sku not in MANUAL or line.price == row.price:
                yield purchase, line


def _reason_for_missing(row: Row, bought: Iterable[Purchase]) -> Reason:
    if row.sku in MANUAL:
        return Reason.MANUAL
    if any(True for _ in _candidates(row, bought)):
        return Reason.MORE_THAN_BOUGHT
    return Reason.NEVER_BOUGHT
