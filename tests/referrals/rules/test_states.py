"""The states of a referral: what leads where, and what leads nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.rules.states import (
    BY_FACTS,
    OVER,
    TRANSITIONS,
    Reason,
    State,
    WrongState,
    acts_between,
    after,
)

ACTS = sorted({act for acts in TRANSITIONS.values() for act in acts})


def test_a_referral_runs_from_the_click_to_the_reward_and_back():
    state = State.CLICKED
    for act in ("claim", "sign_up", "qualify", "reward", "reverse", "qualify"):
        state = after(state, act)

    assert state == State.QUALIFIED


def test_every_state_has_its_ways_out_and_leads_to_states():
    assert set(TRANSITIONS) == set(State)
    assert all(
        target in State
        for acts in TRANSITIONS.values()
        for to in acts.values()
        for target in to
    )


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (State.CLAIMED, "reward"),
        (State.CLAIMED, "qualify"),
        (State.FLAGGED, "expire"),
        (State.FLAGGED, "reward"),
        (State.REJECTED, "reward"),
        (State.EXPIRED, "reward"),
        (State.REVERSED, "reverse"),
        (State.REWARDED, "reward"),
    ],
)
def test_what_leads_nowhere_is_refused_by_name(state, act):
    with pytest.raises(WrongState) as caught:
        after(state, act)

    assert caught.value.code == "wrong_state"
    assert caught.value.extra == {"state": state.value}


def test_approving_says_where_it_leads():
    assert after(State.FLAGGED, "approve", to=State.SIGNED_UP) == State.SIGNED_UP
    with pytest.raises(WrongState):
        after(State.FLAGGED, "approve")
    with pytest.raises(WrongState):
        after(State.FLAGGED, "approve", to=State.REWARDED)


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(list(State))), max_size=40))
def test_nobody_is_rewarded_who_did_not_qualify_since_the_last_reversal(acts):
    state, seen = State.CLICKED, [State.CLICKED]
    for act, target in acts:
        if target in TRANSITIONS[state].get(act, ()):
            state = after(state, act, to=target)
            seen.append(state)

    for place, reached in enumerate(seen):
        if reached == State.REWARDED:
            before = seen[:place]
            last = max((i for i, s in enumerate(before) if s == State.REVERSED), default=-1)
            assert State.QUALIFIED in before[last + 1 :]
            assert State.CLAIMED in before


@given(st.sampled_from(list(State)), st.sampled_from(list(State)))
def test_a_way_is_one_of_acts_that_are_allowed(state, target):
    try:
        way = acts_between(state, target)
    except WrongState:
        return
    for act, following in way:
        state = after(state, act, to=following)
        assert act not in ("approve", "reinstate")

    assert state == target


@pytest.mark.parametrize("state", sorted(OVER | {State.FLAGGED}))
def test_what_a_person_has_to_decide_is_on_no_way(state):
    for target in (State.SIGNED_UP, State.QUALIFIED, State.REWARDED):
        with pytest.raises(WrongState):
            acts_between(state, target)


def test_only_what_facts_did_is_undone_by_facts():
    assert Reason.REJECTED not in BY_FACTS
    assert Reason.SELF_REFERRAL not in BY_FACTS
    assert Reason.ALREADY_REFERRED not in BY_FACTS
