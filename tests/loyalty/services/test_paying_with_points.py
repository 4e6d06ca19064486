"""Paying with points at a checkout."""

import pytest

from core.errors import InvalidInput
from loyalty.rules.redemption import (
    AboveMaximum,
    AlreadyRedeemed,
    BelowMinimum,
    NotAStep,
    NotRedeemable,
)
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.redemptions import capture_redemption
from tests.factories import (
    balance_of,
    make_member,
    make_program,
    make_rewards,
    redeem,
    requested,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program(points={"value": "0.01"})


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def pay_by(program, **terms):
    make_rewards(program, pay={"gives": {"pay": {"point_type": "points"} | terms}})


def pay(member, points=None, total=4000, **more):
    return redeem(member, point_type="points", points=points, order_total=total, **more)


def test_points_pay_what_they_are_worth(ada):
    redemption = pay(ada, 300)

    assert (redemption.points, redemption.discount) == (300, 300)
    assert redemption.reward is None


def test_a_reward_says_what_points_are_worth_when_paying(program, ada):
    pay_by(program, rate="0.02")

    redemption = pay(ada, 300)

    assert (redemption.reward.code, redemption.discount) == ("pay", 600)


def test_points_without_a_value_pay_for_nothing():
    ada = make_member(make_program(), points=500)

    with pytest.raises(NotRedeemable):
        pay(ada, 300)


def test_one_of_several_ways_to_pay_has_to_be_named(program, ada):
    way = {"gives": {"pay": {"point_type": "points"}}}
    make_rewards(program, web=way, till=way)

    with pytest.raises(InvalidInput, match="web or till"):
        pay(ada, 300)
    assert redeem(ada, "till", points=300, order_total=4000).reward.code == "till"


@pytest.mark.parametrize(
    ("points", "total", "refusal"),
    [
        (40, 4000, BelowMinimum),
        (125, 4000, NotAStep),
        (350, 600, AboveMaximum),
        (550, 4000, InsufficientPoints),
    ],
)
def test_what_cannot_be_paid_is_refused_by_name_and_not_made_to_fit(
    program, ada, points, total, refusal
):
    pay_by(program, minimum=50, step=50, at_most_percent=50)

    with pytest.raises(refusal):
        pay(ada, points, total)

    assert balance_of(ada).held == 0


@pytest.mark.parametrize(
    ("points", "total", "taken"),
    [(420, 4000, 400), (None, 4000, 500), (None, 600, 300), (9999, 4000, 500)],
)
def test_up_to_takes_what_can_be_taken(program, ada, points, total, taken):
    pay_by(program, minimum=50, step=50, at_most_percent=50)

    assert pay(ada, points, total, up_to=True).points == taken


@pytest.mark.parametrize(
    ("points", "total", "refusal"), [(40, 4000, BelowMinimum), (None, 90, AboveMaximum)]
)
def test_up_to_is_refused_when_nothing_can_be_taken(program, ada, points, total, refusal):
    pay_by(program, minimum=50, step=50, at_most_percent=50)

    with pytest.raises(refusal):
        pay(ada, points, total, up_to=True)


def test_up_to_is_refused_without_points(program):
    bob = make_member(program, "bob")

    with pytest.raises(InsufficientPoints, match="1 point short"):
        pay(bob, up_to=True)


@pytest.mark.parametrize("missing", ["points", "order_total"])
def test_a_payment_says_how_much_of_what(ada, missing):
    said = {"points": 300, "order_total": 4000} | {missing: None}

    with pytest.raises(InvalidInput):
        redeem(ada, point_type="points", **said)


def test_an_order_is_paid_with_points_once(ada):
    pay(ada, 300, order="1001")

    with pytest.raises(AlreadyRedeemed):
        pay(ada, 100, order="1001")


def test_what_is_captured_decides_the_discount(program, ada):
    pay_by(program, rate="0.015")

    redemption = capture_redemption(
        redemption=pay(ada, 300), points=101, requested=requested(ada)
    )

    assert redemption.discount == 151
