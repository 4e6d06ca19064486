"""Referrals in the pipeline: a friend's order pays both sides in its own transaction."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engine.nightly import run_due
from engine.pipeline import state_facts
from referrals.models import Referral
from referrals.services.reviews import Decided, reject_referrals
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    order_stated,
    pass_time,
    refund_order,
    state_order,
)
from tests.proof import prove
from tests.referrals.factories import HUNDRED, code_of, make_referrals

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_referrals(qualify={"on": "order", "minimum": "20.00"})


@pytest.fixture
def ada(program):
    return make_member(program)


def refer(program, advocate, friend):
    return make_member(program, friend, referral_code=code_of(advocate))


def test_a_friends_first_order_pays_both_and_says_so(program, ada):
    bob = refer(program, ada, "bob")

    answer = state_order(program, member="bob", amount=2000)

    assert answer.body["referral"]["state"] == "rewarded"
    assert (balance_of(ada).available, balance_of(bob).available) == (100, 50)
    prove(program)


def test_a_code_that_is_typed_at_the_checkout_pays_as_well(program, ada):
    bob = make_member(program, "bob")

    state_order(program, member="bob", amount=2000, referral_code=code_of(ada).lower())

    assert (balance_of(ada).available, balance_of(bob).available) == (100, 50)


def test_an_order_without_a_referral_tells_of_none(program, ada):
    assert state_order(program, amount=2000).body["referral"] is None


def test_a_repeated_order_pays_once(program, ada):
    refer(program, ada, "bob")

    for _ in range(3):
        state_order(program, member="bob", amount=2000)

    assert balance_of(ada).available == 100


def test_a_refund_below_the_minimum_takes_back_what_was_paid(program, ada):
    bob = refer(program, ada, "bob")
    state_order(program, member="bob", amount=2000)

    answer = refund_order(program, amount=1)

    assert answer.body["referral"]["state"] == "reversed"
    assert (balance_of(ada).available, balance_of(bob).available) == (0, 0)
    prove(program)


def test_an_order_that_is_paid_again_qualifies_again(program, ada):
    refer(program, ada, "bob")
    state_order(program, member="bob", amount=2000, version=1)
    state_order(program, member="bob", amount=2000, version=2, status="cancelled")
    assert balance_of(ada).available == 0

    state_order(program, member="bob", amount=2000, version=3)

    assert balance_of(ada).available == 100


def test_friends_of_one_advocate_in_one_batch_fill_the_cap_in_their_order():
    cap = HUNDRED | {"cap": {"times": 2, "per": "year"}}
    program = make_referrals(advocate=cap)
    ada = make_member(program)
    friends = [refer(program, ada, f"f-{number}") for number in range(4)]
    orders = [
        order_stated(program, f"o-{place}", member=friend.external_id, amount=2000)
        for place, friend in enumerate(friends)
    ]

    answers = state_facts(program, orders, at=NOON)

    assert [answer.error for answer in answers] == [None] * 4
    assert balance_of(ada).available == 200
    assert [balance_of(friend).available for friend in friends] == [50] * 4
    prove(program)


def test_an_advocate_and_a_friend_may_order_in_one_batch(program, ada):
    refer(program, ada, "bob")
    orders = [
        order_stated(program, "1", amount=500),
        order_stated(program, "2", member="bob", amount=2000),
        order_stated(program, "3", amount=700),
    ]

    state_facts(program, orders, at=NOON)

    assert balance_of(ada).available == 100
    prove(program)


def test_the_advocate_is_paid_when_the_hold_has_passed():
    program = make_referrals(hold="14 days")
    ada = make_member(program)
    refer(program, ada, "bob")
    answer = state_order(program, member="bob", amount=2000)
    assert (answer.body["referral"]["state"], balance_of(ada).available) == ("qualified", 0)

    pass_time(program, days=14)

    assert balance_of(ada).available == 100


def test_a_run_of_what_is_due_settles_referrals():
    program = make_referrals(hold="14 days")
    ada = make_member(program)
    refer(program, ada, "bob")
    state_order(program, member="bob", amount=2000)
    later = NOON + timedelta(days=20)

    done = run_due(program, at=later)

    assert done["referrals_settled"] == 1
    assert run_due(program, at=later)["referrals_settled"] == 0
    assert balance_of(ada, at=later).available == 100


def statements_of(program, order_id):
    state_order(program, f"warm-{order_id}", amount=500)
    with CaptureQueriesContext(connection) as queries:
        state_order(program, order_id, amount=500)
    return len(queries)


def test_an_order_without_a_referral_costs_one_statement_more_than_without_programs(ada):
    plain = make_program(rules={})
    make_member(plain)

    assert statements_of(ada.program, "1") <= statements_of(plain, "1") + 1


def test_an_order_of_a_friend_who_was_turned_down_says_so(program, ada):
    refer(program, ada, "bob")
    referral = Referral.objects.get()
    reject_referrals(
        program=program, referrals=[referral.pk], decided=Decided(by="kim"), at=NOON
    )

    answer = state_order(program, member="bob", amount=2000)

    assert answer.body["referral"] == {"id": str(referral), "state": "rejected"}
    assert balance_of(ada).available == 0


def test_an_order_tells_of_the_claim_that_holds_and_not_of_one_that_was_turned_down(
    program, ada
):
    eve = make_member(program, "eve")
    refer(program, ada, "bob")
    first = Referral.objects.get()
    reject_referrals(program=program, referrals=[first.pk], decided=Decided(by="kim"), at=NOON)

    answer = state_order(program, member="bob", amount=2000, referral_code=code_of(eve))

    holds = Referral.objects.get(advocate=eve)
    assert answer.body["referral"] == {"id": str(holds), "state": "rewarded"}
    again = state_order(program, member="bob", amount=2000, status="cancelled")
    assert again.body["referral"] == {"id": str(holds), "state": "reversed"}
