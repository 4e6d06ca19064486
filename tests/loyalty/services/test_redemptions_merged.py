"""Redemptions of somebody who has been merged into another, or erased, since."""

from datetime import timedelta

import pytest

from loyalty.models import Decision, Lot, Redemption, Reward, Voucher
from loyalty.services.adjustments import Requested
from loyalty.services.erasing import erase_member
from loyalty.services.merging import RedemptionOpen, merge_members, undo_merge
from loyalty.services.redemptions import capture_redemption, reverse_redemption
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    redeem,
    state_order,
)
from tests.proof import prove

pytestmark = pytest.mark.django_db

COFFEE = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}, "stock": 5}
ENDS = NOON + timedelta(days=40)


@pytest.fixture
def program():
    program = make_program()
    make_rewards(program, coffee=COFFEE)
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    ada = make_member(program)
    give_points(ada, 150, expires_at=ENDS)
    return ada


@pytest.fixture
def bob(program):
    return make_member(program, "bob")


def merge(member, into):
    return merge_members(member=member, into=into, requested=Requested("m-1", NOON))


def reverse(redemption, points=None, *, key="back"):
    redemption = Redemption.objects.get(pk=redemption.pk)
    return reverse_redemption(
        redemption=redemption, points=points, requested=Requested(key, NOON)
    )


def captured(member):
    held = redeem(member, "coffee")
    return capture_redemption(redemption=held, requested=Requested("take", NOON))


def test_points_of_a_moved_redemption_come_back_to_the_survivor_with_their_expiry(ada, bob):
    redemption = captured(ada)
    merge(ada, bob)

    reverse(redemption)

    assert balance_of(bob).available == 150
    assert set(Lot.objects.filter(wallet__member=bob).values_list("expires_at")) == {(ENDS,)}


def test_vouchers_go_along(ada, bob):
    captured(ada)

    merge(ada, bob)

    assert Voucher.objects.get().member == bob


def test_undoing_a_merge_gives_redemptions_back(ada, bob):
    redemption = captured(ada)
    undo_merge(merge=merge(ada, bob), at=NOON)

    reverse(redemption)

    assert (balance_of(ada).available, balance_of(bob).available) == (150, 0)


def test_undoing_a_merge_gives_back_what_a_moved_redemption_restored_meanwhile(ada, bob):
    redemption = captured(ada)
    done = merge(ada, bob)
    reverse(redemption, points=40)

    undo_merge(merge=done, at=NOON)

    assert (balance_of(ada).available, balance_of(bob).available) == (90, 0)
    assert balance_of(ada).lifetime_redeemed == 60
    reverse(redemption, key="rest")
    assert (balance_of(ada).available, balance_of(ada).lifetime_redeemed) == (150, 0)


def test_an_open_redemption_stops_a_merge(ada, bob):
    redeem(ada, "coffee")

    with pytest.raises(RedemptionOpen):
        merge(ada, bob)


def test_erasing_gives_up_what_is_held_and_its_place_in_the_stock(ada):
    redeem(ada, "coffee")

    erase_member(member=ada, at=NOON)

    assert balance_of(ada).available == 150
    assert Reward.objects.get().taken == 0
    assert Redemption.objects.get().status == "voided"


def test_erasing_leaves_no_code_of_a_voucher(ada):
    captured(ada)
    code = Voucher.objects.get().shown
    state_order(ada.program, vouchers=[code])

    erase_member(member=ada, at=NOON)

    assert code not in str(list(Decision.objects.values()))
    voucher = Voucher.objects.get()
    assert code not in (voucher.shown, voucher.code)
    assert voucher.voided_at == NOON
