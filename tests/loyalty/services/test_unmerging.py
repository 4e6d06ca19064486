"""Two members who were one person for a while, and are two again."""

from datetime import timedelta

import pytest

from loyalty.models import Member, Order, Wallet
from loyalty.queries.balances import WalletView
from loyalty.queries.members import member_of
from loyalty.services.adjustments import Requested
from loyalty.services.merging import AlreadyUndone, UndoTooLate, merge_members, undo_merge
from tests.factories import (
    NOON,
    balance_of,
    change_rules,
    give_points,
    make_member,
    make_program,
    pass_time,
    refund_order,
    state_event,
    state_order,
)
from tests.proof import prove

pytestmark = pytest.mark.django_db

REVIEW = {"on": "review", "award": {"points": 20}}
SPEND = {"on": "order", "award": {"points": 1, "per": "1.00"}}


@pytest.fixture
def program():
    program = make_program(rules={"spend": SPEND, "review": REVIEW})
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program, "ada", email="ada@example.org")


@pytest.fixture
def bob(program):
    return make_member(program, "bob", phone="+4930123456")


def merge(member, into, *, key="m-1", at=NOON):
    return merge_members(member=member, into=into, requested=Requested(key, at))


def test_undoing_gives_back_what_was_moved(program, ada, bob):
    state_order(program, amount=4000)
    give_points(bob, 5)
    before = balance_of(ada), balance_of(bob)
    done = merge(ada, bob)

    undo_merge(merge=done, at=NOON)

    assert (balance_of(ada), balance_of(bob)) == before
    assert Order.objects.get().member == ada
    assert member_of(program, "ada") == ada
    assert Member.objects.get(pk=ada.pk).email == "ada@example.org"
    assert Member.objects.get(pk=bob.pk).email is None


def test_after_undoing_an_order_earns_for_its_member_again(program, ada, bob):
    state_order(program, amount=4000)
    undo_merge(merge=merge(ada, bob), at=NOON)

    refund_order(program, amount=4000)
    state_event(program, member="ada")

    assert balance_of(ada) == WalletView(available=20, lifetime_earned=20)
    assert not Wallet.objects.filter(is_closed=True).exists()


def test_undoing_leaves_spent_points_spent(ada, bob):
    give_points(ada, 100)
    done = merge(ada, bob)
    give_points(bob, -70)

    undo_merge(merge=done, at=NOON)

    assert (balance_of(ada).available, balance_of(bob).available) == (30, 0)


def test_undoing_gives_back_pending_points_that_were_released_meanwhile():
    program = make_program(points={"hold": {"days": 14}})
    ada, bob = make_member(program, "ada"), make_member(program, "bob")
    state_order(program, amount=4000)
    done = merge(ada, bob)
    pass_time(program, days=14)

    undo_merge(merge=done, at=program.now())

    assert balance_of(ada) == WalletView(available=40, lifetime_earned=40)
    prove(program)


def test_undoing_takes_along_what_moved_orders_earned_meanwhile(program, ada, bob):
    state_order(program, amount=4000)
    done = merge(ada, bob)
    state_order(program, amount=5000)

    undo_merge(merge=done, at=NOON)

    assert balance_of(ada) == WalletView(available=50, lifetime_earned=50)
    assert balance_of(bob) == WalletView()


def test_undoing_after_a_refund_gives_back_no_lifetime_that_is_gone(program, ada, bob):
    state_order(program, amount=4000)
    done = merge(ada, bob)
    refund_order(program, amount=4000)

    undo_merge(merge=done, at=NOON)

    assert balance_of(ada) == balance_of(bob) == WalletView()


def test_a_merge_is_undone_once(ada, bob):
    done = merge(ada, bob)
    undo_merge(merge=done, at=NOON)

    with pytest.raises(AlreadyUndone):
        undo_merge(merge=done, at=NOON)


def test_a_merge_can_be_undone_for_30_days_and_not_longer(ada, bob):
    done = merge(ada, bob)

    with pytest.raises(UndoTooLate):
        undo_merge(merge=done, at=NOON + timedelta(days=30))


def test_after_undoing_they_can_be_merged_again(ada, bob):
    give_points(ada, 100)
    undo_merge(merge=merge(ada, bob), at=NOON)

    merge(ada, bob, key="m-2")

    assert balance_of(bob).available == 100


def test_undoing_takes_back_attributes_and_consents(program, ada, bob):
    given = {"attributes": {"nick": "Countess", "shoe": 38}}
    make_member(program, "ada", **given, consents={"email": True, "sms": True})
    make_member(program, "bob", attributes={"shoe": 45}, consents={"sms": True})
    done = merge(ada, bob)
    survivor = make_member(program, "bob", attributes={"hat": "L"})
    assert survivor.attributes == {"nick": "Countess", "shoe": 45, "hat": "L"}

    undo_merge(merge=done, at=NOON)

    survivor = Member.objects.get(pk=bob.pk)
    assert survivor.attributes == {"shoe": 45, "hat": "L"}
    assert survivor.consents == {"sms": True}


def test_what_came_round_while_they_were_one_is_not_paid_after_undoing(program, ada, bob):
    change_rules(program, {"birthday": {"on": "birthday", "award": {"points": 200}}})
    born = NOON.date() + timedelta(days=2)
    make_member(program, "ada", birthday=str(born.replace(year=1990)))
    done = merge(ada, bob)

    undo_merge(merge=done, at=NOON + timedelta(days=3))
    pass_time(program, days=4)

    assert (balance_of(ada).available, balance_of(bob).available) == (0, 0)
