"""What is stated of an order while its member may not earn lifts nobody either."""

import pytest

from loyalty.models import Member
from loyalty.queries.setup import setup_of
from loyalty.services.statuses import reactivate_member, suspend_member
from tests.factories import NOON, make_member, make_program, refund_order, state_order
from tests.tiers.factories import make_ladders, tier_of
from tests.tiers.lives import days_of
from tiers.models import EntryReward
from tiers.queries.days import differing, sums_kept, sums_stated

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    program = make_program()
    make_ladders(program)
    return program


@pytest.fixture
def ada(program):
    """Ada, who has an order of 100.00 and was suspended after it."""
    ada = make_member(program)
    state_order(program, amount=10000)
    suspend(ada)
    return ada


def suspend(member):
    suspend_member(member=member, earning=True, redeeming=False, at=NOON)


def reactivate(member):
    reactivate_member(member=member, at=NOON)


def assert_sums_are_what_is_stated(member):
    stated = sums_stated(setup_of(member.program), [member.pk])
    kept = sums_kept([member.pk])
    assert not differing(stated.orders, kept.orders)
    assert not differing(stated.points, kept.points)


def test_an_order_that_grows_meanwhile_counts_for_what_it_was(program, ada):
    state_order(program, amount=60000)

    assert (tier_of(ada), days_of(ada)) == ("member", [("2026-05-04", 10000, 1)])
    assert not EntryReward.objects.exists()
    assert_sums_are_what_is_stated(ada)


def test_one_that_shrinks_meanwhile_counts_for_what_is_left(program, ada):
    refund_order(program, amount=4000)
    state_order(program, amount=60000)

    assert days_of(ada) == [("2026-05-04", 6000, 1)]
    assert_sums_are_what_is_stated(ada)


def test_one_that_comes_to_life_meanwhile_counts_for_nothing(program, ada):
    state_order(program, status="cancelled", amount=10000)
    state_order(program, amount=60000)

    assert days_of(ada) == []
    assert_sums_are_what_is_stated(ada)


def test_one_that_is_stated_again_afterwards_is_looked_at_again_as_its_points_are(program, ada):
    state_order(program, amount=60000)
    reactivate(Member.objects.get())

    answer = state_order(program, status="fulfilled", amount=60000)

    assert answer.body["points"][0]["target"] == 600
    assert (tier_of(ada), days_of(ada)) == ("gold", [("2026-05-04", 60000, 1)])
    assert_sums_are_what_is_stated(ada)
