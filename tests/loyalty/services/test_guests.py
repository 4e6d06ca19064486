"""Orders and events of people who have not enrolled, and how they are claimed."""

import pytest

from loyalty.models import MemberEvent, Order
from loyalty.queries.balances import WalletView
from tests.factories import (
    SPEND,
    balance_of,
    make_member,
    make_program,
    pass_time,
    refund_order,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db

ANN = {"email": "ann@example.org"}


@pytest.fixture
def program():
    return make_program(
        rules={"spend": SPEND, "review": {"on": "review", "award": {"points": 7}}}
    )


def test_a_guests_order_waits(program):
    answer = state_order(program, guest=ANN)

    assert answer.waiting
    assert Order.objects.get().waiting


def test_enrolling_with_the_guests_address_earns_the_order(program):
    state_order(program, guest=ANN, amount=4000)

    ann = make_member(program, "ann", email="ann@example.org")

    assert balance_of(ann).available == 40
    assert not Order.objects.get().waiting


def test_a_guest_is_known_by_phone_as_well(program):
    state_order(program, guest={"phone": "+493012345"}, amount=4000)

    ann = make_member(program, "ann", phone="+493012345")

    assert balance_of(ann).available == 40


def test_an_order_for_an_id_that_nobody_has_enrolled_waits_for_it(program):
    state_order(program, member="ada", amount=4000)

    ada = make_member(program, "ada")

    assert balance_of(ada).available == 40


def test_an_event_for_an_id_that_nobody_has_enrolled_waits_for_it(program):
    state_event(program, type="review", member="ada")

    ada = make_member(program, "ada")

    assert balance_of(ada).available == 7
    assert not MemberEvent.objects.get(type="review").waiting


def test_a_claimed_order_earns_as_of_its_own_time():
    program = make_program(points={"hold": {"days": 14}})
    state_order(program, guest=ANN, amount=4000)
    pass_time(program, days=20)

    ann = make_member(program, "ann", email="ann@example.org")

    assert balance_of(ann) == WalletView(available=40, lifetime_earned=40)


def test_an_order_older_than_guest_claim_is_not_claimed(program):
    state_order(program, guest=ANN)
    pass_time(program, days=31)

    ann = make_member(program, "ann", email="ann@example.org")

    assert balance_of(ann) == WalletView()


def test_refunds_of_a_guest_count_when_the_order_is_claimed(program):
    state_order(program, guest=ANN, amount=4000)
    refund_order(program, amount=1000)

    ann = make_member(program, "ann", email="ann@example.org")

    assert balance_of(ann).available == 30


def test_an_address_that_is_added_later_claims_as_well(program):
    ann = make_member(program, "ann")
    state_order(program, guest=ANN, amount=4000)

    make_member(program, "ann", email="ann@example.org")

    assert balance_of(ann).available == 40


def test_somebody_elses_address_claims_nothing(program):
    state_order(program, guest=ANN)

    bob = make_member(program, "bob", email="bob@example.org")

    assert balance_of(bob) == WalletView()
    assert Order.objects.get().waiting


def test_a_guest_with_a_members_address_is_that_member(program):
    ann = make_member(program, "ann", email="ann@example.org")

    answer = state_order(program, guest=ANN, amount=4000)

    assert not answer.waiting
    assert balance_of(ann).available == 40


def test_an_order_of_nobody_waits_for_nobody(program):
    answer = state_order(program, member=None)

    assert not answer.waiting
