"""Lives with tiers, while other things happen. Each test says what it would catch."""

import pytest

from engine.adjusting import adjust_member
from engine.lives import merge_people, part_people
from engine.nightly import run_due
from loyalty.services.adjustments import AdjustmentRequest, Requested
from loyalty.services.merging import merge_members
from tests.concurrency import all_at_once, at_once, errors_in
from tests.factories import NOON, make_member, make_program, point_type_of, state_order
from tests.proof import prove, prove_days
from tests.tiers.factories import TIERS, make_ladders, review, tier_of
from tiers.models import DayTotal, EntryReward, StandingChange
from tiers.services.merging import catch_up_with_merges

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]

REWARDING = TIERS | {"gold": {"threshold": "500.00", "entry": {"points": 50}}}


@pytest.fixture
def program():
    program = make_program(point_types={"status": {"kind": "status"}})
    counted = {"tiers": {"expert": {"threshold": 500}}, "metric": "points"}
    make_ladders(program, vip={"tiers": REWARDING}, pts=counted | {"point_type": "points"})
    yield program
    prove(program)
    prove_days(program)


@pytest.fixture
def ada(program):
    return make_member(program)


@pytest.fixture
def bob(program):
    return make_member(program, "bob")


def merge(member, into, key="m-1"):
    return merge_people(member=member, into=into, requested=Requested(key, NOON))


def buys(program, member, number, each=5000):
    return [
        lambda n=n: state_order(program, f"{member}-{n}", member=member, amount=each)
        for n in range(number)
    ]


def test_orders_that_come_in_during_a_merge_count_once_for_the_survivor(program, ada, bob):
    # Catches: making sums anew before the wallets are locked, or from what is not committed.
    acts = buys(program, "ada", 5) + buys(program, "bob", 5)

    results = all_at_once([*acts, lambda: merge(ada, bob)])

    assert errors_in(results) == []
    assert sum(row.spend for row in DayTotal.objects.filter(member=bob)) == 50000
    assert tier_of(bob) == "gold"
    assert EntryReward.objects.filter(tier="gold").count() == 1
    assert review(bob) == []


def test_orders_that_come_in_while_a_merge_is_undone_stay_with_their_members(program, ada, bob):
    # Catches: giving back rows before the wallets are locked.
    state_order(program, "first", member="ada", amount=30000)
    done = merge(ada, bob)

    undo = [lambda: part_people(merge=done, at=NOON)]
    results = all_at_once([*buys(program, "bob", 5), *undo])

    assert errors_in(results) == []
    assert (tier_of(ada), tier_of(bob)) == ("silver", "silver")


def test_a_merge_that_knew_no_tiers_is_caught_up_with_once(program, ada, bob):
    # Catches: looking for the row of a merge before the lock.
    state_order(program, "first", member="ada", amount=50000)
    merge_members(member=ada, into=bob, requested=Requested("m-1", NOON))

    results = at_once(4, catch_up_with_merges, program=program, at=NOON)

    assert errors_in(results) == []
    assert EntryReward.objects.filter(member=bob, count=1).count() == 1
    assert StandingChange.objects.filter(member=bob, cause="merge").count() == 2
    run_due(program, at=program.now())


def test_adjustments_and_orders_at_once_lift_once_and_wait_for_nobody_in_a_circle(program, ada):
    # Catches: adjusting with one wallet locked, and then asking for the others.
    points = point_type_of(program)
    wanted = AdjustmentRequest(100, "gift", counts_for_tiers=True)
    adjusting = [
        lambda n=n: adjust_member(
            member=ada,
            point_type=points,
            request=wanted,
            requested=Requested(f"a-{n}", NOON),
        )
        for n in range(5)
    ]

    results = all_at_once([*adjusting, *buys(program, "ada", 3, each=100)])

    assert errors_in(results) == []
    assert tier_of(ada, ladder="pts") == "expert"
    assert StandingChange.objects.filter(to_tier="expert").count() == 1
