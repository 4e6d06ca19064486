"""Facts after a tier's time: the same comes of them whether or not a job has run."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.travel import move_clock
from loyalty.models import Program
from tests.factories import (
    NOON,
    balance_of,
    make_member,
    make_program,
    refund_order,
    state_order,
)
from tests.tiers.factories import make_ladders, tier_of
from tiers.models import StandingChange

pytestmark = pytest.mark.django_db

# Gold for a month, by 500 euros in a month; each time it is entered it gives 200 points.
GOLD = {
    "window": {"rolling": "1 month"},
    "tiers": {
        "member": {"threshold": 0},
        "gold": {
            "threshold": "500.00",
            "entry": {"points": 200, "point_type": "points", "once": "each_time"},
        },
    },
}
# Entered on 4 May, and for a month: until the end of 4 June, in Berlin.
END = datetime(2026, 6, 4, 22, tzinfo=UTC)
LATER = END + timedelta(days=2)


@pytest.fixture
def program():
    return make_program(rules={})


@pytest.fixture
def ada(program):
    make_ladders(program, vip=GOLD)
    return make_member(program)


def by_jobs(program, to):
    move_clock(program=program, to=to)


def by_nobody(program, to):
    Program.objects.filter(pk=program.pk).update(clock_at=to)
    program.refresh_from_db()


times_pass = pytest.mark.parametrize("pass_time", [by_jobs, by_nobody])


def told(member):
    changes = StandingChange.objects.filter(member=member).order_by("id")
    return list(changes.values_list("from_tier", "to_tier", "at", "cause", "source_id"))


@times_pass
def test_a_refund_after_a_tier_has_ended_takes_no_reward_back(program, ada, pass_time):
    state_order(program, amount=50000)
    pass_time(program, LATER)

    refund_order(program, amount=10000)

    assert balance_of(ada).available == 200
    assert told(ada) == [
        ("member", "gold", NOON, "order", "1001"),
        ("gold", "member", END, "review", ""),
    ]


@times_pass
def test_a_tier_that_an_order_of_its_time_keeps_gives_its_reward_once(program, ada, pass_time):
    state_order(program, "1", amount=50000)
    pass_time(program, LATER)

    state_order(program, "2", amount=50000, placed_at="2026-06-01T12:00:00Z")

    assert tier_of(ada, at=LATER) == "gold"
    assert balance_of(ada).available == 200
    assert told(ada) == [
        ("member", "gold", NOON, "order", "1"),
        ("gold", "member", END, "review", ""),
        ("member", "gold", LATER, "order", "2"),
    ]


@times_pass
def test_a_tier_that_is_entered_anew_gives_its_reward_anew(program, ada, pass_time):
    state_order(program, "1", amount=50000)
    pass_time(program, LATER)

    answer = state_order(program, "2", amount=50000)

    assert answer.body["tiers"] == [{"ladder": "vip", "from": "member", "to": "gold"}]
    assert balance_of(ada).available == 400


@times_pass
def test_a_tier_that_only_a_late_order_brought_gives_its_reward(program, ada, pass_time):
    state_order(program, "1", amount=50000)
    pass_time(program, LATER)
    state_order(program, "2", amount=100)

    # Gold in May, member from 5 June on, and gold again on 6 June: as was told today.
    state_order(program, "3", amount=49900, placed_at="2026-06-05T12:00:00Z")

    assert tier_of(ada, at=LATER) == "gold"
    assert balance_of(ada).available == 400
