"""Members reviewed by several at once: each change is written down once."""

from datetime import timedelta

import pytest

from core.models import Event
from tests.concurrency import all_at_once, at_once, errors_in
from tests.factories import NOON, make_member, make_program
from tests.tiers.factories import TIERS, YEAR, count_order, make_ladders, review, spend
from tiers.models import DayTotal, Standing, StandingChange
from tiers.services.totals import OrderChange, move_totals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_postgresql]

LATE = NOON + timedelta(days=700)


@pytest.fixture
def people():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR})
    return [make_member(program, f"m-{number}") for number in range(5)]


def test_a_first_rise_that_ten_see_is_written_down_once(people):
    for one in people:
        count_order(one, 50000)

    done = at_once(10, review_all, people=people, at=NOON)

    assert errors_in(done) == []
    assert StandingChange.objects.count() == Standing.objects.count() == 5
    assert Event.objects.filter(type="tier.changed").count() == 5


def test_a_fall_that_ten_see_is_written_down_once(people):
    for one in people:
        spend(one, 50000)

    done = at_once(10, review_all, people=people, at=LATE)

    assert errors_in(done) == []
    assert StandingChange.objects.filter(to_tier="member").count() == 5


def test_sums_that_are_moved_at_once_add_up_and_nobody_waits_in_a_circle(people):
    changes = [OrderChange(one.pk, NOON.date(), 100, 1) for one in people]
    program_id = people[0].program_id

    done = all_at_once(
        [
            lambda: move_totals(program_id, changes),
            lambda: move_totals(program_id, changes[::-1]),
        ]
        * 5
    )

    assert errors_in(done) == []
    assert set(DayTotal.objects.values_list("spend", "orders")) == {(1000, 10)}


def review_all(people, at):
    return review(*people, at=at)
