"""The next tick catches up with merges that were made by a way that knows no tiers."""

import pytest

from engine.nightly import run_due
from loyalty.models import Merge
from loyalty.services.merging import merge_members, undo_merge
from tests.factories import NOON, make_member, make_program, refund_order, requested
from tests.proof import prove, prove_days
from tests.tiers.factories import make_ladders, tier_of
from tests.tiers.lives import buy, days_of, gives, merge
from tiers.models import EntryReward

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


@pytest.fixture(autouse=True)
def _all_agrees(program):
    yield
    prove(program)
    prove_days(program)


@pytest.fixture
def ada(program):
    return make_member(program)


@pytest.fixture
def bob(program):
    return make_member(program, "bob")


def test_the_next_tick_catches_up_with_a_merge_that_knew_no_tiers(program, ada, bob):
    make_ladders(program, vip=gives({"points": 50}))
    buy(ada, 50000)
    merge_members(member=ada, into=bob, requested=requested(bob))

    assert run_due(program, at=program.now())["tier_changes"] == 1

    assert (tier_of(bob), days_of(ada)) == ("gold", [])
    assert EntryReward.objects.get().member_id == bob.pk
    assert run_due(program, at=program.now())["tier_changes"] == 0


def test_the_next_tick_catches_up_with_an_undo_that_knew_no_tiers(program, ada, bob):
    make_ladders(program)
    buy(ada, 50000)
    done = merge(ada, bob)
    undo_merge(merge=done, at=NOON)

    run_due(program, at=program.now())

    assert (tier_of(ada), tier_of(bob)) == ("gold", "member")


def test_the_next_tick_catches_up_with_a_merge_and_its_undo(program, ada, bob):
    make_ladders(program)
    buy(ada, 50000)
    done = merge_members(member=ada, into=bob, requested=requested(bob))
    refund_order(program, "ada-1", amount=20000)
    undo_merge(merge=done, at=NOON)

    run_due(program, at=program.now())

    assert (tier_of(ada), tier_of(bob)) == ("silver", "member")
    assert not Merge.objects.filter(tiers=None).exists()


def test_an_order_refunded_before_that_tick_counts_as_what_is_left(program, ada, bob):
    make_ladders(program)
    buy(ada, 50000)
    merge_members(member=ada, into=bob, requested=requested(bob))

    answer = refund_order(program, "ada-1", amount=20000)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "silver"}]
    run_due(program, at=program.now())
