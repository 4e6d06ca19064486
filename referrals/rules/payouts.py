"""What referrals pay: amounts, how many of them an advocate is paid, and milestones.

What was counted is counted by the caller, under lock; here is arithmetic.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.periods import Window, window_of
from loyalty.rules.gives import Gives


@dataclass(frozen=True, slots=True, eq=False)
class Gift:
    """What a side is given: always the same, or points by the amount of the order.

    `per` is in minor units; by amount, only whole points are given.
    """

    gives: Gives | None = None
    points: int = 0
    per: int = 0
    point_type: str = ""

    def for_amount(self, amount: int) -> Gives | None:
        """Return what is given for an order of so much; None if that is nothing."""
        if self.gives is not None:
            return self.gives
        points = self.points * amount // self.per
        if not points:
            return None
        form = {"points": points, "point_type": self.point_type}
        return Gives("points", form, points=points, point_type=self.point_type)


def cost_of(gives: Gives) -> tuple[int, int]:
    """Return what a budget counts of a gift: points, and money in minor units.

    A percentage without a most is worth nobody knows what, and counts nothing.
    """
    if gives.kind == "percent":
        return 0, gives.at_most or 0
    return gives.points, gives.amount


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a referral program gives in all; None is no limit."""

    points: int | None = None
    money: int | None = None

    @property
    def is_limited(self) -> bool:
        return self.points is not None or self.money is not None

    def has_room(self, spent: tuple[int, int], cost: tuple[int, int]) -> bool:
        """Say whether a gift still fits, whole: half a reward is none."""
        for most, gone, more in zip((self.points, self.money), spent, cost, strict=True):
            if most is not None and more and gone + more > most:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Cap:
    """An advocate is paid for so many friends within a calendar period."""

    times: int
    per: str

    def window(self, at: datetime, zone: ZoneInfo) -> Window:
        return window_of(self.per, "calendar", at, zone)

    def has_room(self, paid: int) -> bool:
        return paid < self.times


@dataclass(frozen=True, slots=True)
class Candidate:
    """A referral that an advocate may be paid for: its number, and from when on."""

    id: int
    due_at: datetime
    is_paid: bool = False


def to_be_paid(
    candidates: Iterable[Candidate], cap: Cap | None, zone: ZoneInfo
) -> frozenset[int]:
    """Return the referrals, of those that are valid now, that are to be paid.

    Who is paid stays paid. Room goes to the earliest of the others, so that in every
    period as many are paid as are valid, up to the cap, whatever happened on the way.
    """
    ordered = sorted(candidates, key=lambda one: (not one.is_paid, one.due_at, one.id))
    if cap is None:
        return frozenset(one.id for one in ordered)
    used: dict[datetime, int] = {}
    chosen = set()
    for one in ordered:
        start = cap.window(one.due_at, zone).start
        if one.is_paid or cap.has_room(used.get(start, 0)):
            used[start] = used.get(start, 0) + 1
            chosen.add(one.id)
    return frozenset(chosen)


@dataclass(frozen=True, slots=True, eq=False)
class Milestone:
    """What an advocate is given for the n-th friend, or for every n-th."""

    code: str
    gives: Gives
    number: int
    repeats: bool = False

    def reached(self, friends: int) -> int:
        """Return how many times so many rewarded friends reach it."""
        return friends // self.number if self.repeats else int(friends >= self.number)


def milestones_due(
    milestones: Sequence[Milestone], friends: int, given: Mapping[str, int]
) -> list[tuple[Milestone, int]]:
    """Return by how many times each milestone is to be given more, or less (below zero)."""
    changes = [(each, each.reached(friends) - given.get(each.code, 0)) for each in milestones]
    return [(each, change) for each, change in changes if change]
