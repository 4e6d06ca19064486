"""What members should have, in plain Python, by the meaning of the words alone.

Time is hours. What it does is done at once; the product does it when somebody looks.
What points are redeemed for is told by `checkout`.
"""

from dataclasses import dataclass, field

NEVER = float("inf")


class Refused(Exception):
    """The product has to say no as well."""


@dataclass(frozen=True)
class Policy:  # Spans are hours, 0 for none.
    hold: int = 0
    life: float = NEVER
    comeback: int = 0
    most_debt: float = NEVER
    pending_only: bool = False
    oldest_first: bool = False
    restore: str = "prorated"


@dataclass(eq=False)
class Lot:
    source: object
    earned: int
    ends: float
    opens: float = 0
    pending: int = 0
    free: int = 0
    expired: int = 0


@dataclass(eq=False)
class Wallet:
    lots: list = field(default_factory=list)
    redemptions: list = field(default_factory=list)
    debt: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    is_suspended: bool = False

    def sum(self, part):
        return sum(getattr(lot, part) for lot in self.lots)

    def balances(self):
        held = sum(redemption.held for redemption in self.redemptions)
        buckets = (self.sum("free"), self.sum("pending"), held)
        return (*buckets, self.debt, self.earned, self.redeemed, self.expired)


class Oracle:
    def __init__(self, policy, members):
        self.policy, self.now = policy, 0
        self.wallets = {name: Wallet() for name in members}
        self.orders = {}  # by id: what was posted, and what of it was forgiven

    def wait(self, hours):
        self.now += hours
        list(map(self.settle, self.wallets.values()))

    def settle(self, wallet):
        """Do what is due, in the order of time; at one moment, in this order."""
        while due := min(self.due(wallet), key=lambda step: step[:2], default=None):
            at, what, thing = due
            if what == "1 expire":
                wallet.expired += thing.free
                thing.expired, thing.free = thing.expired + thing.free, 0
            elif what == "2 end":
                self.end(wallet, thing, at)
            else:
                thing.free, thing.pending = thing.pending, 0
                self.repay(wallet)

    def due(self, wallet):
        lots, redemptions = wallet.lots, wallet.redemptions
        steps = [(lot.ends, "1 expire", lot) for lot in lots if lot.free]
        steps += [(one.ends, "2 end", one) for one in redemptions if one.held]
        steps += [(lot.opens, "3 open", lot) for lot in lots if lot.pending]
        return [step for step in steps if step[0] <= self.now]

    def order(self, wallet, order, worth, paid):
        """Say what an order is worth now. `paid` is when it was, all along."""
        posted, forgiven = self.orders.get(order, (0, 0))
        more = worth - posted
        if more < 0:
            forgiven += self.claw_back(wallet, order, -more)
        else:  # What was forgiven when it should have gone is not given twice.
            points, forgiven = max(0, more - forgiven), max(0, forgiven - more)
            opens, part = paid + self.policy.hold, "pending" if self.policy.hold else "free"
            terms = {"opens": opens, "ends": opens + self.policy.life, part: points}
            self.give(wallet, order, paid, **terms)
        self.orders[order] = (worth, forgiven)
        self.settle(wallet)

    def claw_back(self, wallet, order, points):
        own = [lot for lot in wallet.lots if lot.source == order]
        others = [lot for lot in reversed(wallet.lots) if lot.source != order]
        others.sort(key=lambda lot: lot.opens)
        left = gone = points - sum(self.take(own, "expired", points))
        left -= sum(self.take(own, "pending", left))
        if not self.policy.pending_only:
            left -= sum(self.take(self.in_order(wallet, order), "free", left))
            left -= sum(self.take(others, "pending", left))
        owed = self.owe(wallet, left)
        wallet.earned -= gone - left + owed
        return left - owed

    def deduct(self, wallet, points):
        free = wallet.sum("free")
        if points > free and not self.owe(wallet, points - free) and not free:
            raise Refused
        self.spend(wallet, min(points, free))

    def adjust(self, wallet, points, **terms):
        if points < 0:
            self.spend(wallet, -points)
        else:
            part = "pending" if "opens" in terms else "free"
            self.give(wallet, object(), self.now, **{"ends": NEVER, part: points} | terms)
            self.settle(wallet)

    def transfer(self, wallet, to, points):
        if wallet.is_suspended:
            raise Refused
        source = object()
        for lot, part in self.spend(wallet, points):
            to.lots.append(Lot(source, self.now, lot.ends, free=part))
        self.repay(to)

    def give(self, wallet, source, earned, **terms):
        wallet.lots.append(Lot(source, earned, **terms))
        wallet.earned += terms.get("free", 0) + terms.get("pending", 0)
        self.repay(wallet)

    def give_back(self, wallet, parts, at):
        """Return what was taken of lots to them, or to new ones where they are over."""
        for lot, points in parts:
            if lot.ends > at:
                lot.free += points
            elif ends := self.policy.comeback and at + self.policy.comeback:
                wallet.lots.append(Lot(lot.source, lot.earned, ends, free=points))
            else:
                lot.expired += points
                wallet.expired += points
        self.repay(wallet)

    def owe(self, wallet, points):
        """Let points become debt as far as they may; return how many did."""
        owed = max(0, min(points, self.policy.most_debt - wallet.debt))
        wallet.debt += owed
        return owed

    def repay(self, wallet):
        points = min(wallet.debt, wallet.sum("free"))
        self.spend(wallet, points)
        wallet.debt -= points

    def spend(self, wallet, points):
        if points > wallet.sum("free"):
            raise Refused
        lots = self.in_order(wallet)
        return list(zip(lots, self.take(lots, "free", points), strict=True))

    def in_order(self, wallet, first=None):
        lots = [lot for lot in wallet.lots if lot.free]
        lots.sort(key=lambda lot: (not self.policy.oldest_first and lot.ends, lot.earned))
        return sorted(lots, key=lambda lot: lot.source != first) if first else lots

    def take(self, lots, part, points):
        """Empty a part of lots, in order, until `points` are found."""
        for lot in lots:
            taken = min(points, getattr(lot, part))
            setattr(lot, part, getattr(lot, part) - taken)
            points -= taken
            yield taken
