from datetime import timedelta

import pytest

from core.errors import InvalidInput, NotFound
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import make_ladders, review, spend, tier_of
from tiers.models import Standing, StandingChange
from tiers.services.by_hand import set_tier

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)


@pytest.fixture
def ada():
    program = make_program()
    make_ladders(program)
    return make_member(program)


def by_hand(
    member, tier="gold", *, until=NOON + MONTH, reason="a good friend", at=NOON, **rest
):
    ladder = rest.get("ladder", "vip")
    return set_tier(member=member, ladder=ladder, tier=tier, until=until, reason=reason, at=at)


def test_a_tier_set_by_hand_holds_until_its_end(ada):
    (move,) = by_hand(ada)

    assert (move.from_, move.to, move.cause.kind) == ("member", "gold", "by_hand")
    assert tier_of(ada, at=NOON + MONTH - timedelta(seconds=1)) == "gold"
    assert tier_of(ada, at=NOON + MONTH) == "member"
    change = StandingChange.objects.get()
    assert (change.cause, change.reason) == ("by_hand", "a good friend")


def test_it_is_a_floor_and_what_was_earned_above_it_counts(ada):
    by_hand(ada, "silver")
    spend(ada, 50000)

    assert tier_of(ada) == "gold"
    assert tier_of(ada, at=NOON + MONTH) == "gold"


def test_without_an_end_it_stays(ada):
    by_hand(ada, until=None)

    assert tier_of(ada, at=NOON + 100 * MONTH) == "gold"


def test_it_can_be_ended(ada):
    by_hand(ada, until=None)
    later = NOON + timedelta(days=1)

    (move,) = by_hand(ada, None, until=None, reason="a mistake", at=later)

    assert (move.from_, move.to, move.at) == ("gold", "member", later)
    assert tier_of(ada, at=later) == "member"


def test_setting_the_same_again_changes_nothing(ada):
    by_hand(ada)

    assert by_hand(ada, at=NOON + timedelta(hours=1)) == []

    assert Standing.objects.get().floor_since == NOON
    assert StandingChange.objects.count() == 1


def test_reviews_leave_it_alone(ada):
    by_hand(ada)

    assert review(ada, at=NOON + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"until": NOON}, "/until"),
        ({"until": NOON - MONTH}, "/until"),
        ({"tier": "diamond"}, "/tier"),
        ({"reason": " "}, "/reason"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(ada, given, pointer):
    with pytest.raises(InvalidInput) as caught:
        by_hand(ada, **given)

    assert [each.pointer for each in caught.value.problems] == [pointer]
    assert not Standing.objects.exists()


def test_a_ladder_that_is_not_there_is_not_found(ada):
    with pytest.raises(NotFound):
        by_hand(ada, ladder="other")
