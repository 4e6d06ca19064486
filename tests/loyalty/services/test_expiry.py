"""Points that run out, points that come back after their time, and idle wallets."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.models import Lot, Wallet
from loyalty.queries.balances import WalletView
from loyalty.services.adjustments import Requested
from loyalty.services.redemptions import capture_redemption, void_redemption
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    pass_time,
    refund_order,
    reserve_points,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
IDLE = {"inactivity": "30 days"}


def test_an_order_earns_points_with_the_expiry_of_their_type():
    program = make_program(points={"expiry": {"after": "1 month", "round_up_to": "month"}})
    make_member(program)

    state_order(program)

    # 4 June, to the end of that month in Berlin.
    assert Lot.objects.get().expires_at == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_an_adjustment_follows_the_policy_unless_it_says_otherwise():
    ada = make_member(make_program(points={"expiry": {"after": "10 days"}}))

    give_points(ada, 5, expires_at="policy")

    assert Lot.objects.get().expires_at == NOON + 10 * DAY


def test_an_adjustment_may_never_expire():
    ada = make_member(make_program(points={"expiry": {"after": "10 days"}}))

    give_points(ada, 5, expires_at=None)

    assert Lot.objects.get().expires_at is None


def test_points_that_expired_count_as_taken_when_their_order_is_refunded():
    program = make_program(points={"expiry": {"after": "10 days"}})
    ada = make_member(program)
    state_order(program)
    pass_time(program, days=11)

    refund_order(program, amount=5000)

    assert balance_of(ada) == WalletView(lifetime_earned=50, lifetime_expired=50)


def test_a_hold_outlives_the_points_that_it_holds():
    ada = make_member(make_program())
    give_points(ada, 50, expires_at=NOON + timedelta(minutes=5))
    hold = reserve_points(ada, 50)

    capture_redemption(redemption=hold, points=50, requested=at(minutes=10))

    assert balance_of(ada, at=NOON + DAY) == WalletView(
        lifetime_earned=50, lifetime_redeemed=50
    )


def test_points_that_come_back_after_their_time_live_a_little_longer():
    ada = make_member(make_program(points={"min_validity_after_return": "14 days"}))
    give_points(ada, 50, expires_at=NOON + timedelta(minutes=5))
    hold = reserve_points(ada, 50)

    void_redemption(redemption=hold, requested=at(minutes=10))

    ends = NOON + timedelta(days=14, minutes=10)
    assert balance_of(ada, at=ends - timedelta(seconds=1)).available == 50
    assert balance_of(ada, at=ends).available == 0


def test_points_that_come_back_after_their_time_may_be_lost():
    ada = make_member(make_program(points={"min_validity_after_return": "0 days"}))
    give_points(ada, 50, expires_at=NOON + timedelta(minutes=5))
    hold = reserve_points(ada, 50)

    void_redemption(redemption=hold, requested=at(minutes=10))

    assert balance_of(ada, at=NOON + DAY) == WalletView(lifetime_earned=50, lifetime_expired=50)
    assert [entry.kind for entry in entries_of(ada)] == ["adjust", "hold", "void", "expire"]


def test_points_that_come_back_in_time_keep_their_date():
    ada = make_member(make_program())
    give_points(ada, 50, expires_at=NOON + DAY)
    hold = reserve_points(ada, 50)

    void_redemption(redemption=hold, requested=at(minutes=10))

    assert balance_of(ada, at=NOON + DAY).available == 0


def test_an_idle_wallet_loses_its_points():
    program = make_program(points={"expiry": IDLE})
    ada = make_member(program)
    state_order(program)

    assert balance_of(ada, at=NOON + 30 * DAY) == WalletView(
        lifetime_earned=50, lifetime_expired=50
    )


def test_earning_keeps_all_points_of_a_wallet_alive():
    program = make_program(points={"expiry": IDLE})
    ada = make_member(program)
    state_order(program, "1")
    pass_time(program, days=20)

    state_order(program, "2")

    assert balance_of(ada, at=NOON + 49 * DAY).available == 100
    assert balance_of(ada, at=NOON + 50 * DAY).available == 0


def test_spending_keeps_the_rest_alive():
    program = make_program(points={"expiry": IDLE})
    ada = make_member(program)
    state_order(program)
    pass_time(program, days=20)

    hold = reserve_points(ada, 10)
    capture_redemption(redemption=hold, points=10, requested=at(days=20))

    assert balance_of(ada, at=NOON + 49 * DAY).available == 40
    assert balance_of(ada, at=NOON + 50 * DAY).available == 0


def test_an_event_that_resets_keeps_points_alive():
    program = make_program(points={"expiry": IDLE | {"reset_by": ["event:visit"]}})
    ada = make_member(program)
    state_order(program)
    pass_time(program, days=20)

    state_event(program, type="visit")

    assert balance_of(ada, at=NOON + 49 * DAY).available == 50


def test_an_event_that_does_not_reset_keeps_nothing_alive():
    program = make_program(points={"expiry": IDLE | {"reset_by": ["event:visit"]}})
    ada = make_member(program)
    state_order(program)
    pass_time(program, days=20)

    state_event(program, type="review")

    assert balance_of(ada, at=NOON + 30 * DAY).available == 0


def test_points_given_to_an_idle_wallet_live_for_the_whole_period():
    program = make_program(points={"expiry": IDLE})
    ada = make_member(program)
    state_order(program)
    pass_time(program, days=40)

    give_points(ada, 5, expires_at="policy")

    assert balance_of(ada, at=NOON + 69 * DAY).available == 5
    assert balance_of(ada, at=NOON + 70 * DAY).available == 0


def test_a_gift_does_not_keep_older_points_alive():
    program = make_program(points={"expiry": IDLE})
    ada = make_member(program)
    state_order(program)
    pass_time(program, days=20)

    give_points(ada, 5, expires_at=None)

    assert balance_of(ada, at=NOON + 30 * DAY).available == 5


def test_a_wallet_without_activity_remembers_no_date():
    ada = make_member(make_program(), points=5)

    assert Wallet.objects.get(member=ada).idle_at is None


def at(**later):
    return Requested("later", NOON + timedelta(**later))
