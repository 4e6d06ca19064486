"""What people and storefronts do to referrals, on purpose or not: they pay what is right."""

from random import Random

import pytest

from engine.lives import erase_person
from engine.pipeline import state_fact
from referrals.models import Identity, Referral
from referrals.services.codes import choose_code
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    member_stated,
    order_stated,
    pass_time,
    refund_stated,
    state_order,
)
from tests.proof import prove
from tests.referrals.factories import claim, code_of, make_referrals, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_referrals(qualify={"on": "order", "minimum": "20.00"})


@pytest.fixture
def ada(program):
    return make_member(program, email="ada.lovelace@gmail.com")


@pytest.mark.parametrize("seed", range(6))
def test_every_webhook_three_times_in_any_order_pays_what_is_right_in_the_end(
    program, ada, seed
):
    code = code_of(ada)
    # Bob's is paid, cancelled and paid again; Cid's is refunded in part, below the minimum.
    told = [
        member_stated(program, "bob", referral_code=code),
        member_stated(program, "cid", referral_code=code),
        order_stated(program, "of-bob", member="bob", amount=2500, version=1),
        order_stated(
            program, "of-bob", member="bob", amount=2500, version=2, status="cancelled"
        ),
        order_stated(program, "of-bob", member="bob", amount=2500, version=3),
        order_stated(program, "of-cid", member="cid", amount=3000, version=1),
        refund_stated(program, "of-cid", "r-1", amount=700),
        refund_stated(program, "of-cid", "r-2", amount=800),
    ] * 3
    Random(seed).shuffle(told)

    for statement in told:
        state_fact(program, statement, at=NOON)

    bob, cid = (program.member_set.get(external_id=name) for name in ("bob", "cid"))
    assert [points(one) for one in (ada, bob, cid)] == [100, 50, 0]
    prove(program)


def points(member):
    view = balance_of(member)
    return view.available + view.pending - view.debt


def test_a_second_account_of_ones_own_pays_neither(program, ada):
    second = make_member(
        program, "ada-2", email="adalovelace+shop@googlemail.com", referral_code=code_of(ada)
    )

    state_order(program, member="ada-2", amount=5000)

    referral = Referral.objects.get()
    assert (referral.state, referral.reason) == ("rejected", "self_referral")
    assert (points(ada), points(second)) == (0, 0)


def test_ones_own_code_at_the_checkout_brings_nothing_and_the_order_stands(program, ada):
    answer = state_order(program, amount=5000, referral_code=code_of(ada))

    assert answer.applied
    assert answer.body["referral"]["id"] is None
    assert points(ada) == 0


@pytest.mark.parametrize("typed", ["TEA4Y0U0", "TEA4YOUO", "tea4youo", " tea4-y0uo "])
@pytest.mark.parametrize("where", ["enrolment", "checkout"])
def test_a_code_that_is_typed_with_o_for_zero_is_the_advocates(program, ada, typed, where):
    choose_code(member=ada, code="TEA4YOU0", at=NOON)
    at_enrolment = {"referral_code": typed} if where == "enrolment" else {}
    make_member(program, "bob", **at_enrolment)

    state_order(
        program,
        member="bob",
        amount=2000,
        referral_code=typed if where == "checkout" else "",
    )

    assert points(ada) == 100


def test_a_friend_who_is_erased_leaves_no_trace_and_the_advocate_is_paid_for_the_order():
    program = make_referrals(hold="14 days")
    ada = make_member(program)
    claim(ada, "bob", email="bob@example.org", context=visit(device_id="d"))
    bob = make_member(program, "bob", email="bob@example.org")
    state_order(program, member="bob", amount=2000)

    erase_person(member=bob, at=program.now())
    pass_time(program, days=14)

    assert (Referral.objects.get().state, points(ada)) == ("rewarded", 100)
    assert not Identity.objects.filter(referral__isnull=False).exists()
    assert not Identity.objects.filter(member=bob).exists()
    prove(program)


def test_a_friend_who_was_erased_before_any_order_pays_nobody_ever():
    program = make_referrals(expires="30 days")
    ada = make_member(program)
    bob = make_member(program, "bob", referral_code=code_of(ada))

    erase_person(member=bob, at=program.now())
    pass_time(program, days=31)

    assert (Referral.objects.get().state, points(ada)) == ("expired", 0)
