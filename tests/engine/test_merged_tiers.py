"""What tiers mean when two members are found to be one, and two again."""

from datetime import timedelta

import pytest

from engine.lives import merge_people, part_people
from loyalty.models import Redemption, Voucher
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    refund_order,
    requested,
)
from tests.proof import prove, prove_days
from tests.tiers.factories import make_ladders, tier_of
from tests.tiers.lives import buy, days_of, fresh, gives, merge
from tiers.models import EntryReward, Standing, StandingChange
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import history_of
from tiers.services.by_hand import set_tier

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
COUNTING = {
    "tiers": {"member": {"threshold": 0}, "gold": {"threshold": 500}},
    "metric": "points",
    "point_type": "points",
}


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


def test_after_a_merge_what_both_spent_counts_together(program, ada, bob):
    make_ladders(program)
    buy(ada, 30000)
    buy(bob, 20000)

    merge(ada, bob)

    assert days_of(bob) == [("2026-05-04", 50000, 2)]
    assert days_of(ada) == []
    assert tier_of(bob) == "gold"


def test_a_merge_is_the_cause_of_the_rise_it_brings(program, ada, bob):
    make_ladders(program)
    buy(ada, 30000)
    buy(bob, 20000)

    done = merge(ada, bob)

    change = StandingChange.objects.latest("id")
    assert (change.from_tier, change.to_tier, change.cause) == ("silver", "gold", "merge")
    assert change.source_id == f"mrg_{done.pk}"


def test_whoever_was_merged_stands_nowhere_any_more(program, ada, bob):
    make_ladders(program)
    buy(ada, 30000)

    merge(ada, bob)

    assert not Standing.objects.filter(member=ada).exists()


def test_a_history_tells_of_both(program, ada, bob):
    make_ladders(program)
    buy(ada, 30000)
    buy(bob, 20000)

    merge(ada, bob)

    ladder = tier_setup_of(program).ladders["vip"]
    told = [(each.member_id, each.to_tier) for each in history_of(bob, ladder)]
    assert told == [(bob.pk, "gold"), (bob.pk, "silver"), (ada.pk, "silver")]


def test_an_undone_merge_puts_both_back_where_they_were(program, ada, bob):
    make_ladders(program)
    buy(ada, 30000)
    buy(bob, 20000)
    row = Standing.objects.get(member=ada)
    before = {name: getattr(row, name) for name in ("tier", "since", "until", "earned_since")}
    done = merge(ada, bob)

    part_people(merge=done, at=NOON + DAY)

    assert (tier_of(ada), tier_of(bob)) == ("silver", "silver")
    assert (days_of(ada), days_of(bob)) == (
        [("2026-05-04", 30000, 1)],
        [("2026-05-04", 20000, 1)],
    )
    row = Standing.objects.get(member=ada)
    assert {name: getattr(row, name) for name in before} == before
    assert StandingChange.objects.filter(member=ada).count() == 1


def test_after_an_undo_each_has_what_became_of_its_own_orders(program, ada, bob):
    make_ladders(program)
    buy(ada, 30000)
    done = merge(ada, bob)
    refund_order(program, "ada-1", amount=20000)
    buy(bob, 20000)

    part_people(merge=done, at=NOON + DAY)

    assert (tier_of(ada), tier_of(bob)) == ("member", "silver")


def test_a_reward_of_once_in_a_lifetime_is_given_once_to_the_person(program, ada, bob):
    make_ladders(program, vip=gives({"points": 50}))
    buy(ada, 50000)
    buy(bob, 20000)

    merge(ada, bob)

    assert tier_of(bob) == "gold"
    assert EntryReward.objects.filter(member=bob, tier="gold").count() == 1
    assert balance_of(fresh(bob)).available == 500 + 200 + 50


def test_both_keep_what_entering_gave_them_before(program, ada, bob):
    make_ladders(program, vip=gives({"points": 50}))
    buy(ada, 50000)
    buy(bob, 50000)

    merge(ada, bob)

    counts = EntryReward.objects.filter(member=bob).values_list("count", flat=True)
    assert sorted(counts) == [1, 2]


def test_who_becomes_somebody_of_a_tier_that_one_of_them_had_does_not_enter_it(
    program, ada, bob
):
    make_ladders(program, vip=gives({"points": 50}, once="each_time"))
    buy(ada, 50000)

    merge(ada, bob)

    assert tier_of(bob) == "gold"
    assert EntryReward.objects.count() == 1


def test_an_undo_gives_each_what_it_was_given(program, ada, bob):
    make_ladders(program, vip=gives({"points": 50}))
    buy(ada, 50000)
    buy(bob, 50000)
    done = merge(ada, bob)

    part_people(merge=done, at=NOON)

    rows = EntryReward.objects.order_by("member").values_list("member", "count")
    assert list(rows) == [(ada.pk, 1), (bob.pk, 1)]


def test_an_undo_takes_back_what_only_both_together_had_reached(program, ada, bob):
    make_ladders(program, vip=gives({"points": 50}))
    buy(ada, 30000)
    buy(bob, 20000)
    done = merge(ada, bob)
    assert balance_of(fresh(bob)).available == 550

    part_people(merge=done, at=NOON)

    assert balance_of(fresh(ada)).available == 300
    assert balance_of(fresh(bob)).available == 200
    assert EntryReward.objects.get().taken_back_at == NOON


def test_after_merges_and_undos_rewards_can_be_given_again_each_time(program, ada, bob):
    make_ladders(program, vip=gives({"points": 50}, once="each_time"))
    buy(ada, 50000)
    done = merge(ada, bob)
    refund_order(program, "ada-1", amount=50000)
    buy(bob, 50000)
    part_people(merge=done, at=NOON)
    refund_order(program, "bob-1", amount=50000)

    buy(bob, 50000, "bob-2")

    given = EntryReward.objects.filter(taken_back_at=None)
    assert [row.member_id for row in given] == [bob.pk]


def test_a_voucher_that_entering_gave_moves_along_and_back(program, ada, bob):
    make_ladders(program, vip=gives({"fixed": "5.00"}))
    buy(ada, 50000)

    done = merge(ada, bob)
    assert Voucher.objects.get().member_id == bob.pk

    part_people(merge=done, at=NOON)
    assert Voucher.objects.get().member_id == ada.pk
    assert Redemption.objects.get().member_id == ada.pk


def by_hand(member, tier, *, until=None, reason="sponsor"):
    set_tier(member=fresh(member), ladder="vip", tier=tier, until=until, reason=reason, at=NOON)


def test_a_tier_set_by_hand_holds_for_the_survivor(program, ada, bob):
    make_ladders(program)
    by_hand(ada, "gold", until=NOON + 90 * DAY)

    merge(ada, bob, at=NOON + DAY)

    row = Standing.objects.get(member=bob)
    assert (row.tier, row.floor_tier, row.floor_reason) == ("gold", "gold", "sponsor")
    assert (row.floor_since, row.floor_until) == (NOON + DAY, NOON + 90 * DAY)
    assert tier_of(bob, at=NOON + 90 * DAY) == "member"
    assert StandingChange.objects.latest("id").cause == "merge"


@pytest.mark.parametrize(
    ("theirs", "own", "holds"),
    [
        (("gold", 10), ("silver", 20), ("gold", 10)),
        (("silver", 20), ("gold", 10), ("gold", 10)),
        (("gold", 20), ("gold", 10), ("gold", 20)),
        (("gold", 10), ("gold", 20), ("gold", 20)),
    ],
)
def test_of_two_tiers_set_by_hand_the_higher_holds_then_the_longer(
    program, ada, bob, theirs, own, holds
):
    make_ladders(program)
    by_hand(ada, theirs[0], until=NOON + theirs[1] * DAY)
    by_hand(bob, own[0], until=NOON + own[1] * DAY)

    merge(ada, bob, at=NOON + DAY)

    row = Standing.objects.get(member=bob)
    assert (row.floor_tier, row.floor_until) == (holds[0], NOON + holds[1] * DAY)


def test_a_tier_set_by_hand_that_has_ended_does_not_move(program, ada, bob):
    make_ladders(program)
    by_hand(ada, "gold", until=NOON + DAY)

    merge(ada, bob, at=NOON + 2 * DAY)

    assert tier_of(bob, at=NOON + 2 * DAY) == "member"


def test_an_undo_gives_back_what_was_set_by_hand(program, ada, bob):
    make_ladders(program)
    by_hand(ada, "gold", reason="sponsor")
    by_hand(bob, "silver", reason="neighbour")
    done = merge(ada, bob)

    part_people(merge=done, at=NOON + DAY)

    rows = Standing.objects.order_by("member")
    assert [(row.tier, row.floor_tier, row.floor_reason) for row in rows] == [
        ("gold", "gold", "sponsor"),
        ("silver", "silver", "neighbour"),
    ]


def test_an_undo_leaves_what_staff_have_set_by_hand_since(program, ada, bob):
    make_ladders(program)
    by_hand(ada, "gold")
    done = merge(ada, bob)
    by_hand(bob, "silver", reason="decided since")

    part_people(merge=done, at=NOON + DAY)

    assert tier_of(bob, at=NOON + DAY) == "silver"


def test_adjustments_that_count_for_tiers_move_along_and_back(program, ada, bob):
    make_ladders(program, vip=COUNTING)
    give_points(ada, 300, counts_for_tiers=True)
    give_points(bob, 200, counts_for_tiers=True)

    done = merge(ada, bob)
    assert tier_of(bob) == "gold"

    part_people(merge=done, at=NOON)
    assert (tier_of(ada), tier_of(bob)) == ("member", "member")


def test_a_merge_of_a_merge_comes_to_all_three(program, ada, bob):
    make_ladders(program, vip=gives({"points": 50}))
    cy = make_member(program, "cy")
    buy(ada, 50000)
    buy(bob, 10000)
    buy(cy, 10000)

    merge(ada, bob)
    done = merge(bob, cy)
    assert days_of(cy) == [("2026-05-04", 70000, 3)]
    assert EntryReward.objects.get().member_id == cy.pk

    part_people(merge=done, at=NOON)
    assert (tier_of(bob), tier_of(cy)) == ("gold", "member")
    assert EntryReward.objects.get().member_id == bob.pk


def test_a_repeated_merge_changes_nothing_more(program, ada, bob):
    make_ladders(program)
    buy(ada, 50000)
    asked = requested(bob, "m-1")
    for _ in range(2):
        merge_people(member=fresh(ada), into=fresh(bob), requested=asked)

    assert days_of(bob) == [("2026-05-04", 50000, 1)]
    assert StandingChange.objects.filter(member=bob).count() == 1
