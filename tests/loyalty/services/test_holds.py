"""Holds: points reserved for a checkout, and what becomes of them."""

from datetime import timedelta
from functools import partial

import pytest

from loyalty.models import Hold
from loyalty.queries.balances import WalletView
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.adjustments import Requested
from loyalty.services.holds import ExceedsHold, HoldSettled, capture_hold, void_hold
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    pass_time,
    reserve_points,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_member(make_program(), points=100)


def asked(key="k-1", **later):
    return Requested(key, NOON + timedelta(**later))


def test_a_hold_lowers_what_is_available_at_once(ada):
    reserve_points(ada, 60)

    assert balance_of(ada) == WalletView(available=40, held=60, lifetime_earned=100)


def test_more_than_is_available_cannot_be_held(ada):
    with pytest.raises(InsufficientPoints, match="1 point short"):
        reserve_points(ada, 101)

    assert balance_of(ada).held == 0


def test_the_same_key_holds_once(ada):
    assert reserve_points(ada, 60, key="cart") == reserve_points(ada, 60, key="cart")
    assert balance_of(ada).held == 60


def test_a_capture_spends_what_was_held(ada):
    hold = reserve_points(ada, 60)

    capture_hold(hold=hold, points=60, requested=asked())

    assert balance_of(ada) == WalletView(
        available=40, lifetime_earned=100, lifetime_redeemed=60
    )


def test_a_capture_may_take_a_part_and_leave_the_rest_held(ada):
    hold = reserve_points(ada, 60)

    capture_hold(hold=hold, points=20, requested=asked())

    assert balance_of(ada).held == 40


def test_a_capture_spends_the_points_that_expire_soonest(ada):
    give_points(ada, 10, expires_at=NOON + timedelta(days=1))
    hold = reserve_points(ada, 60)

    capture_hold(hold=hold, points=10, requested=asked())

    first, second = ada.wallets.get().lots.order_by("id")
    assert (first.held, second.held) == (50, 0)


def test_the_same_capture_twice_spends_once(ada):
    hold = reserve_points(ada, 60)

    first = capture_hold(hold=hold, points=20, requested=asked("c-1"))
    again = capture_hold(hold=hold, points=20, requested=asked("c-1"))

    assert first == again
    assert balance_of(ada).held == 40


def test_more_than_is_held_cannot_be_captured(ada):
    hold = reserve_points(ada, 60)

    with pytest.raises(ExceedsHold):
        capture_hold(hold=hold, points=61, requested=asked())

    assert balance_of(ada).held == 60


def test_a_void_gives_everything_back(ada):
    hold = reserve_points(ada, 60)

    void_hold(hold=hold, requested=asked())

    assert balance_of(ada) == WalletView(available=100, lifetime_earned=100)


def test_a_void_gives_back_to_the_lots_that_it_came_from(ada):
    soon = give_points(ada, 10, expires_at=NOON + timedelta(days=1))
    hold = reserve_points(ada, 30)

    void_hold(hold=hold, requested=asked())

    lots = {lot.entry_id: lot.remaining for lot in ada.wallets.get().lots.all()}
    assert lots[soon.pk] == 10


@pytest.mark.parametrize("again", [partial(capture_hold, points=60), void_hold])
@pytest.mark.parametrize("settle", ["capture", "void", "time"])
def test_a_hold_is_settled_once(ada, settle, again):
    hold = reserve_points(ada, 60)
    if settle == "capture":
        capture_hold(hold=hold, points=60, requested=asked("k-1"))
    elif settle == "void":
        void_hold(hold=hold, requested=asked("k-1"))
    else:
        pass_time(ada.program, minutes=30)
    known = balance_of(ada)

    with pytest.raises(HoldSettled):
        again(hold=hold, requested=asked("k-2", minutes=30))

    assert balance_of(ada) == known


def test_a_hold_ends_by_itself(ada):
    reserve_points(ada, 60)

    pass_time(ada.program, minutes=30)

    assert balance_of(ada).available == 100
    hold = Hold.objects.get()
    assert (hold.released, hold.expired) == (0, 60)


def test_a_hold_that_is_over_cannot_be_captured_even_if_no_job_has_run(ada):
    hold = reserve_points(ada, 60)

    with pytest.raises(HoldSettled):
        capture_hold(hold=hold, points=60, requested=asked(minutes=30))


def test_a_hold_lasts_a_day_at_most(ada):
    hold = reserve_points(ada, 60, lasts=timedelta(days=3))

    assert hold.expires_at == NOON + timedelta(days=1)


def test_holds_that_end_together_all_end():
    ada = make_member(make_program(), points=100)
    for cart in range(4):
        reserve_points(ada, 25, key=f"cart-{cart}")

    pass_time(ada.program, minutes=30)

    assert balance_of(ada).available == 100
    assert [entry.kind for entry in entries_of(ada)][-4:] == ["void"] * 4
