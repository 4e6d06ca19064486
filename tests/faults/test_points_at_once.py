"""Points that are moved at the same moment. Each test says which mistake it would catch."""

from collections import Counter
from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction

from core import transactions
from core.errors import Unavailable
from loyalty.models import Entry, Wallet
from loyalty.rules.redemption import AlreadyReversed
from loyalty.rules.wallets import InsufficientPoints
from loyalty.services.adjustments import (
    AdjustmentRequest,
    AlreadyDecided,
    Requested,
    adjust_points,
    approve_adjustment,
    reject_adjustment,
)
from loyalty.services.expiry import settle_due_wallets
from loyalty.services.reversals import reverse_entry
from loyalty.services.transfers import transfer_points
from tests.concurrency import all_at_once, at_once, errors_in
from tests.factories import (
    NOON,
    PAY,
    balance_of,
    give_points,
    make_member,
    make_program,
    make_rewards,
    point_type_of,
    reserve_points,
)
from tests.proof import prove

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def program():
    program = make_program()
    make_rewards(program, **PAY)
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program)


def spend(member, points, key):
    return adjust_points(
        member=member,
        point_type=point_type_of(member.program),
        request=AdjustmentRequest(-points, "till"),
        requested=Requested(key, NOON),
    )


def send(sender, recipient, points, key):
    return transfer_points(
        sender=sender,
        recipient=recipient,
        point_type=point_type_of(sender.program),
        points=points,
        requested=Requested(key, NOON),
    )


def test_two_tills_cannot_spend_the_same_points(program, ada):
    # Catches: asking whether there is enough before the lock.
    give_points(ada, 100)

    results = all_at_once([lambda key=key: spend(ada, 100, key) for key in ("t-1", "t-2")])

    assert Counter(map(type, errors_in(results))) == {InsufficientPoints: 1}
    assert balance_of(ada).available == 0


def test_two_carts_cannot_hold_the_same_points(program, ada):
    # Catches: lots that were read in the statement that takes the lock.
    give_points(ada, 100)

    results = all_at_once(
        [lambda key=key: reserve_points(ada, 60, key=key) for key in ("c-1", "c-2")]
    )

    assert Counter(map(type, errors_in(results))) == {InsufficientPoints: 1}
    assert balance_of(ada).held == 60


@pytest.mark.parametrize("act", ["adjust", "transfer", "hold"])
def test_one_key_sent_ten_times_has_effect_once(program, ada, act):
    # Catches: looking for the key before the lock.
    give_points(ada, 100)
    bob = make_member(program, "bob")
    acts = {
        "adjust": lambda: spend(ada, 10, "key"),
        "transfer": lambda: send(ada, bob, 10, "key"),
        "hold": lambda: reserve_points(ada, 10, key="key"),
    }

    results = all_at_once([acts[act]] * 10)

    assert errors_in(results) == []
    assert len({result.pk for result in results}) == 1
    assert balance_of(ada).available == 90


def test_transfers_both_ways_do_not_wait_for_each_other(program, ada, monkeypatch):
    # Catches: locking the sender first, whoever that is.
    monkeypatch.setattr(transactions, "RETRIES", 0)
    give_points(ada, 100)
    bob = make_member(program, "bob", points=100)

    results = all_at_once(
        [
            lambda pair=pair, number=number: send(*pair, 1, f"t-{number}")
            for number in range(8)
            for pair in [(ada, bob) if number % 2 else (bob, ada)]
        ]
    )

    assert errors_in(results) == []
    assert (balance_of(ada).available, balance_of(bob).available) == (100, 100)


def test_an_entry_reversed_twice_at_once_is_reversed_once(program, ada):
    # Catches: looking for an earlier reversal before the lock.
    gift = give_points(ada, 100)
    give_points(ada, 100)

    results = all_at_once(
        [
            lambda key=key: reverse_entry(
                entry=gift, reason="mistake", requested=Requested(key, NOON)
            )
            for key in ("r-1", "r-2")
        ]
    )

    assert Counter(map(type, errors_in(results))) == {AlreadyReversed: 1}
    assert balance_of(ada).available == 100


def test_an_adjustment_is_decided_once(program, django_user_model):
    # Catches: looking at the adjustment's status before its row is locked.
    program.adjustment_approval_above = 0
    program.save()
    ada = make_member(program)
    grace = django_user_model.objects.create_user("grace")
    adjustment = adjust_points(
        member=ada,
        point_type=point_type_of(program),
        request=AdjustmentRequest(50, "goodwill"),
        requested=Requested("a-1", NOON),
    )

    results = all_at_once(
        [
            lambda decide=decide: decide(adjustment=adjustment, user=grace, at=NOON)
            for decide in (approve_adjustment, reject_adjustment)
        ]
    )

    assert Counter(map(type, errors_in(results))) == {AlreadyDecided: 1}


def test_two_that_settle_at_once_write_everything_once(program):
    # Catches: settling what was due before the lock without looking again.
    members = [make_member(program, f"m-{number}") for number in range(12)]
    for member in members:
        give_points(member, 50, expires_at=NOON + timedelta(days=1))

    results = at_once(3, settle_due_wallets, program=program, at=NOON + timedelta(days=2))

    assert errors_in(results) == []
    assert sum(results, Counter()) == {"expire": 12}
    assert Entry.objects.filter(kind="expire").count() == 12


def test_a_lock_that_is_not_had_in_time_is_refused_as_unavailable(program, ada, monkeypatch):
    # Catches: waiting for ever, and an error of the database that nobody can name.
    monkeypatch.setattr(transactions, "RETRIES", 0)
    with transaction.atomic():
        Wallet.objects.select_for_update().get(member=ada)
        (result,) = all_at_once([lambda: give_points(ada, 5)])

    assert isinstance(result, Unavailable)


def test_a_lock_that_was_not_had_is_tried_for_again(program, ada, monkeypatch):
    # Catches: giving up at the first timeout.
    gave_up, is_free = Event(), Event()

    def hold_until_the_other_gives_up():
        with transaction.atomic():
            Wallet.objects.select_for_update().get(member=ada)
            holds.set()
            assert gave_up.wait(10)
        is_free.set()

    def wait(_seconds):
        gave_up.set()
        assert is_free.wait(10)

    def give():
        assert holds.wait(10)
        return give_points(ada, 5)

    holds = Event()
    monkeypatch.setattr(transactions.time, "sleep", wait)

    results = all_at_once([hold_until_the_other_gives_up, give])

    assert errors_in(results) == []
    assert balance_of(ada).available == 5
