"""Years of membership at a stationer's, worked out by hand. What each step of them brings
is in `test_years_step_by_step`."""

from datetime import UTC, datetime

import pytest

from loyalty.models import Member
from seeds.discount_years import BERLIN
from seeds.replay import replay_days
from tests.seeds.living import days_of_shop, member_of
from tests.seeds.years import live_in_leaps, local, opened
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import benefits_of
from tiers.queries.telling import tier_told

pytestmark = pytest.mark.django_db

UNTIL = datetime(2026, 7, 1, tzinfo=BERLIN).astimezone(UTC)

# Who has which tier from when on (all begin with "start"), why, and by which fact.
TIERS = {
    "greta": [
        ("2024-03-10 12:00", "five", "order", "notebooks"),  # 100 and 150
        # 760 of 800 euros; clocks went forward an hour and a half before.
        ("2024-03-31 03:30", "ten", "order", "desk"),
        # In her second year, which ends with 27 February, she has earned 270.
        ("2026-02-28 00:00", "five", "review", ""),
    ],
    "hugo": [
        ("2024-01-12 11:00", "ten", "order", "press"),  # 2,450; the 100 for it do not count
        ("2024-02-03 20:00", "fifteen", "event", "review-press"),  # 2,520
        # 1,400 less are 1,120. That he spent 2,500 the day before is no matter.
        ("2024-02-05 10:00", "ten", "refund", "press"),
        ("2025-01-09 23:30", "fifteen", "order", "frames"),  # 1,120 + 900 + 540
        # 25 in all of his second year.
        ("2026-01-10 00:00", "start", "review", ""),
    ],
    "ida": [
        ("2024-07-06 19:00", "five", "event", "review-ida-6"),  # 100 and six times 25
        ("2026-06-15 00:00", "start", "review", ""),  # 213 and 25
        ("2026-06-16 09:00", "five", "event", "review-late"),  # and 25 of the day before
    ],
}

# What there is from when on, less what is owed.
POINTS = {
    "greta": [
        ("2024-02-29 10:00", 100),
        ("2024-03-10 12:00", 250),
        ("2024-03-31 03:30", 250 + 760 + 100),
        ("2024-05-01 18:00", 1110 + 25),  # for one of two reviews of a day
        ("2025-06-01 15:00", 1135 + 270),
    ],
    "hugo": [
        ("2024-01-10 09:00", 100),
        ("2024-01-12 11:00", 100 + 2350 + 100),
        ("2024-02-02 16:00", 2550 + 45),
        ("2024-02-03 20:00", 2595 + 25 + 250),
        ("2024-02-04 12:00", 2870 - 2500),
        ("2024-02-05 10:00", 370 - 1400 - 250),
        ("2024-08-15 13:00", -1280 + 900),
        ("2025-01-09 23:30", -380 + 540 + 250),
        ("2025-03-01 08:00", 410 + 25),
    ],
    "ida": [
        ("2024-06-15 17:00", 100),
        *((f"2024-07-{day:02} 19:00", 100 + 25 * day) for day in range(1, 7)),
        ("2025-07-20 14:00", 250 + 213),  # of 213.75 euros
        ("2025-09-09 21:00", 463 + 25),
        ("2026-06-16 09:00", 488 + 25),
    ],
}

REWARDS = {
    "hugo": [
        ("ten", "2024-01-12 11:00", None),
        ("fifteen", "2024-02-03 20:00", "2024-02-05 10:00"),
        ("fifteen", "2025-01-09 23:30", None),
    ],
    "greta": [("ten", "2024-03-31 03:30", None)],
}


def percents(program):
    members = Member.objects.filter(program=program).order_by("external_id")
    return {
        member.external_id: benefits_of(member, program.now()).get("discount_percent", 0)
        for member in members.select_related("program")
    }


def test_the_discount_grows_and_shrinks_with_the_tier():
    days = days_of_shop("discount_ladder")
    program = opened("discount_ladder", days)

    seen = []
    for step in replay_days(program, days):
        discounts = percents(program)
        if step.ends_day and (not seen or seen[-1][1] != discounts):
            seen.append((str(step.date), discounts))

    assert seen == [
        ("2024-01-10", {"hugo": 0}),
        ("2024-01-12", {"hugo": 10}),
        ("2024-02-03", {"hugo": 15}),
        ("2024-02-05", {"hugo": 10}),
        ("2024-02-29", {"greta": 0, "hugo": 10}),
        ("2024-03-10", {"greta": 5, "hugo": 10}),
        ("2024-03-31", {"greta": 10, "hugo": 10}),
        ("2024-06-15", {"greta": 10, "hugo": 10, "ida": 0}),
        ("2024-07-06", {"greta": 10, "hugo": 10, "ida": 5}),
        ("2025-01-09", {"greta": 10, "hugo": 15, "ida": 5}),
        # The next time that anybody does anything.
        ("2026-06-16", {"greta": 5, "hugo": 0, "ida": 5}),
    ]


def test_years_of_membership_begin_on_the_day_of_joining_and_its_leap_day_is_kept_before():
    program = live_in_leaps("discount_ladder")
    ladder = tier_setup_of(program).ladders["discount"]

    greta = tier_told(member_of(program, "greta"), ladder, program.now())

    # Her third year began on 28 February 2026, and nothing was earned in it.
    assert greta["value"] == 0
    assert greta["until"] == local("2027-02-28 00:00", BERLIN)
    assert greta["keep"] == {
        "by": local("2027-02-28 00:00", BERLIN),
        "missing": 250,
        "falls_at": local("2027-02-28 00:00", BERLIN),
        "falls_to": "start",
    }
    assert greta["next"] == {"tier": "ten", "threshold": 1000, "missing": 1000}


def test_what_a_tier_gives_does_not_count_for_the_next():
    days = [day for day in days_of_shop("discount_ladder") if str(day.date) < "2024-02-03"]
    program = opened("discount_ladder", days)
    for _ in replay_days(program, days):
        pass
    ladder = tier_setup_of(program).ladders["discount"]

    hugo = tier_told(member_of(program, "hugo"), ladder, program.now())

    # 100, 2,350 and 45; in his wallet there are 100 more.
    assert (hugo["tier"], hugo["value"], hugo["next"]["missing"]) == ("ten", 2495, 5)
