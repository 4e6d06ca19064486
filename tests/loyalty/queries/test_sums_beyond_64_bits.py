"""Numbers that fit one by one, and not together."""

import pytest

from loyalty.models import Order, Wallet
from loyalty.queries.overview import overview_of
from tests.factories import NOON, make_member, make_program, state_order

pytestmark = pytest.mark.django_db

LARGE = 2**62 + 1


def test_what_members_have_together_may_be_more_than_one_wallet_holds():
    program = make_program()
    for number in range(3):
        make_member(program, f"m-{number}")
    assert Wallet.objects.update(available=LARGE, pending=5) == 3

    (points,) = overview_of(program, at=NOON).outstanding

    assert (points.points, points.pending) == (3 * (LARGE + 5), 15)


def test_rules_know_what_a_member_has_spent_however_much_that_is():
    rule = {"on": "order", "award": {"points": 7}, "when": f"member.spend_12m >= {10**15}"}
    program = make_program(rules={"rich": rule})
    make_member(program)
    for number in range(3):
        state_order(program, f"o-{number}", amount=1000)
    Order.objects.update(subtotal=LARGE)

    state_order(program, "next", amount=1000)

    assert Wallet.objects.get().available == 7
