from datetime import timedelta

import pytest

from tests.factories import make_member, make_program, point_type_of
from tests.tiers.factories import TODAY
from tiers.models import DayPoints, DayTotal
from tiers.services.totals import (
    OrderChange,
    PointsChange,
    SumsDisagree,
    move_totals,
)

pytestmark = pytest.mark.django_db


def days_of(member):
    rows = DayTotal.objects.filter(member=member).order_by("day")
    return list(rows.values_list("day", "spend", "orders"))


def test_differences_add_up_by_member_and_day():
    program = make_program()
    ada, bob = make_member(program), make_member(program, "bob")
    tomorrow = TODAY + timedelta(days=1)

    move_totals(
        program.pk,
        [
            OrderChange(ada.pk, TODAY, 1000, 1),
            OrderChange(bob.pk, TODAY, 700, 1),
            OrderChange(ada.pk, TODAY, 500, 1),
            OrderChange(ada.pk, tomorrow, 300, 1),
        ],
    )
    move_totals(program.pk, [OrderChange(ada.pk, TODAY, -400, 0)])

    assert days_of(ada) == [(TODAY, 1100, 2), (tomorrow, 300, 1)]
    assert days_of(bob) == [(TODAY, 700, 1)]


def test_an_order_that_moves_to_another_day_takes_its_sum_along():
    program = make_program()
    ada = make_member(program)
    yesterday = TODAY - timedelta(days=1)
    move_totals(program.pk, [OrderChange(ada.pk, TODAY, 1000, 1)])

    changes = [OrderChange(ada.pk, TODAY, -1000, -1), OrderChange(ada.pk, yesterday, 1000, 1)]
    move_totals(program.pk, changes)

    assert days_of(ada) == [(yesterday, 1000, 1), (TODAY, 0, 0)]


def test_sums_never_become_negative():
    program = make_program()
    ada = make_member(program)
    move_totals(program.pk, [OrderChange(ada.pk, TODAY, 1000, 1)])

    with pytest.raises(SumsDisagree):
        move_totals(program.pk, [OrderChange(ada.pk, TODAY, -1001, 0)])

    assert days_of(ada) == [(TODAY, 1000, 1)]


def test_points_may_be_taken_off_on_a_day_of_their_own():
    program = make_program()
    ada, points = make_member(program), point_type_of(program)

    move_totals(program.pk, points=[PointsChange(ada.pk, points.pk, TODAY, earned=100)])
    move_totals(program.pk, points=[PointsChange(ada.pk, points.pk, TODAY, -150, 20)])

    row = DayPoints.objects.get()
    assert (row.day, row.earned, row.released) == (TODAY, -50, 20)


@pytest.mark.parametrize("members", [1, 3])
def test_a_wave_moves_the_sums_of_all_its_members_at_once(
    members, django_assert_max_num_queries
):
    program = make_program()
    people = [make_member(program, f"m-{n}") for n in range(members)]

    with django_assert_max_num_queries(1):
        move_totals(program.pk, [OrderChange(one.pk, TODAY, 100, 1) for one in people])
