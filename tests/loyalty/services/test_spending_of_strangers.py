"""Orders that name what is not theirs, not theirs yet, or not there any more."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput
from core.models import Event
from engine.nightly import run_due
from engine.pipeline import state_fact, state_facts
from loyalty.models import Redemption, VoucherUse
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    member_stated,
    order_stated,
    redeem,
    refund_order,
    state_order,
)

pytestmark = pytest.mark.django_db

ANN = {"email": "ann@example.org"}
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def program():
    program = make_program(points={"value": "0.01"}, rules={})
    make_rewards(program, ten={"cost": {"points": 100}, "gives": {"fixed": "10.00"}})
    return program


@pytest.fixture
def bob(program):
    return make_member(program, "bob", points=500)


@pytest.fixture
def code(bob):
    return redeem(bob, "ten", capture=True).voucher.shown


def pay(member, points=300, **request):
    return redeem(member, point_type="points", points=points, order_total=4000, **request)


def test_a_guest_cannot_name_a_redemption_nobody_knows(program):
    with pytest.raises(InvalidInput) as refused:
        state_order(program, guest=ANN, redemptions=["red_9999999"])

    assert refused.value.problems[0].pointer == "/redemptions/0"


def test_a_guest_uses_a_voucher(program, code):
    answer = state_order(program, guest=ANN, vouchers=[code])

    assert answer.body["used_vouchers"] == [{"code": code, "discount": 1000, "why": None}]
    assert VoucherUse.objects.get().order_ref == "1001"


def test_a_guest_who_cancels_gives_the_voucher_back(program, code):
    state_order(program, guest=ANN, vouchers=[code])

    state_order(program, guest=ANN, status="cancelled")

    assert VoucherUse.objects.get().released_at == NOON


def test_a_guest_who_enrols_pays_with_what_was_held(program, bob):
    cart = pay(bob)
    state_order(program, guest=ANN, redemptions=[str(cart)])

    state_fact(program, member_stated(program, "bob", email=ANN["email"]), at=NOON)

    assert balance_of(bob).available == 200
    assert balance_of(bob).held == 0


def test_a_guest_who_enrols_later_does_not_use_the_voucher_of_another(program, bob, code):
    state_order(program, "1000", member="bob", vouchers=[code])
    state_order(program, guest=ANN, vouchers=[code])
    state_order(program, "1000", member="bob", status="cancelled")

    make_member(program, "ann", **ANN)

    assert not VoucherUse.objects.filter(released_at=None).exists()


def test_an_order_that_is_cancelled_gives_back_a_voucher_that_it_names_no_more(program, code):
    make_member(program)
    state_order(program, vouchers=[code])

    state_order(program, status="cancelled")

    assert VoucherUse.objects.get().released_at == NOON


def test_what_another_held_is_told_as_over_though_nobody_has_noted_it(program, bob):
    cart = pay(bob)
    make_member(program)

    answer = state_order(program, redemptions=[str(cart)], at=LATER)

    assert answer.body["redemptions"] == [
        {"id": str(cart), "status": "expired", "why": "of_another_member"}
    ]


def test_a_refund_takes_no_points(program, bob):
    state_order(program, member="bob")
    pay(bob, order="1001")

    refund_order(program, amount=1000)

    assert balance_of(bob).held == 300


def test_a_voucher_goes_to_whoever_is_first_in_a_batch(program, bob, code):
    make_member(program)
    orders = [
        order_stated(program, "1", member="bob"),
        order_stated(program, "2", member="bob", vouchers=[code]),
        order_stated(program, "3", member="ada", vouchers=[code]),
    ]

    state_facts(program, orders, at=NOON)

    assert VoucherUse.objects.get().order_ref == "2"


@pytest.mark.parametrize("status", ["paid", "cancelled"])
def test_a_hold_whose_end_somebody_ahead_has_seen_does_not_stop_the_order(program, bob, status):
    cart = pay(bob)
    run_due(program, at=LATER)

    answer = state_order(program, member="bob", status=status, redemptions=[str(cart)])

    assert answer.applied
    assert answer.body["redemptions"][0]["status"] == "expired"
    assert balance_of(bob).available == 500


@pytest.mark.parametrize("status", ["paid", "cancelled"])
def test_a_hold_that_ended_in_a_wallet_ahead_does_not_stop_the_order(program, bob, status):
    cart = pay(bob)
    give_points(bob, 1, at=LATER)

    answer = state_order(program, member="bob", status=status, redemptions=[str(cart)])

    assert answer.body["redemptions"][0]["status"] == "expired"
    assert balance_of(bob).available == 501
    assert Redemption.objects.get().status == "held"


def test_a_voucher_whose_hold_ended_in_a_wallet_ahead_does_not_stop_the_order(program, bob):
    code = redeem(bob, "ten").voucher.shown
    give_points(bob, 1, at=LATER)

    answer = state_order(program, member="bob", vouchers=[code])

    assert answer.body["used_vouchers"][0]["why"] == "voucher_void"


def test_a_hold_that_is_over_belongs_to_no_order_that_names_it(program, bob):
    cart = pay(bob)

    state_order(program, member="bob", redemptions=[str(cart)], at=LATER)
    run_due(program, at=LATER)

    # As if its end had been noted before the order came.
    assert Event.objects.get(type="redemption.expired").data["order"] is None
