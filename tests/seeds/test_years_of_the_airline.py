"""Three winters of an airline, worked out by hand. What each step of them brings is in
`test_years_step_by_step`."""

from datetime import UTC, datetime

import pytest

from loyalty.models import Decision, Redemption
from seeds.airline_years import LISBON
from seeds.replay import replay_days
from tests.factories import balance_of
from tests.seeds.living import days_of_shop, member_of
from tests.seeds.years import live_in_leaps, local, opened
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import benefits_of
from tiers.queries.telling import tier_told

pytestmark = pytest.mark.django_db

UNTIL = datetime(2026, 3, 1, tzinfo=LISBON).astimezone(UTC)

# Who has which status from when on (all begin blue), why, and by which fact.
TIERS = {
    "beatriz": [
        ("2023-11-20 08:00", "silver", "order", "b-rio"),  # four times 40, when flown
        ("2023-12-30 23:30", "gold", "order", "b-porto"),  # and four times 10: exactly 200
        # Gold for 2023 and 2024, and January to make up for the 20 of 2024.
        ("2025-02-01 00:00", "silver", "review", ""),
        # Silver for 2025, in which there was nothing.
        ("2026-02-01 00:00", "blue", "review", ""),
    ],
    # 160 in 2023, of which 60 are carried: 100 in 2024. Then 40 and a partner's 60 of
    # December, told in January: 100 in 2025.
    "carlos": [("2023-11-30 07:00", "silver", "order", "c-boston")],
    "duarte": [
        ("2024-03-31 00:30", "gold", "order", "d-lima"),  # six times 40
        # 40 were carried; with 80 and 20 they are 140 in 2025. One step, not two.
        ("2026-02-01 00:00", "silver", "review", ""),
        # A partner's 60 of the last minute of 2025: 200, so he never should have fallen.
        ("2026-02-10 09:00", "gold", "event", "d-partner"),
    ],
    "elena": [
        ("2024-06-10 11:00", "silver", "order", "e-dakar"),
        ("2024-07-01 15:00", "blue", "refund", "e-dakar"),  # 80 are left
        ("2024-10-27 01:30", "silver", "order", "e-natal"),  # 120, in the hour that comes twice
        # 20 were carried into 2025, and the ticket of March was never flown.
        ("2026-02-01 00:00", "blue", "review", ""),
    ],
}

# Miles to spend: five a euro, by the status on the day on which a ticket is bought.
MILES = {
    "beatriz": [
        ("2023-11-02 10:00", 5 * 1200),
        ("2023-11-25 12:00", 6000 + 5 * 300 * 5 // 4),
        ("2024-05-01 09:00", 7875 + 5 * 200 * 3 // 2),
        # Eighteen months without a ticket. Her status is what it was.
        ("2025-11-01 09:00", 0),
    ],
    "carlos": [
        ("2023-11-05 10:00", 5 * 1600),
        ("2024-08-10 10:00", 8000 + 5 * 500 * 5 // 4),
        ("2025-04-10 10:00", 11125 + 5 * 500 * 5 // 4),
    ],
    "duarte": [
        ("2024-02-29 10:00", 5 * 2100),
        ("2025-02-10 10:00", 10500 + 5 * 800 * 3 // 2),
        ("2025-06-01 10:00", 16500 + 5 * 120 * 3 // 2),
    ],
    "elena": [
        ("2024-05-20 10:00", 5 * 900),
        ("2024-07-01 15:00", 5 * 450),
        ("2024-09-15 10:00", 2250 + 5 * 390),
        ("2025-03-01 10:00", 4200 + 5 * 600 * 5 // 4),
    ],
}

# Status points that count, from when on: all that were ever flown.
STATUS = {
    "beatriz": [
        ("2023-11-20 08:00", 160),
        ("2023-12-30 23:30", 200),
        ("2024-06-01 09:00", 220),
    ],
    "carlos": [
        ("2023-11-30 07:00", 160),
        ("2024-09-01 22:00", 200),
        ("2025-05-05 22:00", 240),
        ("2026-01-15 09:00", 300),
    ],
    "duarte": [
        ("2024-03-31 00:30", 240),
        ("2025-03-10 06:00", 320),
        ("2025-06-20 06:00", 340),
        ("2026-02-10 09:00", 400),
    ],
    "elena": [
        ("2024-06-10 11:00", 160),
        ("2024-07-01 15:00", 80),
        ("2024-10-27 01:30", 120),
    ],
}

# Duarte's gold was never lost, as it turned out: it gives once.
REWARDS = {
    "beatriz": [("gold", "2023-12-30 23:30", None)],
    "duarte": [("gold", "2024-03-31 00:30", None)],
}


def test_a_ticket_that_is_never_flown_waits_for_eleven_months_and_lapses():
    days = days_of_shop("airline")
    program = opened("airline", days)
    elena = "elena"

    pending = {}
    for step in replay_days(program, days):
        if step.ends_day and str(step.date) >= "2025-03-01":
            pending[str(step.date)] = balance_of(member_of(program, elena), "status").pending

    # 330 days after the first of March it is 25 January.
    assert pending["2025-03-01"] == pending["2026-01-15"] == 80
    assert pending["2026-02-10"] == 0


def test_gold_gives_two_visits_to_the_lounge():
    live_in_leaps("airline")

    given = Redemption.objects.order_by("held_at").values_list(
        "member__external_id", "status", "gives"
    )

    visits = {"entitlement": "lounge_visits", "quantity": 2}
    assert list(given) == [
        ("beatriz", "captured", visits),
        ("duarte", "captured", visits),
    ]


def test_status_multiplies_miles_and_leaves_status_points_alone():
    live_in_leaps("airline")

    decision = Decision.objects.filter(fact_id="d-recife").order_by("id").first()
    rules = {rule["rule"]: rule for rule in decision.outcome["rules"]}

    gold = {"reason": "tier:status.gold", "multiplier": "1.5"}
    assert rules["miles"]["multipliers"] == [gold]
    assert not rules["long_haul"].get("multipliers")


def test_benefits_are_those_of_the_status_in_which_the_landing_ends():
    program = live_in_leaps("airline")
    beatriz, duarte = member_of(program, "beatriz"), member_of(program, "duarte")
    gold = {"bags": 2, "boarding_priority": 1, "lounge": True, "hotline": "+351 21 555 0100"}

    def benefits(member, wall):
        return benefits_of(member, local(wall, LISBON))

    assert benefits(beatriz, "2025-01-31 23:59") == gold
    assert benefits(beatriz, "2025-02-01 00:00") == {"bags": 2, "boarding_priority": 2}
    assert benefits(beatriz, "2026-01-31 23:59") == {"bags": 2, "boarding_priority": 2}
    assert benefits(beatriz, "2026-02-01 00:00") == {}
    assert benefits_of(duarte, program.now()) == gold


def test_within_the_month_of_grace_progress_says_what_is_missing_and_what_then():
    days = [day for day in days_of_shop("airline") if str(day.date) < "2025-12-31"]
    program = live_in_leaps("airline", until=local("2026-01-10 12:00", LISBON), days=days)
    ladder = tier_setup_of(program).ladders["status"]

    duarte = tier_told(member_of(program, "duarte"), ladder, program.now())

    assert (duarte["tier"], duarte["value"]) == ("gold", 40)  # carried out of 140
    assert duarte["keep"] == {
        "by": local("2026-01-01 00:00", LISBON),
        "missing": 60,
        "falls_at": local("2026-02-01 00:00", LISBON),
        "falls_to": "silver",
    }
