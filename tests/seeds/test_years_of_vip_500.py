"""Two years of VIPs in New York, worked out by hand. What each step of them brings is in
`test_years_step_by_step`."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.program_file import apply_program, read_program
from loyalty.models import Program
from seeds.program_files import PROGRAMS
from seeds.replay import replay_days
from seeds.vip_years import NEW_YORK, live_through_vip_years
from tests.seeds.living import member_of
from tests.seeds.years import live_in_leaps, local, tiers_seen, told
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import benefits_of
from tiers.queries.telling import tier_told

pytestmark = pytest.mark.django_db

UNTIL = datetime(2026, 7, 1, tzinfo=NEW_YORK).astimezone(UTC)

# Who has which tier from when on (all begin as members), why, and by which order.
TIERS = {
    "olivia": [
        # $320.00 + $180.00 were not over $500; $4.99 more are. Twelve months from the leap
        # day end with 28 February.
        ("2024-02-29 09:15", "vip", "order", "card"),
        # From 29 February 2024 on she has spent $4.99 and $60.00.
        ("2025-03-01 00:00", "member", "review", ""),
        # $60.00 of November and $450.00.
        ("2025-03-09 03:30", "vip", "order", "parka"),
        ("2026-03-10 00:00", "member", "review", ""),
    ],
    "liam": [
        ("2024-03-05 10:00", "vip", "order", "coat"),  # $500.01
        # $450.00 and $40.00 are left.
        ("2024-03-12 13:00", "member", "refund", "coat"),
        # $500.00 on 20 March were not enough; $525.00 are.
        ("2024-04-02 16:10", "vip", "order", "belt"),
        # On 3 April 2025 there were $300.00 and $220.00 in the twelve months before, and he
        # stayed. A year later there is nothing.
        ("2026-04-03 00:00", "member", "review", ""),
    ],
    "emma": [
        ("2024-06-01 14:00", "vip", "order", "tent"),
        ("2025-06-02 00:00", "member", "review", ""),  # $480.00 are not enough
        # $35.00 of May were told in June: $515.00.
        ("2025-06-05 09:00", "vip", "order", "lamp"),
        ("2026-06-02 00:00", "member", "review", ""),
    ],
    "noah": [
        ("2024-11-03 01:30", "vip", "order", "paddle"),
        ("2025-11-04 00:00", "member", "review", ""),
    ],
    # The order of a guest counts from its own day on, once it is known whose it is.
    "ava": [
        ("2024-07-01 00:00", "vip", "order", "bike"),
        ("2025-07-02 00:00", "member", "review", ""),
    ],
}

# What is available from when on: a point per dollar, two for VIPs, 500 for becoming one.
POINTS = {
    "olivia": [
        ("2024-01-15 12:00", 320),
        ("2024-02-10 17:30", 500),
        ("2024-02-29 09:15", 500 + 4 + 500),
        ("2024-11-30 11:00", 1004 + 2 * 60),
        ("2024-12-01 20:00", 1124 - 1000),
        ("2025-03-09 03:30", 124 + 450),  # and no 500: those are once in a lifetime
    ],
    "liam": [
        ("2024-03-05 10:00", 500 + 500),
        ("2024-03-08 18:20", 1000 + 2 * 40),
        # 50 of the scarf and the 500 are taken back; the gloves were bought by a VIP.
        ("2024-03-12 13:00", 1080 - 50 - 500),
        ("2024-03-20 08:45", 530 + 10),
        ("2024-04-02 16:10", 540 + 25 + 500),
        ("2024-12-24 15:00", 1065 + 2 * 300),
        ("2025-02-14 12:30", 1665 + 2 * 220),
    ],
    "emma": [
        ("2024-06-01 14:00", 600 + 500),
        ("2025-01-10 10:00", 1100 + 2 * 480),
        ("2025-06-05 09:00", 2060 + 2 * 35),  # she was a VIP when she bought the lamp
    ],
    "noah": [
        ("2024-11-02 23:30", 260),
        ("2024-11-03 01:30", 260 + 250 + 500),
        # What becoming a VIP gave him is his: he has been one for a year, and it is over.
        ("2025-12-01 10:00", 1010 - 250),
    ],
    "ava": [("2024-07-10 19:00", 500 + 500)],
}

REWARDS = {
    "olivia": [("vip", "2024-02-29 09:15", None)],
    "liam": [
        ("vip", "2024-03-05 10:00", "2024-03-12 13:00"),
        ("vip", "2024-04-02 16:10", None),
    ],
    "emma": [("vip", "2024-06-01 14:00", None)],
    "noah": [("vip", "2024-11-03 01:30", None)],
    "ava": [("vip", "2024-07-01 00:00", None)],
}


def test_a_vip_falls_with_the_first_instant_of_the_day_whatever_clocks_do():
    program = live_in_leaps("vip_500")

    for who, wall in (
        ("olivia", "2026-03-10 00:00"),  # clocks went forward two days before
        ("liam", "2026-04-03 00:00"),
    ):
        end = local(wall, NEW_YORK)
        before, after = (
            tiers_seen(program, "vip", at=at)[who] for at in (end - timedelta(seconds=1), end)
        )
        assert (before, after) == ("vip", "member")


def test_vips_have_their_benefits_and_others_have_none():
    program = live_in_leaps("vip_500")

    liam, noah = member_of(program, "liam"), member_of(program, "noah")

    assert benefits_of(liam, program.now()) == {
        "free_shipping": True,
        "early_access_hours": 24,
        "support_priority": 1,
        "hotline": "+1 212 555 0150",
    }
    assert benefits_of(noah, program.now()) == {}


def test_progress_says_what_is_missing_and_when_a_vip_would_fall():
    program = live_in_leaps("vip_500")  # until the end of 1 December 2025
    ladder = tier_setup_of(program).ladders["vip"]

    liam = tier_told(member_of(program, "liam"), ladder, program.now())
    noah = tier_told(member_of(program, "noah"), ladder, program.now())

    # Christmas of 2024 and Valentine's Day still count: $520.00.
    assert liam["value"] == 52000
    assert liam["next"] is None
    # Of what will count on 3 April there is nothing yet.
    assert liam["keep"] == {
        "by": local("2026-04-03 00:00", NEW_YORK),
        "missing": 50001,
        "falls_at": local("2026-04-03 00:00", NEW_YORK),
        "falls_to": "member",
    }
    assert noah["value"] == 0
    assert noah["next"] == {"tier": "vip", "threshold": 50000, "missing": 50001}


def test_for_a_lifetime_nobody_falls_by_time():
    text = (PROGRAMS / "vip_500.yaml").read_text()
    text = text.replace("window: {rolling: 12 months}", "window: lifetime")
    text = text.replace("    valid_for: 12 months\n", "")
    days = list(live_through_vip_years())
    apply_program(read_program(text.encode()), at=days[0].starts_at)
    program = Program.objects.get(slug="vip-500")

    for _ in replay_days(program, days):
        pass

    moves = told(program, "vip")
    assert moves["olivia"] == [("2024-02-29 09:15", "vip", "order", "card")]
    assert moves["emma"] == [("2024-06-01 14:00", "vip", "order", "tent")]
    assert moves["ava"] == [("2024-07-01 00:00", "vip", "order", "bike")]
    assert moves["liam"] == TIERS["liam"][:3]
    # $260.00 are left: for a lifetime means what is his, not what was.
    assert moves["noah"] == [
        ("2024-11-03 01:30", "vip", "order", "paddle"),
        ("2025-12-01 10:00", "member", "refund", "paddle"),
    ]
