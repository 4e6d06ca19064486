"""Merging and erasing while other things happen. Each test says what it would catch."""

from collections import Counter

import pytest

from loyalty.models import Member, Merge, Order
from loyalty.services.adjustments import Requested
from loyalty.services.erasing import erase_member
from loyalty.services.merging import AlreadyMerged, merge_members, undo_merge
from tests.concurrency import all_at_once, at_once, errors_in
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    state_event,
    state_order,
)
from tests.proof import prove

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def program():
    program = make_program(
        rules={
            "spend": {"on": "order", "award": {"points": 1, "per": "1.00"}},
            "review": {"on": "review", "award": {"points": 20}},
        }
    )
    yield program
    prove(program)


@pytest.fixture
def ada(program):
    return make_member(program, points=100)


@pytest.fixture
def bob(program):
    return make_member(program, "bob", points=50)


def merge(member, into, key="m-1"):
    return merge_members(member=member, into=into, requested=Requested(key, NOON))


def test_two_who_are_merged_into_each_other_at_once_become_one(program, ada, bob):
    # Catches: looking at who was merged before the rows are locked.
    results = all_at_once([lambda: merge(ada, bob, "m-1"), lambda: merge(bob, ada, "m-2")])

    assert Counter(map(type, errors_in(results))) == {AlreadyMerged: 1}
    survivor = Merge.objects.get().into
    survivor.program = program
    assert balance_of(survivor).available == 150


def test_one_merge_that_is_sent_eight_times_happens_once(ada, bob):
    # Catches: looking for the key before the lock.
    results = at_once(8, merge, member=ada, into=bob)

    assert errors_in(results) == []
    assert {merge.pk for merge in results} == {Merge.objects.get().pk}
    assert balance_of(bob).available == 150


def test_facts_that_come_in_during_a_merge_are_the_survivors(program, ada, bob):
    # Catches: posting to wallets whose member was merged between the look and the lock.
    facts = [
        lambda number=number: state_order(program, f"o-{number}", member="ada", amount=1000)
        for number in range(7)
    ]
    results = all_at_once([*facts, lambda: merge(ada, bob)])

    assert errors_in(results) == []
    assert balance_of(bob).available == 150 + 7 * 10
    assert set(Order.objects.values_list("member", flat=True)) == {bob.pk}


def test_a_merge_that_is_undone_by_two_at_once_is_undone_once(program, ada, bob):
    # Catches: looking at whether it was undone before the lock.
    done = merge(ada, bob)

    results = at_once(2, undo_merge, merge=done, at=NOON)

    assert len(errors_in(results)) == 1
    assert (balance_of(ada).available, balance_of(bob).available) == (100, 50)


def test_what_is_stated_while_a_member_is_erased_leaves_no_trace(program, ada):
    # Catches: writing what was found out before the member was erased.
    def note(number):
        return state_event(program, f"e-{number}", properties={"text": f"zqx {number}"})

    def rename(number):
        return make_member(program, name=f"zqx {number}")

    acts = [lambda n=n: note(n) for n in range(3)] + [lambda n=n: rename(n) for n in range(3)]
    all_at_once([*acts, lambda: erase_member(member=ada, at=NOON)])

    member = Member.objects.get()
    assert (member.status, member.name) == ("erased", "")
    texts = [str(event.properties) for event in member.memberevent_set.all()]
    assert [text for text in texts if "zqx" in text] == []


def test_points_given_while_a_member_is_merged_are_not_lost(program, ada, bob):
    # Catches: wallets that can be written to after all that was in them has moved.
    acts = [lambda n=n: give_points(ada, 10, key=f"g-{n}") for n in range(4)]
    results = all_at_once([*acts, lambda: merge(ada, bob)])

    given = 4 - len(errors_in(results))
    assert balance_of(bob).available == 150 + 10 * given
