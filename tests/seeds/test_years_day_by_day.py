"""Every day of the shops with tiers, against what was worked out by hand."""

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
    by_hand,
    live_every_day,
    live_in_leaps,
    live_without_jobs,
    members_of,
    points_seen,
    rewards_of,
    tiers_seen,
    told,
)
from tiers.services.reviews import preview_members

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Years:
    """What was worked out by hand: moves by ladder, points by type, entry rewards.

    `first` has the tier that members begin with, by ladder.
    """

    until: datetime
    tiers: dict[str, Any]
    points: dict[str, Any]
    rewards: dict[str, Any]
    first: dict[str, str] = field(default_factory=dict)


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
    ),
    "members_only": Years(
        until=members_only.UNTIL,
        tiers={"circle": members_only.CIRCLE, "patrons": members_only.PATRONS},
        points={"points": members_only.POINTS},
        rewards=members_only.REWARDS,
        first={"circle": "member"},
    ),
}


def seen(program, years):
    tiers = {ladder: tiers_seen(program, ladder) for ladder in years.tiers}
    return tiers, {code: points_seen(program, code) for code in years.points}


def worked_out(program, years):
    tiers = {
        ladder: by_hand(table, program, before=years.first.get(ladder))
        for ladder, table in years.tiers.items()
    }
    points = {code: by_hand(table, program, before=0) for code, table in years.points.items()}
    return tiers, points


@pytest.mark.parametrize("name", YEARS)
def test_every_day_ends_with_what_was_worked_out_by_hand_and_leaps_come_to_the_same(name):
    years = YEARS[name]

    for program in live_every_day(name, until=years.until):
        assert seen(program, years) == worked_out(program, years), program.now()

    assert {ladder: told(program, ladder) for ladder in years.tiers} == years.tiers
    assert rewards_of(program) == years.rewards
    assert preview_members(program, members_of(program), program.now()) == []
    prove(program)

    day_by_day = all_of(program)
    Program.objects.update(slug="day-by-day")
    assert all_of(live_in_leaps(name, until=years.until)) == day_by_day


@pytest.mark.parametrize("name", YEARS)
def test_years_without_any_job_are_the_same_to_readers_and_in_the_end(name):
    years = YEARS[name]
    with_jobs = all_of(live_in_leaps(name, until=years.until))
    Program.objects.update(slug="with-jobs")

    program = live_without_jobs(name, until=years.until)
    assert seen(program, years) == worked_out(program, years)

    move_clock(program=program, to=program.now())
    assert all_of(program) == with_jobs
    prove(program)
