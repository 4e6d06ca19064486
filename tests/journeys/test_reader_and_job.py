"""A reader of wallets and the job that writes them down agree at each instant."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.nightly import run_due
from tests.factories import (
    NOON,
    balance_of,
    give_points,
    make_member,
    make_program,
    reserve_points,
    state_order,
)
from tests.proof import prove, prove_days

pytestmark = pytest.mark.django_db

POLICIES = st.sampled_from(
    [
        {"hold": {"days": 3}, "expiry": {"after": "5 days"}},
        {"hold": {"days": 2}, "expiry": {"inactivity": "6 days", "reset_by": ["redeem"]}},
        {"expiry": {"after": "4 days"}, "min_validity_after_return": "1 day"},
        {
            "expiry": {"after": "1 day", "round_up_to": "day"},
            "min_validity_after_return": "0 days",
        },
    ]
)
HOURS = st.integers(0, 24 * 12)
GIFTS = st.lists(st.tuples(st.integers(1, 50), HOURS), max_size=4)
HOLDS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 24)), max_size=3)


@settings(max_examples=settings.default.max_examples // 4)
@given(points=POLICIES, gifts=GIFTS, holds=HOLDS, looks=st.lists(HOURS, min_size=1, max_size=5))
def test_what_a_reader_sees_is_what_the_job_writes(points, gifts, holds, looks):
    program = make_program(points=points)
    ada = make_member(program, points=40)
    state_order(program)
    for number, (many, hours) in enumerate(gifts):
        ends_at = NOON + timedelta(hours=hours + 1)
        give_points(ada, many, key=f"gift-{number}", expires_at=ends_at)
    for number, (many, hours) in enumerate(holds):
        if many <= balance_of(ada).available:
            reserve_points(ada, many, key=f"cart-{number}", lasts=timedelta(hours=hours))
    moments = [NOON + timedelta(hours=hours) for hours in sorted(looks)]
    # All of it is foreseen before any job has run.
    foreseen = [balance_of(ada, at=at) for at in moments]

    written = []
    for at in moments:
        run_due(program, at=at)
        written.append(balance_of(ada, at=NOON))

    assert written == foreseen
    prove(program)
    prove_days(program)
