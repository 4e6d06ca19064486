"""A program that moves to another time zone counts by the days of that one."""

import json
from datetime import UTC, datetime

import pytest

from engine.nightly import run_due
from engine.program_file import apply_program, as_data, read_program
from loyalty.models import Program
from tests.factories import NOON, make_member, make_program, refund_order, state_order
from tests.tiers.factories import make_ladders, tier_of
from tests.tiers.lives import days_of, fresh
from tiers.models import Standing
from tiers.queries.verification import tier_findings

pytestmark = pytest.mark.django_db

# Still the last day of the year in New York, already the next one in Berlin.
AT_NEW_YEAR = "2025-12-31T23:30:00Z"


@pytest.fixture
def program():
    program = make_program()
    make_ladders(program, vip={"window": {"calendar": "year"}, "tiers": TIERS})
    return program


TIERS = {"member": {"threshold": 0}, "gold": {"threshold": "500.00"}}


@pytest.fixture
def ada(program):
    """Ada, who spent 600.00 at New Year."""
    ada = make_member(program, joined_at="2025-01-01T00:00:00Z")
    state_order(program, amount=60000, placed_at=AT_NEW_YEAR, paid_at=AT_NEW_YEAR)
    return ada


def move(program, zone):
    data = as_data(program)
    data["program"]["timezone"] = zone
    apply_program(read_program(json.dumps(data)), at=NOON)


def test_days_are_those_of_the_new_zone_after_the_next_tick(program, ada):
    assert days_of(ada) == [("2026-01-01", 60000, 1)]

    move(program, "America/New_York")
    run_due(Program.objects.get(), at=NOON)

    assert days_of(ada) == [("2025-12-31", 60000, 1)]
    assert not list(tier_findings(Program.objects.get()))


def test_members_stand_where_the_new_days_put_them(program, ada):
    move(program, "America/New_York")
    run_due(Program.objects.get(), at=NOON)

    # A year earlier, so the tier ends a year earlier, at midnight of over there.
    assert Standing.objects.get().until == datetime(2027, 1, 1, 5, tzinfo=UTC)
    assert tier_of(fresh(ada)) == "gold"


def test_a_refund_before_the_tick_is_taken_from_the_right_day(program, ada):
    move(program, "America/New_York")
    refund_order(Program.objects.get(), amount=20000)
    run_due(Program.objects.get(), at=NOON)

    assert days_of(ada) == [("2025-12-31", 40000, 1)]


def test_a_program_that_stays_is_left_alone(program, ada):
    move(program, "Europe/Berlin")

    assert run_due(Program.objects.get(), at=NOON)["tier_changes"] == 0
    assert days_of(ada) == [("2026-01-01", 60000, 1)]
