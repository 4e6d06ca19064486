"""What time does to tiers: at its own moment, however late anybody looks."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.nightly import next_stop, run_due
from engine.travel import move_clock
from loyalty.models import Program
from tests.factories import (
    NOON,
    entries_of,
    make_member,
    make_program,
    state_order,
)
from tests.tiers.factories import TIERS, YEAR, make_ladders, tier_of
from tiers.models import EntryReward, Standing, StandingChange
from tiers.services.ladders import undo_ladder_version

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
YEAR_ON = NOON + timedelta(days=400)
NEW_YEAR = datetime(2026, 12, 31, 23, tzinfo=UTC)

REWARD = {"points": 100, "point_type": "points", "once": "each_time"}
SOON = {
    "tiers": {
        "member": {"threshold": 0},
        "silver": {"threshold": "200.00", "multiplier": "2", "entry": REWARD},
        "gold": {"threshold": "500.00", "entry": REWARD},
    }
}
LADDERS = {
    "vip": SOON | {"window": {"rolling": "3 months"}},
    "next": SOON | {"window": {"calendar": "quarter"}, "upgrade": "next_period"},
}
RULES = {
    "spend": {"on": "order", "award": {"points": 1, "per": "1.00"}},
    "birthday": {"on": "birthday", "award": {"points": 50}},
}


def set_clock(program, to):
    Program.objects.filter(pk=program.pk).update(clock_at=to)
    program.clock_at = to


def lived(how):
    """Return what a year leaves behind that passes like this."""
    program = make_program(
        rules=RULES, points={"expiry": {"after": "6 months"}, "expiry_reminders": [30]}
    )
    make_ladders(program, **LADDERS)
    ada = make_member(program, "ada", birthday="1990-08-07")
    bob = make_member(program, "bob", birthday="1990-08-01")
    state_order(program, "1", member="ada", amount=60000)
    state_order(program, "2", member="bob", amount=25000)
    how(program)
    return [
        (
            list(
                Standing.objects.filter(member=member)
                .order_by("ladder__code")
                .values_list("ladder__code", "tier", "since", "until", "review_at")
            ),
            list(
                StandingChange.objects.filter(member=member)
                .order_by("at", "ladder__code")
                .values_list("ladder__code", "from_tier", "to_tier", "at", "cause")
            ),
            list(
                EntryReward.objects.filter(member=member)
                .order_by("ladder__code", "tier", "count")
                .values_list("ladder__code", "tier", "count", "given_at", "taken_back_at")
            ),
            sorted(
                (entry.kind, entry.occurred_at, entry.available) for entry in entries_of(member)
            ),
        )
        for member in (ada, bob)
    ]


def travel(program):
    move_clock(program=program, to=YEAR_ON)


def night_by_night(program):
    at = NOON.replace(hour=3)
    while at + DAY < YEAR_ON:
        at += DAY
        set_clock(program, at)
        run_due(program, at=at)
    set_clock(program, YEAR_ON)
    run_due(program, at=YEAR_ON)


def all_at_the_end(program):
    set_clock(program, YEAR_ON)
    run_due(program, at=YEAR_ON)


def test_a_year_of_nights_a_gap_and_a_sandbox_that_travels_come_to_the_same():
    by_night = lived(night_by_night)

    assert lived(travel) == by_night
    assert lived(all_at_the_end) == by_night
    (_, changes, rewards, _), _ = by_night
    assert {cause for *_, cause in changes} == {"order", "review"}
    assert {(ladder, tier) for ladder, tier, *_ in rewards} >= {("next", "gold")}


def test_the_count_of_what_was_done_has_the_moves():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "valid_for": "end_of_period"})
    make_member(program)
    state_order(program, "1", member="ada", amount=60000)

    assert run_due(program, at=NEW_YEAR - DAY)["tier_changes"] == 0
    assert run_due(program, at=NEW_YEAR)["tier_changes"] == 1
    assert run_due(program, at=NEW_YEAR)["tier_changes"] == 0


def test_a_travelling_clock_stops_where_a_tier_may_end_and_where_a_ladder_changes():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR, "valid_for": "end_of_period"})
    make_member(program)
    assert next_stop(program, after=NOON, until=YEAR_ON) == YEAR_ON
    state_order(program, "1", member="ada", amount=60000)
    make_ladders(program, vip={"tiers": TIERS, "window": YEAR}, applies_from=NOON + DAY)

    assert next_stop(program, after=NOON, until=YEAR_ON) == NOON + DAY
    assert next_stop(program, after=NOON + DAY, until=YEAR_ON) == NEW_YEAR


def test_a_change_of_a_ladder_is_told_when_it_begins():
    program = make_program()
    make_ladders(program, vip={"tiers": TIERS})
    ada = make_member(program)
    state_order(program, "1", member="ada", amount=30000)
    easier = TIERS | {"gold": {"threshold": "300.00"}}
    begins = datetime(2026, 5, 31, 22, tzinfo=UTC)  # 1 June in Berlin
    make_ladders(program, vip={"tiers": easier}, applies_from=begins)

    done = move_clock(program=program, to=begins + 3 * DAY)

    assert done["tier_changes"] == 1
    change = StandingChange.objects.latest("id")
    assert (change.from_tier, change.to_tier, change.at, change.cause) == (
        "silver",
        "gold",
        begins,
        "ladder",
    )
    undo_ladder_version(program=program, code="vip", at=begins + 3 * DAY)
    assert run_due(program, at=begins + 4 * DAY)["tier_changes"] == 1
    assert tier_of(ada, at=begins + 4 * DAY) == "silver"
    assert StandingChange.objects.latest("id").cause == "ladder"
