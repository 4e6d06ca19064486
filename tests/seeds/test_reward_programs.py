"""The features about rewards: each does what its first line says."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.queries.rewards import catalogue
from loyalty.queries.setup import setup_of
from loyalty.rules.paying import quote_payment
from tests.factories import NOON, balance_of, give_points, make_member, redeem
from tests.seeds.test_programs import feature

pytestmark = pytest.mark.django_db


def why_not(member, code, *, at=NOON):
    """Return why the member cannot have this reward, None if they can."""
    [reward] = [r for r in catalogue(member.program, member, at) if r["code"] == code]
    return reward["why_not"]


def test_everything_a_reward_can_give_is_to_be_had_for_a_hundred_points():
    program = feature("rewards_kinds")
    ada = make_member(program, points=1100, at=NOON)

    for code in setup_of(program).rewards:
        redeem(ada, code, at=NOON, capture=True)

    assert balance_of(ada, at=NOON).available == 0
    assert balance_of(ada, "miles", at=NOON).available == 300


def test_points_pay_up_to_half_the_order_in_hundreds():
    [pay] = setup_of(feature("pay_with_points")).pay_rewards("points")

    quote = quote_payment(pay.gives.pay, available=5000, order_total=4790)

    assert (quote.points, quote.discount) == (2300, 2300)


def test_a_coffee_a_day_and_ten_a_year():
    ada = make_member(feature("reward_limits"), points=5000, at=NOON)

    for day in range(10):
        redeem(ada, "coffee", at=NOON + timedelta(days=day), capture=True)

    assert why_not(ada, "coffee", at=NOON + timedelta(days=9, hours=1)) == "limit_reached"
    assert why_not(ada, "coffee", at=NOON + timedelta(days=100)) == "limit_reached"
    assert why_not(ada, "coffee", at=NOON + timedelta(days=365)) is None


def test_a_stollen_waits_for_december_and_for_members_of_a_year():
    program = feature("reward_windows")
    year_ago = datetime(2025, 11, 20, tzinfo=UTC)
    old = make_member(program, "old", joined_at=year_ago.isoformat(), at=NOON)
    new = make_member(program, "new", at=NOON)
    for member in (old, new):
        give_points(member, 300, at=NOON)

    midnight = datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert why_not(old, "stollen", at=midnight - timedelta(seconds=1)) == "not_redeemable"
    assert why_not(old, "stollen", at=midnight) is None
    assert why_not(new, "stollen", at=midnight) == "not_eligible"
    assert catalogue(program, None, datetime(2026, 12, 24, 12, tzinfo=UTC)) == []


def test_codes_are_made_up_with_a_prefix_or_taken_from_a_pool():
    ada = make_member(feature("vouchers"), points=2000, at=NOON)

    voucher = redeem(ada, "five_off", at=NOON).voucher
    assert voucher.shown.startswith("HC")
    assert voucher.valid_until == NOON + timedelta(days=30)
    assert redeem(ada, "week_of_coffee", at=NOON).voucher.uses == 5
    assert why_not(ada, "cinema") == "out_of_stock"
