"""A year of paying with points, against balances that were worked out by hand."""

from datetime import UTC, date, datetime
from itertools import islice

import pytest

from core.errors import DomainError
from engine.travel import move_clock
from loyalty.models import Program, Redemption
from seeds.replay import open_program, replay_days
from seeds.shops import SHOPS
from tests.factories import balance_of, redeem
from tests.proof import prove
from tests.seeds.living import (
    days_of_shop,
    known_members,
    ledger_of,
    live_through,
    member_of,
)

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2026, 12, 31, 23, tzinfo=UTC)  # in Berlin

# What is available and what is owed at the end of the day, from that day on.
BY_HAND = {
    "ines": {
        (1, 5): (500, 0),  # for joining
        (1, 10): (1700, 0),  # 1,200 euros
        (1, 28): (1749, 0),  # 49.90
        # Half of 30 euros is 1,500 points; the other half earns 15.
        (2, 10): (264, 0),
        # Half of the goods come back, and with them half of the points: 750. What is
        # left earned 7.50, so 8 of the 15 are taken back.
        (2, 20): (1006, 0),
        (2, 28): (1055, 0),
    }
    | {(month, 28): (1055 + 49 * (month - 2), 0) for month in range(3, 13)},
    "jonas": {
        (1, 7): (500, 0),
        (1, 12): (2500, 0),  # 2,000 euros
        (3, 1): (580, 0),  # 2,000 points pay 20 of 100 euros; 80 earn
        (3, 15): (0, 1420),  # 2,000 are taken back, and 580 are there
        (4, 10): (0, 520),  # 900 repay
        (6, 1): (180, 0),  # 520 of 700 repay the rest
        (7, 1): (2100, 0),  # 2,000 come back, 80 are taken back
    },
    "kofi": {
        (8, 1): (1000, 0),  # for joining, and 500 euros
        (8, 20): (1000, 0),  # 1,000 were held for half an hour
        (8, 21): (406, 0),  # 600 pay half of 12 euros, the other half earns
        (9, 2): (1000, 0),  # all of it undone
    },
}


def by_hand(member, day):
    """Return what the table says of a member on some day."""
    told = [then for then in BY_HAND[member] if then <= (day.month, day.day)]
    return BY_HAND[member][max(told)]


def test_every_day_of_the_year_ends_with_what_was_worked_out_by_hand():
    days = days_of_shop("bank_points")
    program = open_program(SHOPS["bank_points"].program_file(), at=days[0].starts_at)

    for step in replay_days(program, days):
        if step.ends_day:
            for member in known_members(program):
                seen = balance_of(member_of(program, member))
                assert (seen.available, seen.debt) == by_hand(member, step.date), step.date
                assert (seen.pending, seen.held) == (0, 0)
    move_clock(program=program, to=NEW_YEAR)

    for member in BY_HAND:
        seen = balance_of(member_of(program, member))
        assert (seen.available, seen.debt) == by_hand(member, date(2026, 12, 31))
    prove(program)


def test_payments_stand_as_their_orders_do():
    live_through("bank_points")

    told = Redemption.objects.order_by("held_at").values_list(
        "order_ref", "status", "captured_points", "reversed_points", "discount"
    )

    assert list(told) == [
        ("lamps", "captured", 1500, 750, 1500),
        ("coat", "reversed", 2000, 2000, 2000),
        ("left", "expired", 0, 0, 1000),
        ("books", "reversed", 600, 600, 600),
    ]


def test_a_year_cut_short_again_and_again_comes_to_the_same_end():
    undisturbed = live_through("bank_points")
    Program.objects.update(slug="undisturbed")
    days = days_of_shop("bank_points")
    program = open_program(SHOPS["bank_points"].program_file(), at=days[0].starts_at)

    steps = 1
    # In the middle of days as well; each time somebody else begins anew.
    while len(list(islice(replay_days(program, days), steps))) == steps:
        program = Program.objects.get(pk=program.pk)
        steps += 1

    assert steps > 5
    assert ledger_of(program) == ledger_of(undisturbed)


@pytest.mark.parametrize(
    ("points", "order_total", "code"),
    [
        (400, 40_000, "below_minimum"),
        (550, 40_000, "not_a_step"),
        (900, 1_700, "above_maximum"),  # half of it is 8.50
        (1100, 40_000, "insufficient_points"),
    ],
)
def test_what_may_not_be_paid_is_refused_and_changes_nothing(points, order_total, code):
    kofi = member_of(live_through("bank_points"), "kofi")

    with pytest.raises(DomainError) as refused:
        redeem(kofi, "pay", points=points, order_total=order_total)

    assert refused.value.code == code
    assert balance_of(kofi).available == 1000
