"""Facts that are stated at the same moment. Each test says which mistake it would catch."""

from collections import Counter
from threading import Event

import pytest

from core import transactions
from engine import pipeline
from engine.pipeline import state_facts
from loyalty.models import Member, MemberEvent, Order, Wallet
from loyalty.rules.statements import EventStatement, MemberStatement
from loyalty.services.facts import Claim
from loyalty.services.members import AddressTaken
from tests.concurrency import all_at_once, at_once, errors_in
from tests.factories import (
    NOON,
    SPEND,
    balance_of,
    make_member,
    make_program,
    order_stated,
    refund_order,
    state_event,
    state_order,
)
from tests.proof import prove

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def program():
    program = make_program()
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program)


def while_enrolling(monkeypatch, program, act, *, patience):
    """Do `act`, and let Ann enrol after it has looked for members, before it goes on."""
    looked, enrolled = Event(), Event()
    find = pipeline.find_members

    def find_and_wait(wave, orders, **more):
        find(wave, orders, **more)
        if not isinstance(wave.facts[0].statement, MemberStatement | EventStatement | Claim):
            looked.set()
            enrolled.wait(patience)

    def enrol():
        assert looked.wait(10)
        ann = make_member(program, "ann", email="ann@example.org")
        enrolled.set()
        return ann

    monkeypatch.setattr(pipeline, "find_members", find_and_wait)
    results = all_at_once([enrol, act])
    assert errors_in(results) == []
    return results[0]


ANN = {"email": "ann@example.org"}


def test_one_order_stated_ten_times_is_counted_once(program, ada):
    # Catches: looking at the order before the wallet is locked.
    answers = at_once(10, state_order, program=program, version=1)

    assert errors_in(answers) == []
    assert sum(answer.created for answer in answers) == 1
    assert balance_of(ada).available == 50


def test_ten_orders_of_one_member_are_all_counted(program, ada):
    # Catches: reading the balance before the lock, and writing it back after.
    answers = all_at_once(
        [lambda number=number: state_order(program, f"o-{number}") for number in range(10)]
    )

    assert errors_in(answers) == []
    assert balance_of(ada).available == 500


def test_one_guests_order_stated_ten_times_is_recorded_once(program):
    # Catches: trusting the wallet's lock where there is no member to have one.
    answers = at_once(10, state_order, program=program, guest={"email": "ann@example.org"})

    assert errors_in(answers) == []
    assert sum(answer.created for answer in answers) == 1
    assert Order.objects.count() == 1


def test_one_refund_posted_ten_times_takes_points_once(program, ada):
    # Catches: looking for earlier refunds before the order is locked.
    state_order(program, amount=5000)

    answers = at_once(10, refund_order, program=program, amount=1000)

    assert errors_in(answers) == []
    assert balance_of(ada).available == 40


def test_one_event_stated_ten_times_is_counted_once():
    # Catches: looking for the event before the wallet is locked.
    program = make_program(rules={"review": {"on": "review", "award": {"points": 5}}})
    ada = make_member(program)

    answers = at_once(10, state_event, program=program, type="review")

    assert errors_in(answers) == []
    assert balance_of(ada).available == 5


def test_an_event_of_nobody_yet_stated_ten_times_is_recorded_once(program):
    # Catches: trusting the wallet's lock where there is no member to have one.
    answers = at_once(10, state_event, program=program, member="nobody")

    assert errors_in(answers) == []
    assert MemberEvent.objects.count() == 1


def test_one_member_enrolled_ten_times_signs_up_once():
    # Catches: looking for the member, then inserting one.
    program = make_program(rules={"welcome": {"on": "signup", "award": {"points": 10}}})

    members = at_once(10, make_member, program=program)

    assert errors_in(members) == []
    assert balance_of(Member.objects.get()).available == 10


def test_one_address_goes_to_one_of_ten_members(program):
    # Catches: looking whether an address is free, then taking it.
    results = all_at_once(
        [
            lambda name=f"m-{number}": make_member(program, name, email="ada@example.org")
            for number in range(10)
        ]
    )

    assert Counter(map(type, errors_in(results))) == {AddressTaken: 9}
    assert Member.objects.count() == 1


def test_one_address_goes_to_one_of_two_members_who_are_known(program, ada):
    # Catches: the same, where the rows are there already.
    make_member(program, "bob")

    results = all_at_once(
        [
            lambda name=name: make_member(program, name, email="one@example.org")
            for name in ("ada", "bob")
        ]
    )

    assert Counter(map(type, errors_in(results))) == {AddressTaken: 1}


def test_a_limit_for_all_members_is_exact_for_twenty_at_once():
    # Catches: counting what was used before the rule's row is locked.
    capped = SPEND | {"limits": [{"points": 120, "per": "month", "of": "program"}]}
    program = make_program(rules={"spend": capped})
    members = [make_member(program, f"m-{number}") for number in range(20)]

    answers = all_at_once(
        [
            lambda name=member.external_id: state_order(program, name, member=name, amount=1700)
            for member in members
        ]
    )

    assert errors_in(answers) == []
    assert sum(balance_of(member).available for member in members) == 120


def test_batches_under_a_limit_for_all_members_may_cross():
    # Catches: a batch that holds the rule's row while it waits for one more wallet.
    capped = SPEND | {"limits": [{"points": 250, "per": "month", "of": "program"}]}
    program = make_program(rules={"spend": capped})
    names = [f"m-{number}" for number in range(6)]
    members = [make_member(program, name) for name in names]

    def batch(number):
        order = names if number % 2 else names[::-1]
        facts = [order_stated(program, f"{name}-{number}", member=name) for name in order]
        return state_facts(program, facts, at=NOON)

    results = all_at_once([lambda number=number: batch(number) for number in range(4)])

    assert errors_in(results) == []
    assert sum(balance_of(member).available for member in members) == 250


def test_batches_with_the_same_members_in_any_order_do_not_wait_for_each_other(
    program, monkeypatch
):
    # Catches: locking wallets in the order of the facts.
    monkeypatch.setattr(transactions, "RETRIES", 0)
    names = [f"m-{number}" for number in range(12)]
    for name in names:
        make_member(program, name)

    def batch(number):
        order = names[number:] + names[:number]
        facts = [order_stated(program, f"{name}-{number}", member=name) for name in order]
        return state_facts(program, facts, at=NOON)

    results = all_at_once([lambda number=number: batch(number) for number in range(4)])

    assert errors_in(results) == []
    assert Wallet.objects.filter(available=200).count() == 12


def test_an_order_that_is_claimed_while_it_is_refunded_loses_the_refunded_points(
    program, monkeypatch
):
    # Catches: deciding whose order it is before it is locked, and never again.
    state_order(program, guest=ANN, amount=5000)

    ann = while_enrolling(
        monkeypatch, program, lambda: refund_order(program, amount=2000), patience=10
    )

    assert balance_of(ann).available == 30


def test_a_guest_who_enrols_while_ordering_has_the_points_in_the_end(program, monkeypatch):
    # Catches: an order and a member that look for each other before either is there.
    ann = while_enrolling(
        monkeypatch, program, lambda: state_order(program, guest=ANN), patience=0.5
    )

    assert balance_of(ann).available == 50


def test_an_early_refund_posted_ten_times_is_recorded_once(program, ada):
    # Catches: an error of the database where an unknown order has no row to lock.
    answers = at_once(10, refund_order, program=program, amount=1000)
    state_order(program, amount=5000)

    assert errors_in(answers) == []
    assert balance_of(ada).available == 40


def test_an_order_and_its_refund_may_come_together(program, ada):
    # Catches: the same, between a fact that has a member and one that has none.
    for number in range(6):
        results = all_at_once(
            [
                lambda order=f"o-{number}": state_order(program, order, amount=5000),
                lambda order=f"o-{number}": refund_order(program, order, amount=1000),
            ]
        )
        assert errors_in(results) == []

    assert balance_of(ada).available == 240
