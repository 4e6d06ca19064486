"""What referrals pay: amounts, caps, budgets, milestones."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rules.gives import Gives
from referrals.rules.payouts import (
    Budget,
    Candidate,
    Cap,
    Gift,
    Milestone,
    cost_of,
    milestones_due,
    to_be_paid,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TEN = Gives("points", {"points": 10, "point_type": "points"}, points=10, point_type="points")


@pytest.mark.parametrize(("amount", "points"), [(0, 0), (99, 0), (100, 1), (5099, 50)])
def test_points_by_amount_are_whole_points_of_the_order(amount, points):
    given_for = Gift(points=1, per=100, point_type="points").for_amount(amount)

    assert (given_for.points if given_for else 0) == points


def test_a_fixed_gift_is_the_same_for_any_order():
    assert Gift(TEN).for_amount(0) is TEN


def test_a_budget_counts_points_and_money_and_not_what_nobody_knows():
    assert cost_of(TEN) == (10, 0)
    assert cost_of(Gives("fixed", {}, amount=1000)) == (0, 1000)
    assert cost_of(Gives("percent", {}, percent=Decimal(50), at_most=500)) == (0, 500)
    assert cost_of(Gives("percent", {}, percent=Decimal(50))) == (0, 0)
    assert cost_of(Gives("entitlement", {})) == (0, 0)


def test_a_budget_has_room_for_what_fits_whole():
    budget = Budget(points=100, money=5000)

    assert budget.has_room((90, 5000), (10, 0))
    assert not budget.has_room((91, 0), (10, 0))
    assert not budget.has_room((0, 4001), (0, 1000))
    assert Budget().has_room((10**9, 10**9), (10, 10))
    assert budget.has_room((200, 9000), (0, 0))


def at(days):
    return NOON + timedelta(days=days)


def test_as_many_are_paid_as_the_cap_says_the_earliest_first():
    three = [Candidate(number, at(number)) for number in (3, 1, 2)]

    assert to_be_paid(three, Cap(2, "year"), BERLIN) == {1, 2}
    assert to_be_paid(three, None, BERLIN) == {1, 2, 3}


def test_each_local_period_has_its_own_cap():
    # New Year begins in Berlin at 23:00 UTC.
    eve = datetime(2026, 12, 31, 22, tzinfo=UTC)
    night = datetime(2026, 12, 31, 23, tzinfo=UTC)

    assert to_be_paid([Candidate(1, eve), Candidate(2, night)], Cap(1, "year"), BERLIN) == {
        1,
        2,
    }


def test_who_is_paid_stays_so_though_an_earlier_one_turns_up():
    late = Candidate(9, at(5), is_paid=True)

    assert to_be_paid([Candidate(1, at(0)), late], Cap(1, "lifetime"), BERLIN) == {9}


candidates = st.lists(
    st.builds(Candidate, st.integers(1, 50), st.integers(0, 90).map(at)),
    max_size=20,
    unique_by=lambda one: one.id,
)


@given(candidates, st.integers(1, 5), st.sampled_from(["day", "week", "month", "lifetime"]))
def test_in_every_period_as_many_are_paid_as_are_valid_up_to_the_cap(valid, times, per):
    cap = Cap(times, per)
    paid = to_be_paid(valid, cap, BERLIN)

    def start(one):
        return cap.window(one.due_at, BERLIN).start

    counted = Counter(start(one) for one in valid if one.id in paid)
    assert counted == {
        period: min(times, many) for period, many in Counter(map(start, valid)).items()
    }


@given(candidates, st.integers(1, 5), st.data())
def test_whatever_happened_on_the_way_as_many_are_paid_in_the_end(valid, times, data):
    """Referrals come, are reversed and come back; each time what is paid is worked out."""
    cap, paid, standing = Cap(times, "month"), frozenset(), {}
    for one in [*valid, *data.draw(st.permutations(valid)), *valid]:
        if one.id in standing:
            del standing[one.id]
        else:
            standing[one.id] = one
        known = [Candidate(s.id, s.due_at, s.id in paid) for s in standing.values()]
        before, paid = paid, to_be_paid(known, cap, BERLIN)
        assert before & set(standing) <= paid
    fresh = to_be_paid(standing.values(), cap, BERLIN)

    assert len(paid) == len(fresh)


FIFTH = Milestone("fifth", TEN, 5, repeats=True)
THREE = Milestone("three", TEN, 3)


@pytest.mark.parametrize(
    ("friends", "three", "fifth"),
    [(0, 0, 0), (2, 0, 0), (3, 1, 0), (5, 1, 1), (9, 1, 1), (10, 1, 2), (27, 1, 5)],
)
def test_milestones_are_reached_at_a_number_or_at_every_so_many(friends, three, fifth):
    assert (THREE.reached(friends), FIFTH.reached(friends)) == (three, fifth)


@given(st.lists(st.integers(0, 40), min_size=1))
def test_what_was_given_of_milestones_follows_the_number_of_friends(numbers):
    given_so_far = Counter()
    for friends in numbers:
        for milestone, change in milestones_due([THREE, FIFTH], friends, given_so_far):
            given_so_far[milestone.code] += change

    assert +given_so_far == +Counter(three=int(numbers[-1] >= 3), fifth=numbers[-1] // 5)
