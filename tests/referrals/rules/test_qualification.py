"""Whether a friend has done what was asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.rules.qualification import WAITING, Asked, Friend, FriendOrder, Within, judge
from referrals.rules.states import Reason

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CLAIM = Within(NOON)
ANY, FIRST = Asked(minimum=2000), Asked(minimum=2000, first_only=True)


def later(days):
    return NOON + timedelta(days=days)


def order(name, cents, *, days=1, counts=True):
    return FriendOrder(name, later(days), cents, counts)


def friend(*orders, signed_up_at=NOON, events=()):
    return Friend(signed_up_at, orders, events)


def test_an_order_of_the_minimum_qualifies_as_of_its_own_time():
    verdict = judge(ANY, friend(order("1", 2000)), CLAIM)

    assert (verdict.at, verdict.by, verdict.amount) == (later(1), "order:1", 2000)


def test_an_order_below_the_minimum_qualifies_nobody():
    assert judge(ANY, friend(order("1", 1999)), CLAIM) == WAITING


def test_a_later_order_qualifies_where_any_order_does():
    orders = friend(order("1", 1999), order("2", 2000, days=2))

    assert judge(ANY, orders, CLAIM).by == "order:2"


def test_a_first_order_below_the_minimum_uses_it_up():
    small = order("1", 1999)

    assert judge(FIRST, friend(small), CLAIM).refused == Reason.BELOW_MINIMUM
    both = friend(small, order("2", 5000, days=2))
    assert judge(FIRST, both, CLAIM).refused == Reason.NOT_FIRST_ORDER


def test_a_worthless_first_order_does_not_use_it_up():
    orders = friend(order("1", 1999, counts=False), order("2", 2000, days=2))

    assert judge(FIRST, orders, CLAIM).by == "order:2"


def test_the_first_order_is_the_earliest_whenever_it_is_told():
    orders = friend(order("2", 2000, days=2), order("1", 3000, days=1))

    assert judge(FIRST, orders, CLAIM).by == "order:1"


@pytest.mark.parametrize("asked", [ANY, FIRST, Asked("signup"), Asked("visit")])
def test_an_order_from_before_the_claim_makes_an_existing_customer(asked):
    orders = friend(order("0", 1, days=-1), order("1", 5000))

    assert judge(asked, orders, CLAIM).refused == Reason.EXISTING_CUSTOMER


def test_the_order_that_the_code_was_typed_on_is_no_earlier_one():
    checkout = Within(NOON, checkout="1")

    assert judge(FIRST, friend(order("1", 5000, days=-1)), checkout).by == "order:1"


def test_nobody_qualifies_who_has_not_signed_up():
    assert judge(ANY, friend(order("1", 5000), signed_up_at=None), CLAIM) == WAITING


def test_signing_up_qualifies_where_that_is_asked():
    assert judge(Asked("signup"), friend(signed_up_at=later(2)), CLAIM).at == later(2)
    assert judge(Asked("signup"), friend(signed_up_at=later(-2)), CLAIM).at == NOON


def test_the_first_event_that_is_asked_for_qualifies():
    events = [(later(3), "event:b"), (later(2), "event:a"), (later(-1), "event:early")]

    verdict = judge(Asked("visit"), friend(events=events), CLAIM)

    assert (verdict.at, verdict.by) == (later(2), "event:a")


def test_what_happens_before_the_claim_runs_out_counts_and_then_no_more():
    until = Within(NOON, later(2))

    assert judge(ANY, friend(order("1", 2000, days=1)), until).is_qualified
    assert judge(ANY, friend(order("1", 2000, days=2)), until) == WAITING
    assert judge(FIRST, friend(order("1", 2000, days=2)), until) == WAITING


orders = st.lists(
    st.builds(
        order,
        st.sampled_from("abcdef"),
        st.integers(0, 4000),
        days=st.integers(0, 9),
        counts=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda o: o.id,
)


@given(orders, st.sampled_from([ANY, FIRST]), st.randoms())
def test_the_order_in_which_orders_are_told_makes_no_difference(told, asked, chance):
    again = [*told]
    chance.shuffle(again)

    assert judge(asked, friend(*told), CLAIM) == judge(asked, friend(*again), CLAIM)


@given(orders, st.sampled_from([ANY, FIRST]))
def test_orders_that_are_worth_nothing_change_nothing(told, asked):
    worth = [each for each in told if each.counts]

    assert judge(asked, friend(*told), CLAIM) == judge(asked, friend(*worth), CLAIM)


@given(orders)
def test_who_qualifies_by_the_first_order_would_by_any(told):
    strict = judge(FIRST, friend(*told), CLAIM)

    if strict.is_qualified:
        assert judge(ANY, friend(*told), CLAIM) == strict
