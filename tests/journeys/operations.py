"""Things that happen in a shop, drawn by a seed: the same on any database."""

from dataclasses import asdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.errors import DomainError
from engine.batch import Answer
from engine.pipeline import state_facts
from loyalty.models import Entry, Member, Program, Redemption
from loyalty.queries.balances import forecast_of
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import (
    capture_redemption,
    reverse_redemption,
    void_redemption,
)
from loyalty.services.reversals import reverse_entry
from loyalty.services.transfers import transfer_points
from tests.factories import (
    PAY,
    SPEND,
    change_rules,
    event_stated,
    give_points,
    make_member,
    make_program,
    make_rewards,
    member_stated,
    order_stated,
    pass_time,
    point_type_of,
    redeem,
    refund_stated,
    reserve_points,
)
from tests.journeys.names import renamed
from tests.journeys.snapshots import snapshot
from tests.proof import prove, prove_days
from tests.tiers.factories import make_ladders

RULES = {
    "spend": SPEND | {"limits": [{"points": 300, "per": "week", "window": "rolling"}]},
    "first": {"on": "order", "award": {"points": 25}, "when": "order.is_first"},
    "double": {"on": "order", "multiply": "1.5", "lines": 'line.sku == "A"'},
    "miles": {"on": "order", "point_type": "air_miles", "award": {"points": 1, "per": "9.00"}},
    "review": {
        "on": "review",
        "award": {"points": 10},
        "limits": [{"times": 5, "per": "day", "of": "program"}],
    },
    "welcome": {"on": "signup", "award": {"points": 5}, "expiry": {"after": "40 days"}},
}
POINTS = {
    "hold": {"after": "fulfilled", "days": 3, "timeout": "20 days"},
    "expiry": {"after": "2 months", "round_up_to": "month"},
    "max_balance": 2000,
    "min_validity_after_return": "5 days",
}
AIR_MILES: dict[str, Any] = {"air_miles": {"expiry": {"after": "30 days"}, "debt": "clamp"}}


REWARDS = PAY | {
    "cup": {"cost": {"points": 30}, "gives": {"free_product": "CUP"}, "stock": 25},
    "mug": {"cost": {"points": 40, "air_miles": 8}, "gives": {"physical": "MUG"}},
    "flight": {
        "cost": {"points": 60},
        "gives": {"points": 7, "point_type": "air_miles"},
        "limits": [{"times": 2, "per": "day", "of": "program"}],
        "several_per_order": True,
    },
}


# Ladders of every kind that time or a refund may bring a member down from.
LADDERS = {
    "vip": {
        "window": {"rolling": "2 months"},
        "tiers": {
            "member": {"threshold": 0},
            "silver": {
                "threshold": "60.00",
                "multiplier": "1.5",
                "entry": {"points": 15, "point_type": "points", "once": "each_time"},
            },
            "gold": {"threshold": "200.00", "multiplier": 2, "entry": {"fixed": "5.00"}},
        },
    },
    "season": {
        "metric": "orders",
        "window": {"calendar": "quarter"},
        "downgrade": "one_step",
        "grace": "5 days",
        "tiers": {"guest": {"threshold": 1}, "regular": {"threshold": 4}},
    },
    "miler": {
        "metric": "points",
        "point_type": "air_miles",
        "on_refund": "keep_until",
        "valid_for": "40 days",
        "tiers": {"none": {"threshold": 0}, "flyer": {"threshold": 9}},
    },
}


# When to look: at a past that has been told, at this moment, and at what is to come.
LOOKS = [timedelta(days=-20), timedelta(0), timedelta(days=50)]


def life_of(seed: int, throws: int) -> dict[str, Any]:
    """Let `throws` things happen; return all answers, what members see, and all rows."""
    shop = Shop(seed)
    shop.live(throws)
    prove(shop.program)
    prove_days(shop.program)
    life = {"answers": shop.happened, "seen": shop.seen(), "rows": snapshot(shop.program)}
    renamed_life: dict[str, Any] = renamed(shop.program, life)
    return renamed_life


class Shop:
    """A shop and a die: every throw is something that happens there."""

    def __init__(self, seed: int, points: dict[str, Any] = POINTS) -> None:
        self.random = Random(seed)
        self.program = make_program(rules=RULES, points=points, point_types=AIR_MILES)
        make_rewards(self.program, **REWARDS)
        make_ladders(self.program, **LADDERS)
        self.names = [f"m-{number}" for number in range(12)]
        self.guests = [f"g-{number}@example.org" for number in range(6)]
        self.orders: dict[str, dict[str, Any]] = {}
        self.count = 0
        self.happened: list[Any] = []

    def live(self, throws: int) -> None:
        """Let so many things happen."""
        acts = [
            (self.state_facts, 60),
            (self.adjust, 10),
            (self.hold, 8),
            (self.settle_hold, 8),
            (self.redeem, 8),
            (self.give_back, 5),
            (self.transfer, 5),
            (self.reverse, 3),
            (self.wait, 10),
            (self.change_rules, 1),
        ]
        for _ in range(throws):
            self.count += 1
            (act,) = self.random.choices([a for a, _ in acts], [w for _, w in acts])
            try:
                came_to = act()
            except DomainError as error:
                came_to = type(error).__name__
            self.happened.append((act.__name__, came_to))

    def seen(self) -> dict[str, Any]:
        """Return what each member sees of wallets that were, are and will be."""
        now = self.program.now()
        return {
            str(member.external_id): {
                str(look): {code: asdict(seen) for code, seen in forecast.items()}
                for look in LOOKS
                for forecast in [forecast_of(member, at=now + look, now=now)]
            }
            for member in Member.objects.filter(program=self.program)
        }

    def state_facts(self) -> list[Any]:
        size = self.random.choice([1, 1, 1, 1, 4])
        statements = [self.random.choice(self.facts)(self) for _ in range(size)]
        answers = state_facts(self.program, statements, at=self.program.now())
        return [self.told(answer) for answer in answers]

    def told(self, answer: Answer) -> Any:
        if answer.error:
            return type(answer.error).__name__, str(answer.error)
        return answer.created, answer.applied, answer.body | {"decision": None}

    def order(self) -> Any:
        name = f"o-{self.count}-{self.random.randrange(1000)}"
        self.orders[name] = self.random.choice(
            [
                {"member": self.random.choice(self.names)},
                {"member": self.random.choice(self.names)},
                {"guest": {"email": self.random.choice(self.guests)}},
            ]
        ) | {"placed_at": self.moment()}
        return self.restated(name)

    def restate(self) -> Any:
        return (
            self.restated(self.random.choice([*self.orders])) if self.orders else self.order()
        )

    def restated(self, name: str) -> Any:
        status = self.random.choice(["pending", "paid", "paid", "fulfilled", "cancelled"])
        lines = [
            {
                "id": str(place),
                "sku": self.random.choice("AB"),
                "quantity": self.random.randint(1, 4),
                "unit_price": self.random.randint(1, 4000),
            }
            for place in range(self.random.randint(1, 3))
        ]
        content = {"status": status, "lines": lines, "shipping": 490}
        named = self.named(name) if self.random.random() < 0.4 else {}
        return order_stated(self.program, name, **content | named | self.orders[name])

    def named(self, order: str) -> dict[str, Any]:
        """Return what an order says that it was paid with: its member's, mostly."""
        known = Redemption.objects.filter(program=self.program).order_by("-id")
        if self.random.random() < 0.8:
            known = known.filter(member__external_id=self.orders[order].get("member"))
        if not known:
            return {"redemptions": ["red_999999999"]}
        chosen = [self.random.choice(known[:3]) for _ in range(self.random.randint(1, 2))]
        codes = [one.voucher.shown for one in chosen if hasattr(one, "voucher")]
        return {"redemptions": [str(one) for one in chosen], "vouchers": codes}

    def refund(self) -> Any:
        name = self.random.choice([*self.orders, "unknown"])
        content: dict[str, Any] = {"amount": self.random.randint(0, 3000)}
        if self.random.random() < 0.5:
            content["lines"] = [{"id": "0", "quantity": 1}]
        return refund_stated(self.program, name, f"r-{self.random.randrange(9)}", **content)

    def event(self) -> Any:
        return event_stated(
            self.program,
            f"e-{self.random.randrange(2000)}",
            type=self.random.choice(["review", "visit"]),
            member=self.random.choice(self.names),
            occurred_at=self.moment(),
        )

    def enrol(self) -> Any:
        email = self.random.choice([None, self.random.choice(self.guests)])
        given = {"email": email} if email else {"attributes": {"n": self.count}}
        return member_stated(self.program, self.random.choice(self.names), **given)

    facts = (order, order, restate, restate, refund, event, enrol)

    def moment(self) -> str:
        ago = timedelta(hours=self.random.choice([0, 0, 1, 30, 700]))
        return (self.program.now() - ago).isoformat()

    def member(self) -> Member:
        name = self.random.choice(self.names)
        known = Member.objects.filter(program=self.program, external_id=name)
        return known.first() or make_member(self.program, name)

    def adjust(self) -> Any:
        points = self.random.choice([50, 200, -30, -100])
        terms: dict[str, Any] = {"allow_debt": self.random.random() < 0.3}
        if self.random.random() < 0.5:
            terms["expires_at"] = self.program.now() + timedelta(days=9)
        return give_points(self.member(), points, key=f"a-{self.count}", **terms).points

    def hold(self) -> Any:
        lasts = timedelta(minutes=self.random.choice([10, 1200]))
        points = self.random.randint(1, 120)
        hold = reserve_points(self.member(), points, key=f"h-{self.count}", lasts=lasts)
        return hold.points

    def settle_hold(self) -> Any:
        holds = list(Redemption.objects.filter(program=self.program).order_by("id"))
        if not holds:
            return None
        now = self.program.now()
        still_open = [hold for hold in holds if hold.status_at(now) == "held"]
        hold, asked = self.random.choice(still_open or holds[-8:]), self.asked()
        if self.random.random() < 0.5:
            return void_redemption(redemption=hold, requested=asked).points
        points = self.random.randint(1, max(1, hold.points))
        capture_redemption(redemption=hold, points=points, requested=asked)
        return points

    def redeem(self) -> Any:
        member = self.member()
        theirs = [
            name
            for name, order in self.orders.items()
            if order.get("member") == member.external_id
        ]
        terms: dict[str, Any] = {"order": self.random.choice(["", *theirs[-3:]])}
        terms["capture"] = self.random.random() < 0.5
        reward = self.random.choice(["cup", "mug", "flight"])
        return redeem(member, reward, key=f"d-{self.count}", **terms).points

    def give_back(self) -> Any:
        spent = Redemption.objects.filter(program=self.program, captured_points__gt=0)
        redemption = self.random.choice([*spent.order_by("-id")[:9], None])
        if redemption is None:
            return None
        points = self.random.choice([None, 1, 20])
        reverse_redemption(redemption=redemption, points=points, requested=self.asked())
        return redemption.reversed_points

    def transfer(self) -> Any:
        return transfer_points(
            sender=self.member(),
            recipient=self.member(),
            point_type=point_type_of(self.program),
            points=self.random.randint(1, 60),
            requested=self.asked(),
        ).points

    def reverse(self) -> Any:
        entries = Entry.objects.filter(program=self.program, kind__in=["adjust", "transfer_in"])
        entry = self.random.choice(list(entries.order_by("id")) or [None])
        if entry is None:
            return None
        return reverse_entry(entry=entry, reason="mistake", requested=self.asked()).points

    def wait(self) -> Any:
        hours = self.random.choice([1, 8, 30, 100])
        if self.random.random() < 0.6:
            return pass_time(self.program, hours=hours)
        self.set_clock(self.program.now() + timedelta(hours=hours))
        return None

    def set_clock(self, to: datetime) -> None:
        """Let time pass and nobody look."""
        self.program.clock_at = to
        Program.objects.filter(pk=self.program.pk).update(clock_at=to)

    def change_rules(self) -> None:
        per = self.random.choice(["1.00", "2.00"])
        spend = RULES["spend"] | {"award": {"points": 1, "per": per}}
        change_rules(self.program, RULES | {"spend": spend})

    def asked(self) -> Requested:
        return Requested(f"k-{self.count}", self.program.now())
