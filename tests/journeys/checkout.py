"""What members should have who redeem points, and who pay for orders with them."""

from dataclasses import dataclass, field

from tests.journeys.oracle import Oracle, Refused, Wallet

STOCK = 3
STANDING = ("held", "captured")


@dataclass(eq=False)
class Redemption:
    wallet: Wallet
    parts: list  # of lot and points, as long as they are held
    ends: float
    reward: str = ""
    order: str = ""
    spent: list = field(default_factory=list)  # of lot and points
    back: int = 0
    over: str = ""

    @property
    def held(self):
        return sum(points for _, points in self.parts)

    @property
    def captured(self):
        return sum(points for _, points in self.spent)

    @property
    def left(self):
        return self.captured - self.back

    @property
    def status(self):
        return self.over or ("held" if self.parts else "captured" if self.left else "reversed")


@dataclass(eq=False)
class Purchase:
    id: str
    name: str
    paid: int
    euros: int
    status: str = "paid"
    refunded: int = 0
    named: list = field(default_factory=list)  # redemptions, whosesoever

    @property
    def goods(self):
        return max(0, self.euros - self.refunded)

    @property
    def counts(self):
        return self.status == "paid" and self.goods > 0

    @property
    def is_undone(self):
        return self.status == "cancelled" or not self.goods


class Checkout(Oracle):
    """One kind of points, that pay for orders, and for cups of which there are few."""

    def redeem(self, wallet, points, *, reward="", order="", lasts=0):
        """Hold points for `lasts` hours, or spend them at once."""
        known = [
            one
            for one in wallet.redemptions
            if (one.order, one.reward) == (order, reward) and one.status in STANDING
        ]
        if wallet.is_suspended or (order and known) or (reward and self.taken() >= STOCK):
            raise Refused
        parts = [part for part in self.spend(wallet, points) if part[1]]
        made = Redemption(wallet, parts, self.now + lasts, reward, order)
        wallet.redemptions.append(made)
        if not lasts:
            self.capture(made)
        return made

    def taken(self):
        return sum(
            one.reward != "" and one.status in STANDING
            for wallet in self.wallets.values()
            for one in wallet.redemptions
        )

    def capture(self, one, points=None):
        points = one.held if points is None else points
        if not 0 < points <= one.held:
            raise Refused
        one.wallet.redeemed += points
        rest = []
        for lot, part in one.parts:
            taken = min(part, points)
            points -= taken
            one.spent += [(lot, taken)] if taken else []
            rest += [(lot, part - taken)] if part > taken else []
        one.parts = []
        self.give_back(one.wallet, rest, self.now)

    def void(self, one):
        if not one.held:
            raise Refused
        self.end(one.wallet, one, self.now, "voided")

    def end(self, wallet, one, at, word="expired"):
        parts, one.parts, one.over = one.parts, [], word
        self.give_back(wallet, parts, at)

    def reverse(self, one, points=None):
        """Give back points that were spent: those that were spent last come first."""
        points = one.left if points is None else points
        if not 0 < points <= one.left:
            raise Refused
        skip, left, parts = one.back, points, []
        for lot, spent in reversed(one.spent):
            passed = min(skip, spent)
            part = min(left, spent - passed)
            skip, left = skip - passed, left - part
            parts += [(lot, part)] if part else []
        one.back += points
        one.wallet.redeemed -= points
        self.give_back(one.wallet, parts, self.now)

    def state(self, purchase, *, is_refund=False):
        """Say an order as it is now; return what it gave back of what it was paid with."""
        wallet = self.wallets[purchase.name]
        for one in wallet.redemptions:
            is_free = not one.order and one.status in STANDING
            if one in purchase.named and is_free and not self.is_one_too_many(purchase, one):
                one.order = purchase.id
        paid_with = [one for one in wallet.redemptions if one.order == purchase.id]
        for one in paid_with:
            if one.held and purchase.counts and not is_refund:
                self.capture(one)
        for one in paid_with:
            if one.held and purchase.status == "cancelled":
                self.void(one)
        restored = self.restore(purchase, [one for one in paid_with if one.spent])
        worth = purchase.goods if purchase.counts else 0
        self.order(wallet, purchase.id, worth, purchase.paid)
        return restored

    def is_one_too_many(self, purchase, one):
        """Say whether the order has the same already: it may have each reward once."""
        return (
            purchase.status != "cancelled"
            and one.held
            and any(
                (other.order, other.reward) == (purchase.id, one.reward)
                and other.status in STANDING
                for other in one.wallet.redemptions
            )
        )

    def restore(self, purchase, captured):
        """Give back the share of points whose goods came back, less what came before."""
        spent = sum(one.captured for one in captured)
        share = {
            "never": 0,
            "full_refund_only": spent if purchase.is_undone else 0,
            "prorated": spent
            if purchase.is_undone
            else spent * purchase.refunded // purchase.euros,
        }[self.policy.restore]
        left = share - sum(one.back for one in captured)
        before = self.worth(self.wallets[purchase.name])
        returning = []
        for one in reversed(captured):
            part = max(0, min(left, one.left))
            left -= part
            returning += [(one, part)] if part else []
        # Payments first, then what has a stock.
        for one, part in sorted(returning, key=lambda pair: pair[0].reward):
            self.reverse(one, part)
        return self.worth(self.wallets[purchase.name]) - before

    def worth(self, wallet):
        available, pending, held, debt, *_ = wallet.balances()
        return available + pending + held - debt
