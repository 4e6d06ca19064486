"""What was spent comes back: whole or in part, to the lots it came from."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from loyalty.models import Lot, Reward
from loyalty.queries.balances import WalletView
from loyalty.rules.redemption import (
    AlreadyReversed,
    ExceedsCaptured,
    NotCaptured,
)
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    redeem,
)
from tests.loyalty.services.checkout import capture, reverse

pytestmark = pytest.mark.django_db

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}, "stock": 5}
CARD = {"cost": {"points": 100}, "gives": {"physical": "A card"}}
STARS = {"cost": {"points": 100}, "gives": {"points": 7, "point_type": "stars"}}


@pytest.fixture
def program():
    program = make_program(point_types={"stars": {}})
    make_rewards(program, coffee=COFFEE, card=CARD, stars=STARS)
    return program


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def remaining():
    return list(Lot.objects.order_by("id").values_list("remaining", flat=True))


def taken():
    return Reward.objects.get(code="coffee").taken


def test_what_is_reversed_goes_back_to_its_lots_with_their_old_expiry(ada):
    soon = NOON + timedelta(days=1)
    give_points(ada, 10, expires_at=soon)

    reverse(capture(redeem(ada, "coffee")))

    assert remaining() == [500, 10]
    assert balance_of(ada, at=soon).available == 500
    assert balance_of(ada).lifetime_redeemed == 0


def test_a_part_comes_back_to_the_lots_that_were_spent_last(ada):
    give_points(ada, 10, expires_at=NOON + timedelta(days=1))
    redemption = capture(redeem(ada, "coffee"))

    reverse(redemption, 85)
    assert remaining() == [495, 0]
    reverse(redemption, 8)
    assert remaining() == [500, 3]


def test_parts_that_come_back_add_up_to_the_whole(ada):
    redemption = capture(redeem(ada, "coffee"), 90)

    assert reverse(redemption, 50).status == "captured"
    assert taken() == 1
    assert reverse(redemption, 40).status == "reversed"
    assert balance_of(ada).available == 500
    assert taken() == 0


def test_a_part_of_what_was_redeemed_at_once_comes_back(ada):
    redemption = redeem(ada, "coffee", capture=True)

    reverse(redemption, 60)

    assert balance_of(ada) == WalletView(
        available=460, lifetime_earned=500, lifetime_redeemed=40
    )


def test_the_same_reversal_twice_gives_back_once(ada):
    redemption = capture(redeem(ada, "coffee"))

    reverse(redemption, 40, key="r")
    reverse(redemption, 40, key="r")

    assert balance_of(ada).available == 440


def test_more_than_was_captured_cannot_be_reversed(ada):
    redemption = capture(redeem(ada, "coffee"), 90)
    reverse(redemption, 50)

    with pytest.raises(ExceedsCaptured):
        reverse(redemption, 41)

    assert balance_of(ada).available == 460


def test_nothing_cannot_be_reversed(ada):
    redemption = capture(redeem(ada, "coffee"))

    with pytest.raises(InvalidInput):
        reverse(redemption, 0)


def test_what_is_only_held_cannot_be_reversed(ada):
    with pytest.raises(NotCaptured):
        reverse(redeem(ada, "coffee"))


def test_what_came_back_whole_cannot_be_reversed_again(ada):
    redemption = reverse(capture(redeem(ada, "coffee")))

    with pytest.raises(AlreadyReversed):
        reverse(redemption)


def test_a_lot_that_expired_meanwhile_gives_some_validity(ada):
    give_points(ada, 100, expires_at=NOON + timedelta(days=1))
    redemption = capture(redeem(ada, "coffee"))
    at = NOON + timedelta(days=10)

    reverse(redemption, 30, at=at)
    reverse(redemption, 30, at=at + timedelta(days=1))

    assert balance_of(ada, at=at + timedelta(days=13)).available == 560
    assert balance_of(ada, at=at + timedelta(days=14)).available == 530
    assert balance_of(ada, at=at + timedelta(days=15)).available == 500


def test_a_lot_that_expired_meanwhile_gives_nothing_back_without_validity():
    program = make_program(points={"min_validity_after_return": "0 days"})
    make_rewards(program, coffee=COFFEE)
    ada = make_member(program, points=500)
    give_points(ada, 100, expires_at=NOON + timedelta(days=1))
    redemption = capture(redeem(ada, "coffee"))

    at = NOON + timedelta(days=10)
    redemption = reverse(redemption, at=at)

    assert redemption.status == "reversed"
    assert balance_of(ada, at=at) == WalletView(
        available=500, lifetime_earned=600, lifetime_expired=100
    )


def test_points_of_another_type_come_with_the_capture(ada):
    redemption = redeem(ada, "stars")
    assert balance_of(ada, "stars").available == 0

    capture(redemption)

    assert balance_of(ada, "stars") == WalletView(available=7, lifetime_earned=7)


def test_points_of_another_type_come_with_a_redemption_at_once(ada):
    redeem(ada, "stars", capture=True)

    assert balance_of(ada, "stars").available == 7


def test_who_captures_half_gets_half_of_the_other_points(ada):
    capture(redeem(ada, "stars"), 50)

    assert balance_of(ada, "stars").available == 3


def test_points_of_another_type_go_in_proportion_to_what_comes_back(ada):
    redemption = capture(redeem(ada, "stars"))

    reverse(redemption, 50)
    assert balance_of(ada, "stars").available == 4
    reverse(redemption, 50)
    assert balance_of(ada, "stars") == WalletView()


def test_points_of_another_type_that_are_spent_are_owed(ada):
    redemption = capture(redeem(ada, "stars"))
    give_points(ada, -7, point_type="stars")

    reverse(redemption)

    assert balance_of(ada, "stars").debt == 7
