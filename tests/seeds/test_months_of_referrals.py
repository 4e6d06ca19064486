"""The shops where friends bring friends, worked out by hand: how far, and what it gave."""

from dataclasses import dataclass
from typing import Any

import pytest

from engine.travel import move_clock
from loyalty.models import Program, Voucher
from loyalty.queries.balances import wallets_of
from referrals.models import Payout, Referral, ReferralStep
from tests.proof import prove
from tests.seeds.living import days_of_shop, ledger_of
from tests.seeds.years import (
    by_hand,
    live_in_leaps,
    live_in_steps,
    live_without_jobs,
    local,
    members_of,
)

pytestmark = pytest.mark.django_db

# How referrals stand from a local time on, by advocate and friend.
TEAPOTS = {
    "grace>henry": [
        ("2025-03-01 18:00", "claimed"),
        ("2025-03-01 18:10", "signed_up"),
        ("2025-03-09 01:30", "qualified"),
        ("2025-03-23 01:30", "rewarded"),  # two weeks by the wall, an hour less by the sun
    ],
    "grace>iris": [
        ("2025-03-20 12:00", "signed_up"),
        ("2025-03-21 12:00", "qualified"),
        ("2025-03-28 10:00", "reversed"),
    ],
    "grace>jack": [("2025-04-01 12:00", "signed_up"), ("2025-04-02 12:00", "rejected")],
    "grace>grace-2": [("2025-04-03 20:00", "rejected")],
    "henry>kate": [("2025-04-05 15:00", "flagged"), ("2025-05-01 09:00", "rewarded")],
    "grace>liam": [
        ("2025-04-10 12:00", "signed_up"),
        ("2025-07-09 12:00", "expired"),  # ninety days: 20, 31, 30 and 9
    ],
    "grace>mona": [
        ("2025-05-01 12:00", "signed_up"),
        ("2025-05-02 12:00", "qualified"),
        ("2025-05-16 12:00", "rewarded"),
        ("2025-06-15 12:00", "reversed"),
    ],
    "grace>nina": [("2025-05-20 08:00", "claimed"), ("2025-05-25 08:00", "rejected")],
    "henry>nina": [
        ("2025-05-25 08:00", "claimed"),
        ("2025-05-26 08:00", "signed_up"),
        ("2025-06-01 08:00", "qualified"),
        ("2025-06-15 08:00", "rewarded"),
    ],
}
# How many codes members have that stand: thanks of $10 and half off, used or not.
CODES = {
    "grace": [
        ("2025-03-23 01:30", (1, 0)),
        ("2025-05-16 12:00", (2, 0)),
        ("2025-06-15 12:00", (1, 0)),
    ],
    "henry": [
        ("2025-03-01 18:10", (0, 1)),
        ("2025-05-01 09:00", (1, 1)),
        ("2025-06-15 08:00", (2, 1)),
    ],
    "iris": [("2025-03-20 12:00", (0, 1)), ("2025-03-28 10:00", (0, 0))],
    "jack": [("2025-04-01 12:00", (0, 1)), ("2025-04-02 12:00", (0, 0))],
    "kate": [("2025-05-01 09:00", (0, 1))],
    "liam": [("2025-04-10 12:00", (0, 1))],
    "mona": [("2025-05-01 12:00", (0, 1)), ("2025-06-15 12:00", (0, 0))],
    "nina": [("2025-05-26 08:00", (0, 1))],
}

BOOKS = {
    "theo>uma": [("2024-11-02 23:00", "signed_up"), ("2024-11-02 23:30", "rewarded")],
    "theo>vik": [("2024-11-03 01:00", "signed_up"), ("2024-11-03 01:30", "rewarded")],
    "theo>wes": [("2024-11-10 12:00", "signed_up"), ("2024-11-12 12:00", "rewarded")],
    # What was given for Xia's order is kept, although it came back.
    "theo>xia": [("2024-11-15 12:00", "signed_up"), ("2024-11-15 12:05", "rewarded")],
    "theo>yan": [("2024-11-20 18:00", "signed_up"), ("2024-11-20 18:05", "rewarded")],
    # Zed is the sixth in November: nothing is to be had by a claim.
    "theo>amy": [("2024-12-01 00:15", "signed_up"), ("2024-12-01 00:30", "rewarded")],
    "theo>sam": [
        ("2024-12-05 10:00", "claimed"),
        ("2024-12-05 10:05", "signed_up"),
        ("2024-12-05 10:10", "rewarded"),
    ],
    "theo>joe": [
        ("2024-12-06 10:00", "claimed"),
        ("2024-12-06 10:05", "signed_up"),
        ("2024-12-06 10:10", "rewarded"),
    ],
}
# What Theo was given: two points for each dollar, whole ones only.
READING = {
    "theo": [
        ("2024-11-02 23:30", 25),  # of 25.98
        ("2024-11-03 01:30", 225),
        ("2024-11-12 12:00", 245),
        ("2024-11-15 12:05", 345),
        ("2024-11-20 18:05", 405),
        ("2024-12-01 00:30", 485),
        ("2024-12-05 10:10", 535),
        ("2024-12-06 10:10", 585),
    ]
}

STORED = {
    # A friend a day from 2 March on: the 32nd on 2 April, and the 33rd gives no more.
    "vera": [
        (f"2025-03-{day:02} 12:01", 500 * (day - 1)) for day in range(2, 32)
    ] + [("2025-04-01 12:01", 15500), ("2025-04-02 12:01", 16000)],
    "friend-05": [("2025-03-06 12:01", 500), ("2025-05-01 12:00", 1000)],
    "friend-07": [("2025-03-08 12:01", 500)],  # who told it three times
    "friend-33": [("2025-04-03 12:01", 500)],
    "xena": [("2025-05-01 12:00", 500)],
    "yara": [],
}  # fmt: skip

# Points, and boxes of chocolates: 100 for each, 500 at the third, 2,000 at the tenth.
CLUB = {
    "hanna": [
        ("2026-03-19 12:00", (100, 0)),
        ("2026-03-20 12:00", (200, 0)),
        ("2026-03-21 12:00", (800, 0)),
        ("2026-03-22 12:00", (900, 0)),
        ("2026-03-23 12:00", (1000, 1)),
        ("2026-03-24 12:00", (1100, 1)),
        ("2026-03-25 12:00", (1200, 1)),
        ("2026-03-26 12:00", (1300, 1)),
        ("2026-03-27 12:00", (1400, 1)),
        ("2026-03-28 12:00", (3500, 2)),
        ("2026-03-29 12:00", (3600, 2)),
        ("2026-04-07 09:00", (3500, 2)),  # ten are left
        ("2026-04-08 09:00", (1400, 1)),  # and nine
    ],
    "friend-01": [("2026-03-19 12:00", (50, 0))],
    "friend-11": [("2026-03-29 12:00", (50, 0)), ("2026-04-07 09:00", (0, 0))],
    "hanna-2": [],
}


def states(program):
    """Return how each referral stands, by advocate and friend, as it is read now."""
    rows = Referral.objects.filter(program=program).select_related("advocate", "friend")
    found = {}
    for row in rows:
        friend = row.friend.external_id if row.friend else row.friend_ref
        found[f"{row.advocate.external_id}>{friend}"] = row.state_at(program.now())
    return found


def codes(program):
    held = {}
    for voucher in Voucher.objects.filter(
        program=program, voided_at=None, member__isnull=False
    ):
        thanks, half = held.get(voucher.member.external_id, (0, 0))
        is_half = "percent" in voucher.gives
        held[voucher.member.external_id] = (thanks + (not is_half), half + is_half)
    return held


def points(program):
    wallets = wallets_of(members_of(program), at=program.now())
    return {
        one.external_id: sum(view.available - view.debt for view in wallets[one.pk].values())
        for one in members_of(program)
    }


def given(program, kind):
    """Return how much of a gift each member has: what was taken back is gone."""
    rows = Payout.objects.filter(program=program, outcome="given", taken_back_at=None)
    found = {}
    for row in rows.select_related("member"):
        if kind in row.gives:
            who = row.member.external_id
            found[who] = found.get(who, 0) + row.gives.get("quantity", 1)
    return found


def room(program):
    return given(program, "entitlement")


def club(program):
    boxes = given(program, "physical")
    return {who: (count, boxes.get(who, 0)) for who, count in points(program).items()}


@dataclass(frozen=True)
class Told:
    """What was worked out by hand of one thing, how to look at it, and what is none."""

    look: Any
    table: dict[str, Any]
    none: Any


@dataclass(frozen=True)
class Shop:
    """A shop and all that was worked out of it; its days go on until a local time."""

    until: str
    told: tuple[Told, ...]
    step: int = 3


SHOPS = {
    "two_sided": Shop(
        "2025-08-01 00:00", (Told(states, TEAPOTS, None), Told(codes, CODES, (0, 0))), step=5
    ),
    "one_sided": Shop(
        "2024-12-31 00:00", (Told(states, BOOKS, None), Told(points, READING, 0))
    ),
    "storage": Shop("2025-05-02 00:00", (Told(room, STORED, 0),)),
    "milestones": Shop("2026-04-10 00:00", (Told(club, CLUB, (0, 0)),), step=7),
}


def check(program, shop):
    for told in shop.told:
        seen = told.look(program)
        expected = by_hand(told.table, program, told.table, before=told.none)
        assert {who: seen.get(who, told.none) for who in told.table} == expected, program.now()


def all_of(program):
    """Return all that was written of a shop, but for numbers of rows and server times."""
    steps = ReferralStep.objects.filter(referral__program=program)
    return end_of(program) | {
        "ledger": ledger_of(program),
        "steps": sorted(
            steps.values_list(
                "referral__advocate__external_id", "referral__claimed_at", "number", "state"
            )
        ),
        "payouts": payouts_of(program),
    }


def end_of(program):
    """Return what there is in the end, on whichever way it came about."""
    return {
        "standing": payouts_of(program, taken_back_at=None),
        "states": states(program),
        "points": points(program),
    }


def payouts_of(program, **condition):
    columns = ("side", "milestone", "count", "outcome", "points", "due_at", "was_used")
    rows = Payout.objects.filter(program=program, **condition)
    return sorted(rows.values_list("member__external_id", *columns))


def zone_of(name):
    return days_of_shop(name)[0].zone


@pytest.mark.parametrize("name", SHOPS)
def test_small_steps_see_what_was_worked_out_by_hand_and_leaps_come_to_the_same(name):
    shop = SHOPS[name]
    end = local(shop.until, zone_of(name))

    for program in live_in_steps(name, until=end, step=shop.step):
        check(program, shop)
    prove(program)

    in_steps = all_of(program)
    Program.objects.update(slug="in-steps")
    assert all_of(live_in_leaps(name, until=end)) == in_steps


@pytest.mark.parametrize("name", SHOPS)
def test_without_any_job_they_come_to_the_same_end_when_somebody_looks(name):
    end = local(SHOPS[name].until, zone_of(name))
    with_jobs = end_of(live_in_leaps(name, until=end))
    Program.objects.update(slug="with-jobs")

    program = live_without_jobs(name, until=end)
    move_clock(program=program, to=program.now())

    # Of what nobody saw before it was refunded there is no trace, and nothing is left of it.
    assert end_of(program) == with_jobs
    prove(program)
