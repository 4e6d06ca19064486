"""What the gift shop sold, and how an order body says it as it stands now."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

from seeds.days import Fact

# Stock codes that name no article. Carriage is the order's shipping. A discount
# and a manual entry say too little to be found again among earlier lines (see
# cancellations.py). Charges are the shop's own costs and fees: a marketplace's or
# a bank's fee, samples, a charity's commission, bad debt.
CARRIAGE = frozenset({"POST", "DOT", "C2"})
DISCOUNT = frozenset({"D"})
MANUAL = frozenset({"M", "m"})
CHARGES = frozenset({"AMAZONFEE", "B", "BANK CHARGES", "CRUK", "S"})
GIFT_VOUCHER = "gift_"


def pence(price: Decimal, units: int) -> int:
    """Return what `units` cost at `price` pence each, rounded half up once."""
    return int((price * units).to_integral_value(ROUND_HALF_UP))


def moment(at: datetime) -> str:
    """Return `at` as RFC 3339 in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True, eq=False)
class Line:
    """One line that was sold, and what has come back of it."""

    sku: str
    name: str
    quantity: int
    price: Decimal  # of one unit, in pence
    worth: int = field(init=False)  # pence
    unit_price: int = field(init=False)  # whole pence, rounded up
    returned: int = 0  # units
    credited: int = 0  # pence

    def __post_init__(self) -> None:
        self.worth = pence(self.price, self.quantity)
        self.unit_price = int(self.price.to_integral_value(ROUND_CEILING))

    @property
    def left(self) -> int:
        return self.quantity - self.returned

    @property
    def discount(self) -> int:
        """The pence by which whole-penny unit prices overstate the line."""
        return self.unit_price * self.quantity - self.worth

    @property
    def is_rounded(self) -> bool:
        return self.unit_price != self.price and self.worth != self.price * self.quantity

    def take_back(self, units: int, price: Decimal) -> int:
        """Return `units` for `price` pence each; return the pence beyond the line's worth."""
        given = self.credited + pence(price, units)
        self.returned += units
        self.credited = min(given, self.worth)
        return given - self.credited

    def stated(self, number: int) -> dict[str, Any]:
        """Return the line as an order body has it; what is left out is the default."""
        body: dict[str, Any] = {
            "id": str(number),
            "sku": self.sku,
            "quantity": self.quantity,
            "unit_price": self.unit_price,
        }
        if name := self.name.strip():
            body["name"] = name
        if discount := self.discount:
            body["discount"] = discount
        if self.sku.startswith(GIFT_VOUCHER):
            body["gift_card"] = True
        if self.returned:
            body["refunded_quantity"] = self.returned
        if self.credited != self._worth_of(self.returned):
            body["refunded_amount"] = self.credited
        return body

    def _worth_of(self, units: int) -> int:
        return (2 * self.worth * units + self.quantity) // (2 * self.quantity)


@dataclass(slots=True, eq=False)
class Purchase:
    """One invoice as an order: paid at once, and restated as goods come back."""

    id: str
    member: str | None
    at: datetime
    country: str
    lines: list[Line] = field(default_factory=list)
    carriage: list[Line] = field(default_factory=list)
    version: int = 1

    def lines_of(self, sku: str) -> Iterator[Line]:
        lines = self.carriage if sku in CARRIAGE else self.lines
        return (line for line in lines if line.sku == sku)

    def statement(self) -> Fact:
        """Return the whole order as it stands now, as a fact."""
        body: Fact = {"kind": "order", "id": self.id}
        if self.member:
            body["member"] = self.member
        body["version"] = self.version
        body["status"] = "paid"
        body["currency"] = "GBP"
        body["placed_at"] = body["paid_at"] = moment(self.at)
        if self.lines:
            body["lines"] = [line.stated(number) for number, line in enumerate(self.lines, 1)]
        else:  # an order has lines or a subtotal; this one was carriage alone
            body["subtotal"] = 0
        if shipping := sum(line.worth for line in self.carriage):
            body["shipping"] = shipping
        if refunded := sum(line.credited for line in self.carriage):
            body["refunded_shipping"] = refunded
        body["attributes"] = {"country": self.country}
        return body
