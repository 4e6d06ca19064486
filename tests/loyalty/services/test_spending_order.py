"""Which points are spent first."""

from datetime import timedelta

import pytest

from tests.factories import NOON, give_points, make_member, make_program

pytestmark = pytest.mark.django_db

MAY, JUNE = NOON + timedelta(days=10), NOON + timedelta(days=40)


def remaining(member):
    lots = member.wallets.get().lots.order_by("id")
    return [lot.remaining for lot in lots]


def test_points_that_expire_soonest_are_spent_first():
    ada = make_member(make_program())
    give_points(ada, 10, expires_at=JUNE)
    give_points(ada, 10, expires_at=MAY)

    give_points(ada, -15)

    assert remaining(ada) == [5, 0]


def test_points_that_never_expire_are_spent_last():
    ada = make_member(make_program())
    give_points(ada, 10, expires_at=None)
    give_points(ada, 10, expires_at=JUNE)

    give_points(ada, -15)

    assert remaining(ada) == [5, 0]


def test_of_points_that_expire_together_the_oldest_are_spent_first():
    ada = make_member(make_program())
    give_points(ada, 10, occurred_at=NOON - timedelta(days=1))
    give_points(ada, 10, occurred_at=NOON - timedelta(days=2))

    give_points(ada, -15)

    assert remaining(ada) == [5, 0]


def test_of_points_of_one_moment_those_that_came_first_are_spent_first():
    ada = make_member(make_program())
    give_points(ada, 10)
    give_points(ada, 10)

    give_points(ada, -15)

    assert remaining(ada) == [0, 5]


def test_a_point_type_may_spend_the_oldest_first():
    ada = make_member(make_program(points={"spend_order": "oldest"}))
    give_points(ada, 10, expires_at=JUNE, occurred_at=NOON - timedelta(days=2))
    give_points(ada, 10, expires_at=MAY, occurred_at=NOON - timedelta(days=1))

    give_points(ada, -15)

    assert remaining(ada) == [0, 5]


def test_pending_points_are_not_spent():
    ada = make_member(make_program())
    give_points(ada, 10, available_at=MAY)
    give_points(ada, 10)

    give_points(ada, -10)

    assert remaining(ada) == [0, 0]
    assert ada.wallets.get().pending == 10
