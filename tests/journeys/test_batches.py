"""A batch has exactly the effect of its facts one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from engine.pipeline import state_fact, state_facts
from tests.factories import (
    NOON,
    SPEND,
    event_stated,
    give_points,
    make_member,
    make_program,
    make_rewards,
    member_stated,
    order_stated,
    redeem,
    refund_stated,
)
from tests.journeys.names import renamed
from tests.journeys.snapshots import snapshot
from tests.proof import prove, prove_days
from tests.tiers.factories import make_ladders

pytestmark = pytest.mark.django_db

NAMES = ["ada", "bob", "cleo"]
ADDRESSES = [f"{name}@example.org" for name in NAMES]

# Three members, three addresses, three orders: everything gets in everything's way.
names = st.sampled_from(NAMES)
addresses = st.sampled_from(ADDRESSES)
ids = st.sampled_from(["o-1", "o-2", "o-3"])
amounts = st.sampled_from([1000, 2500, 9900])


def fact(state, *ids, **content):
    """Return a fact that is not stated yet, as the factory, its ids and its content."""
    return st.tuples(st.just(state), st.tuples(*ids), st.fixed_dictionaries(content))


def order(**whose):
    statuses = st.sampled_from(["paid", "paid", "paid", "pending", "cancelled"])
    return fact(order_stated, ids, amount=amounts, status=statuses, **whose)


facts = st.one_of(
    order(member=names),
    order(member=names, version=st.integers(1, 4)),
    order(member=st.none()),
    order(guest=st.fixed_dictionaries({"email": addresses})),
    fact(refund_stated, ids, st.sampled_from(["r-1", "r-2"]), amount=amounts),
    fact(
        event_stated,
        st.sampled_from(["e-1", "e-2", "e-3"]),
        type=st.just("review"),
        member=names,
    ),
    fact(member_stated, names),
    fact(member_stated, names, email=addresses | st.none()),
)
enrolled = st.sets(names).map(
    lambda known: [
        (member_stated, (name,), {"email": f"{name}@example.org"}) for name in sorted(known)
    ]
)

LIMIT = {"points": 60, "per": "day"}
WELCOME = {"on": "signup", "award": {"points": 5}}
FIRST = {"on": "order", "award": {"points": 11}, "when": "order.is_first"}


# A threshold that one order reaches, one that takes three, and what entering them gives.
VIP = {
    "window": {"rolling": "12 months"},
    "tiers": {
        "member": {"threshold": 0},
        "silver": {
            "threshold": "20.00",
            "multiplier": 2,
            "entry": {"points": 9, "point_type": "points", "once": "each_time"},
        },
        "gold": {"threshold": "150.00", "entry": {"fixed": "5.00"}},
    },
}


def shop(limit):
    program = make_program(
        rules={
            "spend": SPEND | {"limits": [limit]},
            "first": FIRST,
            "review": {"on": "review", "award": {"points": 7}},
            "welcome": WELCOME,
        },
        points={"hold": {"days": 14}, "max_balance": 150},
    )
    make_ladders(program, vip=VIP)
    return program


# What ada and bob have when they come to the till; cleo has nothing, and "lost" nobody.
PURSES = [f"{name}'s {what}" for name in ("ada", "bob") for what in ("cart", "cup", "bag")]
REWARDS = {
    "cup": {"cost": {"points": 10}, "gives": {"free_product": "CUP"}, "stock": 9},
    "bag": {"cost": {"points": 10}, "gives": {"fixed": "5.00"}, "voucher": {"uses": 2}},
}
redemptions = st.lists(st.sampled_from([*PURSES, "lost"]), max_size=2)
vouchers = st.lists(st.sampled_from([*PURSES, "lost"]), max_size=2)
paid_facts = st.one_of(
    order(member=names, redemptions=redemptions, vouchers=vouchers),
    order(member=names, redemptions=redemptions, vouchers=vouchers),
    order(
        guest=st.fixed_dictionaries({"email": addresses}),
        redemptions=redemptions,
        vouchers=vouchers,
    ),
    order(member=names),
    fact(refund_stated, ids, st.sampled_from(["r-1", "r-2"]), amount=amounts),
    fact(member_stated, names, email=addresses),
)


class Till:
    """A shop in which ada and bob have points held, and vouchers."""

    def __init__(self):
        self.program = make_program(points={"value": "0.01"})
        make_rewards(self.program, **REWARDS)
        self.purses = {"lost": ("red_999999999", "NOBODY")}
        for name in ("ada", "bob"):
            self.fill_purse(make_member(self.program, name), name)

    def fill_purse(self, member, name):
        give_points(member, 100, key=f"given {name}")
        order = "o-1" if name == "bob" else ""
        made = {
            "cart": {"point_type": "points", "points": 30, "order_total": 10**6},
            "cup": {"reward": "cup", "order": order},
            "bag": {"reward": "bag", "capture": True},
        }
        for what, request in made.items():
            row = redeem(member, key=f"{name}'s {what}", **request)
            code = row.voucher.shown if row.reward_id else "NOBODY"
            self.purses[f"{name}'s {what}"] = (str(row), code)

    def stated(self, drawn):
        return [
            state(self.program, *ids, **self.named(content)) for state, ids, content in drawn
        ]

    def named(self, content):
        return content | {
            what: [self.purses[name][place] for name in content[what]]
            for place, what in enumerate(["redemptions", "vouchers"])
            if what in content
        }


def stated(program, drawn):
    return [state(program, *ids, **content) for state, ids, content in drawn]


def one_by_one(program, statements):
    answers = []
    for statement in statements:
        try:
            answers.append(state_fact(program, statement, at=NOON))
        except DomainError as error:
            answers.append(error)
    return [told(answer) for answer in answers]


def told(answer):
    """Return what a storefront is told, but for the number of the decision."""
    error = answer if isinstance(answer, DomainError) else answer.error
    if error is not None:
        return type(error), str(error)
    body = answer.body | {"decision": None}
    return answer.created, answer.applied, answer.waiting, body


@given(
    known=enrolled,
    before=st.lists(facts, max_size=4),
    drawn=st.lists(facts, min_size=2, max_size=12),
    of=st.sampled_from(["member", "program"]),
)
def test_a_batch_equals_its_facts_one_by_one(known, before, drawn, of):
    together, apart = shop(LIMIT | {"of": of}), shop(LIMIT | {"of": of})
    for program in (together, apart):
        one_by_one(program, stated(program, known + before))

    batch = state_facts(together, stated(together, drawn), at=NOON)
    single = one_by_one(apart, stated(apart, drawn))

    # What entering gold gives has a code of its own.
    answers = [told(answer) for answer in batch]
    assert renamed(together, answers) == renamed(apart, single)
    assert renamed(together, snapshot(together)) == renamed(apart, snapshot(apart))
    prove(together)
    prove_days(together)


def test_orders_of_one_time_are_claimed_alike_however_their_batch_was_done():
    guest = {"email": "cleo@example.org"}
    drawn = [
        # The second of a guest's waits for the next wave; cleo's does not.
        (order_stated, ("o-2",), {"amount": 1000, "guest": guest}),
        (order_stated, ("o-1",), {"amount": 1000, "guest": guest}),
        (order_stated, ("o-3",), {"amount": 2500, "member": "cleo"}),
        (member_stated, ("cleo",), guest),
    ]
    together, apart = shop(LIMIT), shop(LIMIT)

    state_facts(together, stated(together, drawn), at=NOON)
    one_by_one(apart, stated(apart, drawn))

    assert snapshot(together) == snapshot(apart)


@settings(max_examples=settings.default.max_examples // 2)
@given(
    before=st.lists(paid_facts, max_size=3), drawn=st.lists(paid_facts, min_size=2, max_size=8)
)
def test_a_batch_of_what_was_paid_with_points_equals_its_facts_one_by_one(before, drawn):
    together, apart = Till(), Till()
    for till in (together, apart):
        one_by_one(till.program, till.stated(before))

    batch = state_facts(together.program, together.stated(drawn), at=NOON)
    single = one_by_one(apart.program, apart.stated(drawn))

    answers = [told(answer) for answer in batch]
    assert renamed(together.program, answers) == renamed(apart.program, single)
    ours, theirs = (renamed(it.program, snapshot(it.program)) for it in (together, apart))
    assert ours == theirs
    prove(together.program)
    prove_days(together.program)
