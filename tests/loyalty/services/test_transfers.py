"""Transfers: points that one member passes on to another."""

from datetime import timedelta

import pytest

from loyalty.models import Lot, Member
from loyalty.queries.balances import WalletView
from loyalty.rules.redemption import MemberSuspended
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.adjustments import Requested
from loyalty.services.transfers import SameMember, transfer_points
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    point_type_of,
    refund_order,
    state_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada(program):
    return make_member(program, points=100)


@pytest.fixture
def bob(program):
    return make_member(program, "bob")


def send(sender, recipient, points, key="t-1"):
    return transfer_points(
        sender=sender,
        recipient=recipient,
        point_type=point_type_of(sender.program),
        points=points,
        requested=Requested(key, sender.program.now()),
    )


def test_a_transfer_moves_points(ada, bob):
    send(ada, bob, 30)

    assert balance_of(ada) == WalletView(available=70, lifetime_earned=100)
    assert balance_of(bob) == WalletView(available=30)


def test_the_same_key_transfers_once(ada, bob):
    assert send(ada, bob, 30) == send(ada, bob, 30)
    assert balance_of(bob).available == 30


def test_more_than_there_is_cannot_be_sent(ada, bob):
    with pytest.raises(InsufficientPoints):
        send(ada, bob, 101)

    assert balance_of(bob) == WalletView()


def test_nobody_sends_points_to_themselves(ada):
    with pytest.raises(SameMember):
        send(ada, ada, 10)


def test_lots_keep_their_expiry(ada, bob):
    soon = NOON + timedelta(days=3)
    give_points(ada, 20, expires_at=soon)

    send(ada, bob, 50)

    received = Lot.objects.filter(wallet__member=bob).order_by("id")
    assert [(lot.granted, lot.expires_at) for lot in received] == [(20, soon), (30, None)]


def test_points_that_expire_by_inactivity_arrive_with_their_date():
    program = make_program(points={"expiry": {"inactivity": "30 days"}})
    ada, bob = make_member(program), make_member(program, "bob")
    state_order(program)

    send(ada, bob, 50)

    assert Lot.objects.get(wallet__member=bob).expires_at == NOON + timedelta(days=30)


def test_what_is_received_repays_debt(program, ada, bob):
    state_order(program, member="bob", amount=4000)
    send(bob, ada, 40, key="t-0")
    refund_order(program, amount=4000)

    send(ada, bob, 50)

    assert balance_of(bob).available == 10


@pytest.mark.parametrize("who", ["sender", "recipient"])
def test_a_suspended_member_neither_sends_nor_receives(ada, bob, who):
    suspended = ada if who == "sender" else bob
    suspended.earning_suspended = suspended.redeeming_suspended = True
    suspended.save()

    with pytest.raises(MemberSuspended):
        send(ada, bob, 10)


@pytest.mark.parametrize("who", ["sender", "recipient"])
def test_a_closed_member_neither_sends_nor_receives(ada, bob, who):
    closed = ada if who == "sender" else bob
    closed.status = Member.Status.CLOSED
    closed.save()

    with pytest.raises(MemberSuspended):
        send(ada, bob, 10)
