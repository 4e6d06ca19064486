"""Changes of a ladder: whom they move, and whom not."""

from datetime import timedelta

import pytest

from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    refund_order,
    state_order,
)
from tests.tiers.factories import TIERS, YEAR, make_ladders, review, tier_of
from tests.tiers.lives import fresh
from tiers.models import LadderVersion, ReviewChunk, StandingChange
from tiers.queries.ladders import tier_setup_of
from tiers.queries.trials import try_ladder
from tiers.services.ladders import undo_ladder_version
from tiers.services.rounds import review_changes

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=2)
KINDER = {
    "member": {"threshold": 0, "name": "Friend"},
    "silver": {"threshold": "200.00", "benefits": {"free_shipping": True}},
    "gold": {
        "threshold": "500.00",
        "multiplier": "2",
        "entry": {"points": 50, "point_type": "points"},
    },
}
STEEPER = TIERS | {"gold": {"threshold": "600.00"}}
GIVING = TIERS | {
    "gold": {"threshold": "500.00", "entry": {"points": 50, "point_type": "points"}}
}


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def ada(program):
    return make_member(program)


def buy(program, euros, order="1", *, at=NOON):
    state_order(program, order, amount=euros * 100, at=at, paid_at=at.isoformat(),
                placed_at=at.isoformat())  # fmt: skip


def causes(member):
    return list(StandingChange.objects.filter(member=member).values_list("to_tier", "cause"))


# What a tier is called and brings moves nobody


def test_what_tiers_are_called_and_bring_needs_no_review(program, ada):
    make_ladders(program)
    review_changes(program=program, at=NOON)
    ReviewChunk.objects.all().delete()

    make_ladders(program, vip={"tiers": KINDER}, at=LATER)

    assert tier_setup_of(program).changes_until(LATER) == []
    review_changes(program=program, at=LATER)
    assert not ReviewChunk.objects.exists()


def test_nor_does_undoing_it(program, ada):
    make_ladders(program)
    review_changes(program=program, at=NOON)
    make_ladders(program, vip={"tiers": KINDER}, at=LATER)

    undo_ladder_version(program=program, code="vip", at=LATER)

    assert tier_setup_of(program).changes_until(LATER) == []


@pytest.mark.parametrize(
    "change",
    [{"tiers": STEEPER}, {"tiers": TIERS, "window": {"calendar": "year"}},
     {"tiers": TIERS, "metric": "orders"} | {"tiers": {"member": {"threshold": 0}}},
     {"tiers": TIERS, "grace": "1 day"}],
)  # fmt: skip
def test_what_judges_members_needs_one(program, ada, change):
    make_ladders(program)
    review_changes(program=program, at=NOON)

    make_ladders(program, vip=change, at=LATER)

    assert len(tier_setup_of(program).changes_until(LATER)) == 1


def test_a_version_that_nobody_was_reviewed_against_stays_so(program, ada):
    make_ladders(program)
    review_changes(program=program, at=NOON)
    make_ladders(program, vip={"tiers": STEEPER}, at=LATER)

    make_ladders(program, vip={"tiers": STEEPER, "name": "Friends"}, at=LATER)
    kinder = STEEPER | {"gold": {"threshold": "600.00", "multiplier": "3"}}
    make_ladders(program, vip={"tiers": kinder}, at=LATER)

    unreviewed = LadderVersion.objects.filter(reviewed_at=None)
    assert [version.number for version in unreviewed] == [2]


def test_a_rise_on_such_a_day_is_told_by_what_caused_it(program, ada):
    make_ladders(program)
    make_ladders(program, vip={"tiers": KINDER}, at=LATER)

    buy(program, 500, at=LATER)

    assert causes(ada) == [("gold", "order")]


def test_what_is_kept_for_ever_is_not_judged_for_a_name(program, ada):
    ladder = {"tiers": TIERS, "on_refund": "keep_until"}
    make_ladders(program, vip=ladder)
    buy(program, 500)
    refund_order(program, "1", amount=40000)
    assert tier_of(ada) == "gold"

    later = NOON + timedelta(days=3)
    make_ladders(program, vip=ladder | {"tiers": KINDER}, at=later)
    review(fresh(ada), at=later)

    assert tier_of(ada, at=later) == "gold"


# In the middle of a day


# The clock of a sandbox stands still meanwhile.
@pytest.mark.parametrize("at", [NOON, LATER])
def test_what_was_reached_before_a_change_of_the_same_day_is_held(program, ada, at):
    make_ladders(program, vip={"window": YEAR, "tiers": GIVING})
    buy(program, 550)
    given = balance_of(ada)

    make_ladders(program, vip={"window": YEAR, "tiers": STEEPER}, at=at)
    review_changes(program=program, at=at)

    assert tier_of(ada, at=at) == "gold"
    assert balance_of(ada) == given


def test_for_ever_it_falls_as_others_do_and_keeps_what_entering_gave(program, ada):
    make_ladders(program, vip={"tiers": GIVING})
    buy(program, 550)
    given = balance_of(ada)

    make_ladders(program, vip={"tiers": STEEPER}, at=LATER)
    review_changes(program=program, at=LATER)

    assert causes(ada) == [("gold", "order"), ("silver", "ladder")]
    assert balance_of(ada) == given


def test_a_preview_of_a_change_knows_who_rose_today(program, ada):
    make_ladders(program, vip={"window": YEAR, "tiers": TIERS})
    buy(program, 550)

    trial = try_ladder(program, "vip", {"window": YEAR, "tiers": STEEPER}, at=LATER)

    assert (trial.moved, trial.below) == (0, {"gold": 1})


def test_what_is_reached_after_it_is_reached_by_the_new_threshold(program, ada):
    make_ladders(program)
    make_ladders(program, vip={"tiers": STEEPER}, at=LATER)

    buy(program, 550, at=LATER)

    assert tier_of(ada, at=LATER) == "silver"


def test_a_refund_after_it_undoes_what_its_order_had_reached_before(program, ada):
    make_ladders(program, vip={"window": YEAR, "tiers": TIERS})
    buy(program, 550)
    make_ladders(program, vip={"window": YEAR, "tiers": STEEPER}, at=LATER)
    review_changes(program=program, at=LATER)

    refund_order(program, "1", amount=10000, at=LATER)

    assert tier_of(ada, at=LATER) == "silver"


def test_who_was_in_silver_by_then_does_not_rise_by_the_old_threshold(program, ada):
    make_ladders(program, vip={"window": YEAR, "tiers": TIERS})
    buy(program, 300)
    make_ladders(program, vip={"window": YEAR, "tiers": STEEPER}, at=LATER)

    buy(program, 250, "2", at=LATER)

    assert tier_of(ada, at=LATER) == "silver"
