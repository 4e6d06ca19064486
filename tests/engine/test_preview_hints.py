"""A hint of a preview promises what the order would really get."""

import pytest

from engine.preview import preview_order
from loyalty.models import Member
from tests.factories import (
    NOON,
    give_points,
    make_member,
    make_program,
    order_stated,
    state_order,
)

pytestmark = pytest.mark.django_db

BONUS = {"on": "order", "award": {"points": 50}, "when": "order.subtotal >= 5000"}


def hinted(program, amount=4900, **content):
    """Return what a preview for ada hints at: missing minor units, and points."""
    statement = order_stated(program, "next", amount=amount, **content)
    hints = preview_order(program, statement, at=NOON)["hints"]
    return [(hint["missing"], hint["points"], hint["text"]) for hint in hints]


ONE_EURO = "Spend €1.00 more for"


def test_what_is_missing_is_told_with_what_it_would_earn():
    program = make_program(rules={"bonus": BONUS})
    make_member(program)

    assert hinted(program) == [(100, 50, f"{ONE_EURO} 50 more points")]


def test_a_bonus_whose_limit_is_used_up_is_not_promised():
    program = make_program(rules={"bonus": BONUS | {"limits": [{"times": 1, "per": "month"}]}})
    make_member(program)
    state_order(program, "first", amount=5000)

    assert hinted(program) == []


def test_a_bonus_that_a_limit_would_clip_is_promised_as_clipped():
    program = make_program(
        rules={"bonus": BONUS | {"limits": [{"points": 80, "per": "month"}]}}
    )
    make_member(program)
    state_order(program, "first", amount=5000)

    assert hinted(program) == [(100, 30, f"{ONE_EURO} 30 more points")]


def test_who_may_not_earn_is_promised_nothing():
    program = make_program(rules={"bonus": BONUS})
    make_member(program)
    Member.objects.update(earning_suspended=True)

    assert hinted(program) == []


@pytest.mark.parametrize(("has", "points"), [(0, [10]), (9, [1]), (10, [])])
def test_more_than_a_balance_may_hold_is_not_promised(has, points):
    program = make_program(rules={"bonus": BONUS}, points={"max_balance": 10})
    ada = make_member(program)
    if has:
        give_points(ada, has)

    assert [promised for _, promised, _ in hinted(program)] == points
