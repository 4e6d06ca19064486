"""What limits leave of an award."""

import pytest

from loyalty.rules.limits import Limit, apply_limits

POINTS = Limit("month", points=500)
TIMES = Limit("day", times=2)
REFUSING = Limit("month", points=500, on_overflow="refuse")


def test_without_limits_all_is_given():
    assert apply_limits(700, (), ()) == (700, None)


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (0, (300, None)),
        (200, (300, None)),
        (201, (299, POINTS)),
        (500, (0, POINTS)),
        (900, (0, POINTS)),
    ],
)
def test_a_points_limit_clips_to_what_is_left(used, expected):
    assert apply_limits(300, (POINTS,), [(used, 9)]) == expected


@pytest.mark.parametrize(("times", "given"), [(0, 300), (1, 300), (2, 0), (3, 0)])
def test_a_times_limit_gives_all_or_nothing(times, given):
    limited_by = None if given else TIMES

    assert apply_limits(300, (TIMES,), [(9999, times)]) == (given, limited_by)


def test_a_limit_that_refuses_gives_all_or_nothing():
    assert apply_limits(300, (REFUSING,), [(200, 0)]) == (300, None)
    assert apply_limits(300, (REFUSING,), [(201, 0)]) == (0, REFUSING)


def test_of_several_limits_the_tightest_is_named():
    day = Limit("day", points=100)

    assert apply_limits(300, (POINTS, day), [(450, 0), (0, 0)]) == (50, POINTS)
    assert apply_limits(300, (POINTS, day), [(0, 0), (0, 0)]) == (100, day)


def test_a_refusing_limit_judges_what_the_clipping_ones_leave():
    day = Limit("day", points=100)

    for limits in ((day, REFUSING), (REFUSING, day)):
        used = [(450, 0) if limit is REFUSING else (0, 0) for limit in limits]
        assert apply_limits(300, limits, used) == (0, REFUSING)
        used = [(400, 0) if limit is REFUSING else (0, 0) for limit in limits]
        assert apply_limits(300, limits, used) == (100, day)


def test_nothing_desired_is_limited_by_nothing():
    assert apply_limits(0, (POINTS, TIMES), [(500, 1), (0, 2)]) == (0, None)


def test_a_limit_explains_itself():
    assert Limit("day", times=1).explain() == {
        "times": 1,
        "per": "day",
        "of": "member",
        "window": "calendar",
        "on_overflow": "clip",
    }
