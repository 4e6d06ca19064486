"""A new expiry and the points that are there already: seen before it is applied."""

from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from engine.nightly import run_due
from engine.program_file import dump_program
from loyalty.models import Lot, Wallet
from loyalty.queries.policies import preview_policy
from loyalty.services.programs import publish_rules, save_point_types
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    pass_time,
    state_order,
)
from tests.proof import prove

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
SOON, LATE = NOON + timedelta(days=10), NOON + timedelta(days=900)
A_YEAR_ON = datetime(2027, 5, 4, 14, tzinfo=BERLIN)
FROM_CHANGE = {"expiry": {"after": "12 months", "existing": "from_change"}}


@pytest.fixture
def program():
    return make_program()


def change(program, form):
    save_point_types(program=program, forms={"points": form}, at=program.now())
    publish_rules(program=program, at=program.now())


def ends_of(member):
    lots = Lot.objects.filter(wallet__member=member).order_by("id")
    return list(lots.values_list("expires_at", flat=True))


def test_old_points_keep_their_end_unless_the_change_says_otherwise(program):
    ada = make_member(program)
    give_points(ada, 50, expires_at=SOON)

    change(program, {"expiry": {"after": "12 months"}})

    assert ends_of(ada) == [SOON]


def test_old_points_get_the_later_of_their_own_end_and_the_new_one(program):
    ada = make_member(program)
    for expires_at in (SOON, LATE, None):
        give_points(ada, 50, expires_at=expires_at)

    change(program, FROM_CHANGE)

    assert ends_of(ada) == [A_YEAR_ON, LATE, A_YEAR_ON]
    prove(program)


def test_points_that_never_expired_do_so_at_their_new_end(program):
    ada = make_member(program, points=50)

    change(program, FROM_CHANGE)

    before = balance_of(ada, at=A_YEAR_ON - timedelta(seconds=1))
    assert (before.available, balance_of(ada, at=A_YEAR_ON).available) == (50, 0)
    assert Wallet.objects.get(member=ada).due_at == A_YEAR_ON
    assert run_due(program, at=A_YEAR_ON)["expired"] == 1


def test_points_that_expired_by_inactivity_get_a_date_of_their_own():
    program = make_program(points={"expiry": {"inactivity": "30 days"}})
    ada = make_member(program)
    state_order(program)

    change(program, FROM_CHANGE)

    assert ends_of(ada) == [A_YEAR_ON]
    assert balance_of(ada, at=NOON + timedelta(days=200)).available == 50


def test_what_is_over_stays_over_though_nobody_has_written_it_down(program):
    ada = make_member(program)
    give_points(ada, 50, expires_at=SOON)
    later = SOON + timedelta(days=1)

    save_point_types(program=program, forms={"points": FROM_CHANGE}, at=later)

    assert ends_of(ada) == [SOON]


def test_applying_the_same_policy_again_moves_nothing(program):
    ada = make_member(program, points=50)
    change(program, FROM_CHANGE)
    pass_time(program, days=30)

    change(program, FROM_CHANGE)

    assert ends_of(ada) == [A_YEAR_ON]


def test_a_preview_tells_members_points_and_dates_and_changes_nothing(program):
    ada, bob = make_member(program), make_member(program, "bob")
    give_points(ada, 50, expires_at=SOON)
    give_points(ada, 20, expires_at=LATE)
    give_points(bob, 7)

    preview = preview_policy(program, "points", FROM_CHANGE, at=NOON)

    assert (preview.members, preview.points) == (2, 57)
    assert preview.before == [(date(2026, 5, 14), 50), (None, 7)]
    assert preview.after == [(date(2027, 5, 4), 57)]
    assert ends_of(ada) == [SOON, LATE]


def test_a_policy_that_keeps_old_points_has_nothing_to_preview(program):
    make_member(program, points=50)

    assert preview_policy(program, "points", {"expiry": {"after": "1 month"}}, at=NOON) is None


def test_the_plan_of_a_file_shows_what_happens_to_old_points(program, tmp_path):
    give_points(make_member(program), 50, expires_at=SOON)
    file = tmp_path / "program.yaml"
    expiry = "{expiry: {after: 12 months, existing: from_change}}"
    changed = dump_program(program).replace("  points: {}\n", f"  points: {expiry}\n")
    file.write_text(changed)
    told = StringIO()

    call_command("load_program", file, plan=True, stdout=told)

    line = "prolong  points: 50 points of 1 members, from 2026-05-14 to 2027-05-04"
    assert line in told.getvalue()
