"""Events: what members do that is not an order."""

from datetime import timedelta

import pytest

from loyalty.queries.balances import WalletView
from loyalty.services.orders import ConflictingFact
from tests.factories import (
    NOON,
    balance_of,
    change_rules,
    make_member,
    make_program,
    pass_time,
    state_event,
)

pytestmark = pytest.mark.django_db

RULES = {
    "review": {"on": "review", "award": {"points": 50}},
    "welcome": {"on": "signup", "award": {"points": 10}},
}


@pytest.fixture
def program():
    return make_program(rules=RULES)


@pytest.fixture
def ada(program):
    return make_member(program)


def test_enrolling_states_a_signup(ada):
    assert balance_of(ada) == WalletView(available=10, lifetime_earned=10)


def test_enrolling_twice_signs_up_once(program, ada):
    make_member(program, name="Ada")

    assert balance_of(ada).available == 10


def test_an_id_as_long_as_they_get_signs_up_as_well(program):
    longest = make_member(program, "a" * 255)

    assert balance_of(longest).available == 10


def test_an_event_earns(program, ada):
    answer = state_event(program, type="review")

    assert answer.created
    assert balance_of(ada).available == 60


def test_an_event_that_no_rule_listens_to_earns_nothing(program, ada):
    state_event(program, type="visit")

    assert balance_of(ada).available == 10


def test_the_same_event_twice_counts_once(program, ada):
    state_event(program, "rev-1", type="review", properties={"stars": 5})
    again = state_event(program, "rev-1", type="review", properties={"stars": 5})

    assert (again.created, again.applied) == (False, False)
    assert balance_of(ada).available == 60


def test_the_same_event_with_other_content_is_a_conflict(program, ada):
    state_event(program, "rev-1", type="review", properties={"stars": 5})

    with pytest.raises(ConflictingFact):
        state_event(program, "rev-1", type="review", properties={"stars": 1})

    assert balance_of(ada).available == 60


def test_a_late_event_is_judged_by_the_rules_of_its_own_time(program, ada):
    change_rules(program, {}, at=NOON + timedelta(days=1))
    pass_time(program, days=2)

    state_event(program, type="review", occurred_at=NOON.isoformat())

    assert balance_of(ada).available == 60


def test_an_event_id_may_end_like_a_key_of_another(program, ada):
    # A claim of event "e" must not stand in the way of an event called "e:claim".
    state_event(program, "e", type="review", member="bob")
    bob = make_member(program, "bob")

    state_event(program, "e:claim", type="review", member="bob")

    assert balance_of(bob).available == 110
