"""The years of the shops with tiers, step by step, against what was worked out by hand."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from engine.travel import move_clock
from loyalty.models import Program
from tests.proof import prove
from tests.seeds import test_years_of_members_only as members_only
from tests.seeds import test_years_of_the_airline as airline
from tests.seeds import test_years_of_the_discount_ladder as discount
from tests.seeds import test_years_of_vip_500 as vip_500
from tests.seeds.years import (
    all_of,
    all_seen,
    by_hand,
    live_in_leaps,
    live_in_steps,
    live_without_jobs,
    members_of,
    rewards_of,
    told,
)
from tiers.services.reviews import preview_members

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Years:
    """What was worked out by hand: moves by ladder, points by type, entry rewards.

    `first` has the tier that members begin with, by ladder. Their clock is moved on by
    `step` days, which take their time.
    """

    until: datetime
    tiers: dict[str, Any]
    points: dict[str, Any]
    rewards: dict[str, Any]
    first: dict[str, str] = field(default_factory=dict)
    step: int = 7


YEARS = {
    "vip_500": Years(
        until=vip_500.UNTIL,
        tiers={"vip": vip_500.TIERS},
        points={"points": vip_500.POINTS},
        rewards=vip_500.REWARDS,
        first={"vip": "member"},
    ),
    "discount_ladder": Years(
        until=discount.UNTIL,
        tiers={"discount": discount.TIERS},
        points={"points": discount.POINTS},
        rewards=discount.REWARDS,
        first={"discount": "start"},
    ),
    "airline": Years(
        until=airline.UNTIL,
        tiers={"status": airline.TIERS},
        points={"miles": airline.MILES, "status": airline.STATUS},
        rewards=airline.REWARDS,
        first={"status": "blue"},
        step=1,
    ),
    "members_only": Years(
        until=members_only.UNTIL,
        tiers={"circle": members_only.CIRCLE, "patrons": members_only.PATRONS},
        points={"points": members_only.POINTS},
        rewards=members_only.REWARDS,
        first={"circle": "member"},
    ),
}


def check(program, years):
    """Compare what readers see now with what was worked out by hand."""
    tiers, points = all_seen(program, years.tiers, years.points)
    known = next(iter(points.values()))

    assert tiers == {
        ladder: by_hand(table, program, known, before=years.first.get(ladder))
        for ladder, table in years.tiers.items()
    }, program.now()
    assert points == {
        code: by_hand(table, program, known, before=0) for code, table in years.points.items()
    }, program.now()


@pytest.mark.parametrize("name", YEARS)
def test_small_steps_see_what_was_worked_out_by_hand_and_leaps_come_to_the_same(name):
    years = YEARS[name]

    for program in live_in_steps(name, until=years.until, step=years.step):
        check(program, years)

    assert {ladder: told(program, ladder) for ladder in years.tiers} == years.tiers
    assert rewards_of(program) == years.rewards
    assert preview_members(program, members_of(program), program.now()) == []
    prove(program)

    in_steps = all_of(program)
    Program.objects.update(slug="in-steps")
    assert all_of(live_in_leaps(name, until=years.until)) == in_steps


@pytest.mark.parametrize("name", YEARS)
def test_years_without_any_job_are_the_same_to_readers_and_in_the_end(name):
    years = YEARS[name]
    with_jobs = all_of(live_in_leaps(name, until=years.until))
    Program.objects.update(slug="with-jobs")

    program = live_without_jobs(name, until=years.until)
    check(program, years)

    move_clock(program=program, to=program.now())
    assert all_of(program) == with_jobs
    prove(program)
