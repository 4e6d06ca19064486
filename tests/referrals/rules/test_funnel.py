"""The funnel: no stage counts more than the one before."""

from hypothesis import given
from hypothesis import strategies as st

from referrals.rules.funnel import STAGES, narrowed

counted = st.dictionaries(st.sampled_from(STAGES), st.integers(0, 1_000))


def test_what_narrows_by_itself_stays_as_it_was_counted():
    counts = dict(zip(STAGES, (90, 40, 40, 12, 9, 7, 5, 1), strict=True))

    assert narrowed(counts) == counts


def test_whoever_came_further_came_this_far():
    assert narrowed({"views": 2, "claims": 5, "rewarded": 1}) == {
        "views": 5, "shares": 5, "clicks": 5, "claims": 5,
        "signups": 1, "qualified": 1, "rewarded": 1, "reversed": 0,
    }  # fmt: skip


@given(counted)
def test_each_stage_is_the_most_of_what_was_counted_from_it_on(counts):
    told = list(narrowed(counts).values())

    row = [counts.get(stage, 0) for stage in STAGES]
    assert told == [max(row[place:]) for place in range(len(row))]
    assert told == sorted(told, reverse=True)
