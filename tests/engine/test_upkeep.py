"""What time gives is there when somebody looks, whether or not a job has run."""

from datetime import timedelta

import pytest

from engine.upkeep import bring_up_to_date
from tests.factories import NOON, balance_of, make_member, make_program, state_order
from tests.referrals.factories import code_of, make_referrals
from tests.tiers.factories import make_ladders, tier_of

pytestmark = pytest.mark.django_db

GIFT = {"points": 200, "point_type": "points"}


def test_a_reward_for_a_rise_that_waited_for_the_next_period_is_there():
    program = make_program(rules={})
    ada = make_member(program)
    tiers = {"member": {"threshold": 0}, "gold": {"threshold": "500.00", "entry": GIFT}}
    ladder = {"window": {"calendar": "month"}, "upgrade": "next_period", "tiers": tiers}
    make_ladders(program, vip=ladder)
    state_order(program, amount=50000)
    june = NOON + timedelta(days=28)

    assert bring_up_to_date(program, [ada], at=june)

    assert (tier_of(ada, at=june), balance_of(ada, at=june).available) == ("gold", 200)
    assert not bring_up_to_date(program, [ada], at=june)


def test_an_advocates_reward_is_there_when_the_hold_has_passed():
    program = make_referrals(hold="14 days")
    ada = make_member(program)
    make_member(program, "bob", referral_code=code_of(ada))
    state_order(program, member="bob", amount=2000)
    later = NOON + timedelta(days=14)
    assert not bring_up_to_date(program, [ada], at=later - timedelta(seconds=1))

    assert bring_up_to_date(program, [ada], at=later)

    assert balance_of(ada, at=later).available == 100


def test_it_costs_nothing_where_nobody_waits(django_assert_num_queries):
    program = make_program()
    ada = make_member(program)
    make_ladders(program)
    bring_up_to_date(program, [ada], at=NOON)

    with django_assert_num_queries(0):
        bring_up_to_date(program, [ada], at=NOON)
