"""Moving a sandbox clock from the command line."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from loyalty.models import Program
from tests.factories import NOON, give_points, make_member, make_program

pytestmark = pytest.mark.django_db

BIRTHDAY = {"on": "birthday", "award": {"points": 50}}


def test_the_clock_moves_and_says_what_was_done_and_how_far_it_is(capsys):
    program = make_program(rules={"birthday": BIRTHDAY})
    ada = make_member(program, birthday="1990-05-10")
    give_points(ada, 40, expires_at=NOON + timedelta(days=2))

    call_command("move_clock", program.slug, "2028-01-01")

    told = capsys.readouterr()
    # Midnight in Berlin.
    assert told.out == f"{program.slug} is at 2027-12-31T23:00:00Z: expired 1, celebrated 2.\n"
    assert told.err.startswith("… 2027-")
    assert Program.objects.get().clock_at == datetime(2027, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("2026-05-01", "clock stands at"),
        ("2036-05-05", "at most 10 years at once"),
        ("tomorrow", "neither a date"),
    ],
)
def test_what_cannot_be_moved_to_is_refused(to, why):
    program = make_program()
    make_member(program)

    with pytest.raises(CommandError, match=why):
        call_command("move_clock", program.slug, to)

    assert Program.objects.get().clock_at == NOON


def test_a_program_that_lives_in_real_time_stays_there():
    program = make_program(sandbox=False)

    with pytest.raises(CommandError, match="lives in real time"):
        call_command("move_clock", program.slug, "2030-01-01")


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(CommandError, match="'nowhere'"):
        call_command("move_clock", "nowhere", "2030-01-01")
