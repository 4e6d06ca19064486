"""Staff see and move what is true now: a birthday is paid though no job has run."""

from datetime import timedelta

import pytest

from loyalty.models import JobRun
from loyalty.services.adjustments import Requested
from loyalty.services.merging import merge_members
from tests.factories import NOON, balance_of, make_member, make_program
from tests.loyalty.admin.conftest import page, text_of
from tests.loyalty.admin.test_redemptions import act

BIRTHDAY = {"on": "birthday", "award": {"points": 50}}


@pytest.fixture
def program(db):
    return make_program(rules={"birthday": BIRTHDAY}, points={"value": "0.01"})


def wait(program, days):
    """Move the clock as a real one moves: nothing runs."""
    program.clock_at = NOON + timedelta(days=days)
    program.save(update_fields=["clock_at"])


def born(program, name, day):
    member = make_member(program, name, birthday=f"1990-{day}")
    member.program = program
    return member


def test_a_member_page_shows_the_points_of_todays_birthday(staff, program):
    ada = born(program, "ada", "05-10")
    wait(program, 6)

    answer = staff.get(page(ada))

    assert "birthday" in text_of(answer)
    assert balance_of(ada).available == 50
    assert not JobRun.objects.exists()


def test_points_of_todays_birthday_can_be_taken_away_again(staff, program):
    ada = born(program, "ada", "05-10")
    wait(program, 6)
    point_type = program.point_types.get().pk

    act(staff, ada, "adjust", point_type=point_type, points=-50, reason="mistake")

    assert balance_of(ada).available == 0


def test_both_members_of_a_merge_have_had_their_birthdays_before(staff, program):
    ada, bob = born(program, "ada", "05-10"), born(program, "bob", "05-12")
    wait(program, 10)

    act(staff, ada, "merge", into="bob", reason="enrolled twice")

    assert balance_of(bob).available == 100


def test_a_birthday_between_a_merge_and_its_undoing_is_the_survivors(staff, program):
    ada, bob = born(program, "ada", "05-10"), make_member(program, "bob")
    merge = merge_members(member=ada, into=bob, requested=Requested("m-1", NOON))
    wait(program, 10)

    act(staff, merge, "undo")

    assert (balance_of(ada).available, balance_of(bob).available) == (0, 50)
