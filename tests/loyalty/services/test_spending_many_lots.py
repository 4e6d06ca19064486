"""Redeeming reads only the lots that it spends from, and spends from the right ones."""

from datetime import timedelta

import pytest

from loyalty.models import Lot
from tests.factories import (
    NOON,
    PAY,
    balance_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    redeem,
    reserve_points,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# In days from now, None is never; several of them are equal.
ENDS = [9, None, 3, 3, 40, None, 1, 9, 25, 3]


def member_with_lots(program, name):
    member = make_member(program, name)
    for days in ENDS:
        give_points(member, 10, expires_at=NOON + days * DAY if days else None)
    return member


def left(member):
    lots = Lot.objects.filter(wallet__member=member).order_by("id")
    return list(lots.values_list("remaining", flat=True))


@pytest.mark.parametrize("points", [1, 10, 35, 61, 99, 100])
@pytest.mark.parametrize("spend_order", ["soonest_expiry", "oldest"])
def test_a_redemption_spends_the_same_lots_as_any_other_spending(spend_order, points):
    program = make_program(points={"spend_order": spend_order})
    make_rewards(program, **PAY)
    ada, bob, cleo = (member_with_lots(program, name) for name in ("ada", "bob", "cleo"))

    give_points(ada, -points)
    redeem(bob, "pay", points=points, order_total=10**12, capture=True)
    reserve_points(cleo, points)

    assert left(bob) == left(ada)
    assert left(cleo) == left(ada)


@pytest.mark.parametrize("dated", [20, 60])
def test_lots_that_expire_by_inactivity_are_spent_when_their_turn_comes(dated):
    policy = {"inactivity": "30 days", "reset_by": ["earn", "redeem"]}
    program = make_program(points={"expiry": policy})
    make_rewards(program, **PAY)
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    for member in (ada, bob):
        give_points(member, 10, expires_at="policy")
        give_points(member, 10, expires_at=NOON + dated * DAY)

    give_points(ada, -15)
    redeem(bob, "pay", points=15, order_total=10**12, capture=True)

    assert left(bob) == left(ada)


def test_one_cart_after_another_spends_what_is_left():
    program = make_program()
    make_rewards(program, **PAY)
    ada = member_with_lots(program, "ada")

    for number in range(10):
        reserve_points(ada, 10, key=f"cart-{number}")

    assert balance_of(ada).available == 0
    assert left(ada) == [0] * 10


@pytest.mark.parametrize("capture", [False, True])
def test_a_redemption_takes_few_statements_whatever_the_lots(
    django_assert_max_num_queries, capture
):
    program = make_program()
    make_rewards(program, gift={"cost": {"points": 5}, "gives": {"donation": "1.00"}})
    ada = member_with_lots(program, "ada")
    redeem(ada, "gift", key="first", capture=True)

    # Twelve, and the savepoint that a transaction within a test's is.
    with django_assert_max_num_queries(14):
        redeem(ada, "gift", key="second", capture=capture)
