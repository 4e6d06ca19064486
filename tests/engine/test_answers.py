"""What is told of a fact, and in which order."""

import pytest

from core.models import Event
from engine.preview import preview_order
from tests.factories import (
    NOON,
    SPEND,
    make_member,
    make_program,
    order_stated,
    state_order,
)

pytestmark = pytest.mark.django_db

# By length, as PostgreSQL keeps the keys of JSON, these would come the other way round.
POINT_TYPES = ["air_miles", "points"]


def test_point_types_are_told_by_code_however_often_an_order_is_restated():
    rules = {code: SPEND | {"point_type": code} for code in POINT_TYPES}
    program = make_program(rules=rules, point_types={"air_miles": {}})
    make_member(program)

    for amount in (5000, 3000, 4000):
        state_order(program, amount=amount)

    told = Event.objects.filter(type__startswith="points.").order_by("id")
    assert [event.data["point_type"] for event in told] == POINT_TYPES * 3


def test_a_preview_tells_every_point_type_of_an_order_that_is_worth_nothing():
    program = make_program()
    make_member(program)
    order = order_stated(program, amount=5000, refunded_amount=5000)

    preview = preview_order(program, order, at=NOON)

    told = [(points["point_type"], points["target"]) for points in preview["points"]]
    assert told == [("points", 0)]
