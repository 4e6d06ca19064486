"""Undoing adjustments and transfers by new entries."""

from datetime import timedelta

import pytest

from loyalty.models import Entry
from loyalty.queries.balances import WalletView
from loyalty.rules.redemption import AlreadyReversed
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.adjustments import Requested
from loyalty.services.reversals import NotReversible, reverse_entry
from loyalty.services.transfers import transfer_points
from tests.factories import (
    NOON,
    balance_of,
    entries_of,
    give_points,
    make_member,
    make_program,
    pass_time,
    point_type_of,
    state_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada(program):
    return make_member(program, points=100)


def undo(entry, key="r-1", at=NOON):
    return reverse_entry(entry=entry, reason="mistake", requested=Requested(key, at))


def test_points_that_were_given_are_taken_back(ada):
    gift = give_points(ada, 30)

    undone = undo(gift)

    assert (undone.available, undone.reverses) == (-30, gift)
    assert balance_of(ada) == WalletView(available=100, lifetime_earned=100)


def test_points_that_were_taken_are_given_back_to_their_lots(ada):
    soon = NOON + timedelta(days=3)
    give_points(ada, 10, expires_at=soon)
    taken = give_points(ada, -50)

    undo(taken)

    assert balance_of(ada) == WalletView(available=110, lifetime_earned=110)
    assert balance_of(ada, at=soon).available == 100


def test_an_entry_is_reversed_once(ada):
    gift = give_points(ada, 30)
    undo(gift, "r-1")

    with pytest.raises(AlreadyReversed):
        undo(gift, "r-2")

    assert balance_of(ada).available == 100


def test_a_reversal_is_not_reversed(ada):
    with pytest.raises(NotReversible):
        undo(undo(give_points(ada, 30)))


def test_facts_are_not_reversed_by_hand(program, ada):
    state_order(program)

    with pytest.raises(NotReversible):
        undo(Entry.objects.get(kind="earn"))


def test_points_that_were_spent_meanwhile_cannot_be_taken_back(ada):
    gift = give_points(ada, 30)
    give_points(ada, -120)

    with pytest.raises(InsufficientPoints, match="20 points short"):
        undo(gift)

    assert balance_of(ada).available == 10


def test_a_gift_that_is_still_pending_is_taken_back(ada):
    gift = give_points(ada, 30, available_at=NOON + timedelta(days=3))

    undo(gift)

    assert balance_of(ada) == WalletView(available=100, lifetime_earned=100)


def test_a_gift_that_was_pending_is_taken_back_when_it_is_not_any_more(program, ada):
    gift = give_points(ada, 30, available_at=NOON + timedelta(days=3))
    pass_time(program, days=3)

    undo(gift, at=program.now())

    assert balance_of(ada) == WalletView(available=100, lifetime_earned=100)


def test_a_gift_that_was_pending_and_is_spent_cannot_be_taken_back(program):
    ada = make_member(program)
    gift = give_points(ada, 30, available_at=NOON + timedelta(days=3))
    pass_time(program, days=3)
    give_points(ada, -20)

    with pytest.raises(InsufficientPoints, match="20 points short"):
        undo(gift, at=program.now())

    assert balance_of(ada).available == 10


def test_a_gift_that_has_expired_cannot_be_taken_back(program):
    ada = make_member(program)
    gift = give_points(ada, 30, expires_at=NOON + timedelta(days=3))
    pass_time(program, days=3)

    with pytest.raises(InsufficientPoints):
        undo(gift, at=program.now())


def test_a_deduction_that_became_debt_is_undone_as_a_whole(ada):
    taken = give_points(ada, -130, allow_debt=True)
    assert balance_of(ada).debt == 30

    undo(taken)

    assert balance_of(ada) == WalletView(available=100, lifetime_earned=100)


def test_a_deduction_whose_debt_was_repaid_is_undone_as_a_whole(ada):
    taken = give_points(ada, -130, allow_debt=True)
    give_points(ada, 50)

    undo(taken)

    assert balance_of(ada) == WalletView(available=150, lifetime_earned=150)


@pytest.mark.parametrize("half", ["transfer_out", "transfer_in"])
def test_a_transfer_is_undone_on_both_sides(program, ada, half):
    bob = make_member(program, "bob")
    send(ada, bob)

    undo(Entry.objects.get(kind=half))

    assert (balance_of(ada).available, balance_of(bob).available) == (100, 0)


def test_a_transfer_that_was_spent_is_not_undone(program, ada):
    bob = make_member(program, "bob")
    send(ada, bob)
    give_points(bob, -30)

    with pytest.raises(InsufficientPoints, match="30 points short"):
        undo(Entry.objects.get(kind="transfer_out"))

    assert (balance_of(ada).available, balance_of(bob).available) == (60, 10)


def test_what_comes_back_after_its_time_lives_a_little_longer(program):
    ada = make_member(program)
    give_points(ada, 50, expires_at=NOON + timedelta(days=3))
    taken = give_points(ada, -50)
    pass_time(program, days=5)

    undo(taken, at=program.now())

    assert balance_of(ada, at=NOON + timedelta(days=18)).available == 50
    assert balance_of(ada, at=NOON + timedelta(days=19)).available == 0


def test_the_old_entry_stays(ada):
    gift = give_points(ada, 30)

    undo(gift)

    assert [entry.points for entry in entries_of(ada)] == [100, 30, -30]


def send(ada, bob, points=40):
    transfer_points(
        sender=ada,
        recipient=bob,
        point_type=point_type_of(ada.program),
        points=points,
        requested=Requested("t-1", NOON),
    )
