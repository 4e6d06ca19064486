"""Whatever happens in whatever order: what was paid is a plain function of what is valid."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loyalty.models import Member, Order
from referrals.models import Payout, Referral
from tests.factories import NOON, make_member, state_order
from tests.proof import prove
from tests.referrals.factories import (
    claim,
    enrol,
    make_referrals,
    pass_days,
    points_of,
)

pytestmark = pytest.mark.django_db
FRIENDS = ("bob", "cid", "dan")
CAP, MINIMUM, HOLD = 2, 2000, 3

# What an order may come to, and how it may stand; paid on one of a few days.
statements = st.tuples(
    st.sampled_from(FRIENDS),
    st.sampled_from(("a", "b")),
    st.sampled_from(("paid", "fulfilled", "cancelled", "pending")),
    st.sampled_from((1500, 2000, 5000)),
    st.integers(0, 1),
)
happenings = st.lists(st.one_of(statements, st.integers(1, 4)), min_size=3, max_size=14)


# More friends than the cap, told out of order; one falls out after it was paid for, and
# comes back.
ALL = [(name, "a", "paid", 5000, 0) for name in reversed(FRIENDS)]
GONE = ("dan", "a", "cancelled", 5000, 0)


def is_valid(orders):
    """Say whether a friend's first order that is worth something reaches the minimum."""
    worth = sorted((at, name, amount) for name, (amount, at) in orders.items() if amount)
    return bool(worth) and worth[0][2] >= MINIMUM


@settings(
    max_examples=settings.default.max_examples // 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(happenings)
@example([*ALL, 4])
@example([*ALL, 4, GONE, 4])
@example([*ALL, 4, GONE, ("cid", "a", "cancelled", 5000, 0), 4, ALL[0], ALL[0]])
def test_what_was_paid_is_a_plain_function_of_what_is_valid_now(story):
    program = make_referrals(
        qualify={"minimum": "20.00", "first_only": True},
        hold=f"{HOLD} days",
        advocate={"gives": {"points": 100}, "cap": {"times": CAP, "per": "lifetime"}},
        milestones={"two": {"at": 2, "gives": {"points": 500}}},
    )
    ada = make_member(program)
    for name in FRIENDS:
        claim(ada, name)
        enrol(program, name)
    known = {name: {} for name in FRIENDS}
    for happening in story:
        if isinstance(happening, int):
            pass_days(program, happening)
            continue
        friend, order, status, amount, day = happening
        happen(program, known, friend, f"{friend}-{order}", (status, amount, day))
    pass_days(program, HOLD + 5)

    valid = [name for name in FRIENDS if is_valid(known[name])]
    milestone = 500 if len(valid) >= 2 else 0
    assert points_of(ada) == 100 * min(len(valid), CAP) + milestone
    for name in FRIENDS:
        friend = Member.objects.get(program=program, external_id=name)
        assert points_of(friend) == (50 if name in valid else 0)
    standing = Payout.objects.filter(program=program, outcome="given", taken_back_at=None)
    assert standing.filter(side="friend").count() == len(valid)
    assert Referral.objects.filter(program=program, state="rewarded").count() == len(valid)
    prove(program)


def happen(program, known, friend, order_id, stated):
    status, amount, day = stated
    at = NOON + timedelta(days=day)
    content = {"member": friend, "status": status, "amount": amount}
    if at <= program.now():
        content |= {"placed_at": at.isoformat(), "paid_at": at.isoformat()}
    state_order(program, order_id, **content)
    row = Order.objects.get(program=program, external_id=order_id)
    known[friend][order_id] = (row.subtotal if row.counts else 0, row.paid_at or row.placed_at)
