"""Whose friend somebody is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import Period
from referrals.rules.attribution import FIRST, LAST, PRECEDENCE, Attribution, Source, Touch

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MONTH = Period(30, "day")
FIRST_TOUCH, LAST_TOUCH = Attribution(FIRST, MONTH), Attribution(LAST, MONTH)


def touch(source, days, code=1):
    return Touch(source, NOON + timedelta(days=days), code)


touches = st.lists(
    st.builds(touch, st.sampled_from(Source), st.integers(0, 40), st.integers(1, 5)), max_size=8
)


def test_the_first_or_the_last_touch_holds():
    ada, bob = touch(Source.CLICK, 0, 1), touch(Source.CLICK, 5, 2)

    assert FIRST_TOUCH.winner([bob, ada]) == ada
    assert LAST_TOUCH.winner([ada, bob]) == bob


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (Source.CLICK, Source.ADDRESS),
        (Source.ADDRESS, Source.CHECKOUT),
        (Source.ENROLMENT, Source.CHECKOUT),
        (Source.CHECKOUT, Source.STAFF),
    ],
)
@pytest.mark.parametrize("model", [FIRST_TOUCH, LAST_TOUCH])
def test_the_better_source_holds_whenever_it_came(model, lower, higher):
    early, late = touch(higher, 0, 1), touch(higher, 9, 1)
    between = touch(lower, 5, 2)

    assert model.winner([early, between]) == early
    assert model.winner([between, late]) == late


def test_staff_may_change_their_minds_whatever_the_model():
    assert FIRST_TOUCH.winner([touch(Source.STAFF, 0, 1), touch(Source.STAFF, 1, 2)]).code == 2


def test_a_touch_counts_from_its_moment_to_the_end_of_the_window():
    ada = touch(Source.CLICK, 0)
    second = timedelta(seconds=1)
    end = NOON + timedelta(days=30)

    assert FIRST_TOUCH.counts(ada, at=NOON, zone=BERLIN)
    assert FIRST_TOUCH.counts(ada, at=end - second, zone=BERLIN)
    assert not FIRST_TOUCH.counts(ada, at=end, zone=BERLIN)
    assert not FIRST_TOUCH.counts(ada, at=NOON - second, zone=BERLIN)


def test_without_a_touch_nobody_holds():
    assert FIRST_TOUCH.winner([]) is None


def test_at_one_moment_the_first_or_the_last_that_was_told_holds():
    ada, bob = touch(Source.CLICK, 0, 2), touch(Source.CLICK, 0, 1)

    assert FIRST_TOUCH.winner([ada, bob]) == ada
    assert LAST_TOUCH.winner([ada, bob]) == bob


at_different_times = st.lists(
    st.builds(touch, st.sampled_from(Source), st.integers(0, 40), st.integers(1, 5)),
    max_size=8,
    unique_by=lambda each: each.at,
)


@given(at_different_times, st.sampled_from([FIRST_TOUCH, LAST_TOUCH]), st.randoms())
def test_the_order_in_which_touches_are_told_makes_no_difference(told, model, chance):
    again = [*told]
    chance.shuffle(again)

    assert model.winner(told) == model.winner(again)


@given(touches, touches, st.sampled_from([FIRST_TOUCH, LAST_TOUCH]))
def test_telling_touches_one_by_one_comes_to_the_same_as_all_at_once(some, others, model):
    halfway = model.winner(some)
    kept = [] if halfway is None else [halfway]

    assert model.winner([*kept, *others]) == model.winner([*some, *others])


@given(touches.filter(bool), st.sampled_from([FIRST_TOUCH, LAST_TOUCH]))
def test_nobody_with_a_better_source_is_passed_over(told, model):
    best = max(PRECEDENCE[each.source] for each in told)
    rivals = [each for each in told if PRECEDENCE[each.source] == best]
    winner = model.winner(told)

    assert winner in rivals
    if model is FIRST_TOUCH and winner.source != Source.STAFF:
        assert winner.at == min(each.at for each in rivals)
    else:
        assert winner.at == max(each.at for each in rivals)
