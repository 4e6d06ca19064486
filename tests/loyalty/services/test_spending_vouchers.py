"""Orders that name nothing but vouchers, and come to nothing."""

import pytest

from core.models import Event
from loyalty.models import VoucherUse
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    make_rewards,
    redeem,
    refund_order,
    state_order,
)
from tests.proof import prove

pytestmark = pytest.mark.django_db

TEN = {"ten": {"cost": {"points": 100}, "gives": {"fixed": "10.00"}}}
FOUR = [{"id": "1", "quantity": 4, "unit_price": 1000}]
ALL = [{"id": "1", "quantity": 4}]
HALF = [{"id": "1", "quantity": 2}]
ANN = {"email": "ann@example.org"}


def make_shop(**points):
    program = make_program(points={"value": "0.01"} | points, rules={})
    make_rewards(program, **TEN)
    return program


@pytest.fixture
def program():
    program = make_shop()
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program, points=500)


def why_not(program, code, order_id="1002", **content):
    """Return why a voucher cannot be used on another order."""
    used = state_order(program, order_id, vouchers=[code], **content).body["used_vouchers"]
    return used[0]["why"]


def test_a_full_refund_gives_the_use_of_a_voucher_back_and_no_points(program, ada):
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, lines=FOUR, vouchers=[code])

    answer = refund_order(program, lines=ALL)

    assert answer.body["restored"] == []
    assert balance_of(ada).available == 400
    assert VoucherUse.objects.get().released_at == NOON
    assert why_not(program, code) is None


def test_a_restated_order_with_all_goods_back_gives_the_use_back_as_well(program, ada):
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, lines=FOUR, vouchers=[code])

    state_order(program, lines=[FOUR[0] | {"refunded_quantity": 4}])

    assert why_not(program, code) is None


def test_refunds_that_add_up_give_the_use_back_with_the_last(program, ada):
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, lines=FOUR, vouchers=[code])

    refund_order(program, "1001", "r-1", lines=HALF)
    between = VoucherUse.objects.get().released_at
    refund_order(program, "1001", "r-2", lines=HALF)

    assert (between, VoucherUse.objects.get().released_at) == (None, NOON)


def test_a_guest_gets_the_use_back_too(program, ada):
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, guest=ANN, lines=FOUR, vouchers=[code])

    refund_order(program, lines=ALL)

    assert why_not(program, code) is None


def test_an_order_that_names_the_redemption_gives_back_points_and_voids_the_code(program, ada):
    redemption = redeem(ada, "ten")
    code = redemption.voucher.shown
    state_order(program, lines=FOUR, redemptions=[str(redemption)], vouchers=[code])

    refund_order(program, lines=ALL)

    assert balance_of(ada).available == 500
    assert why_not(program, code) == "voucher_void"


def test_an_order_that_was_free_keeps_what_it_used(program, ada):
    code = redeem(ada, "ten", capture=True).voucher.shown

    state_order(program, lines=FOUR, discount=4000, vouchers=[code])

    assert VoucherUse.objects.get().released_at is None


def test_an_order_that_gets_its_goods_again_uses_the_voucher_again(program, ada):
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, lines=FOUR, vouchers=[code])
    state_order(program, lines=[FOUR[0] | {"refunded_quantity": 4}], vouchers=[code])

    state_order(program, lines=FOUR, vouchers=[code])

    assert why_not(program, code) == "voucher_used"


@pytest.mark.parametrize(
    ("how", "outcome"), [({"status": "cancelled"}, None), ({}, "voucher_used")]
)
def test_where_spent_points_never_come_back_only_a_cancellation_gives_back(how, outcome):
    program = make_shop(restore_on_refund="never")
    code = redeem(make_member(program, points=500), "ten", capture=True).voucher.shown
    state_order(program, lines=FOUR, vouchers=[code])

    state_order(program, lines=[FOUR[0] | {"refunded_quantity": 4}], vouchers=[code], **how)

    assert why_not(program, code) == outcome


def test_the_outside_hears_that_a_voucher_can_be_used_again(program, ada):
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(program, lines=FOUR, vouchers=[code])

    refund_order(program, lines=ALL)

    told = Event.objects.get(type="voucher.released").data
    assert (told["code"], told["order"], told["uses_left"]) == (code, "1001", 1)
