"""Rows that are inserted in bulk: a few in a statement, many by COPY, made as they go."""

import pytest

from core import bulk
from core.models import Event
from tests.factories import NOON, make_program

pytestmark = pytest.mark.django_db

COLUMNS = ("program_id", "type", "data", "occurred_at", "recorded_at")


@pytest.fixture
def program():
    return make_program()


def rows(program, count):
    """Yield rows of events that are numbered."""
    for number in range(count):
        yield program.pk, "test.written", {"number": number}, NOON, NOON


def numbers():
    events = Event.objects.filter(type="test.written").order_by("pk")
    return [event.data["number"] for event in events]


@pytest.mark.parametrize(
    "count", [0, 1, bulk.COPY_FROM - 1, bulk.COPY_FROM, bulk.COPY_FROM + 1, 6_001]
)
def test_rows_are_all_written_in_their_order_however_many_are_made(program, count):
    bulk.insert_rows(Event, COLUMNS, rows(program, count))

    assert numbers() == list(range(count))


@pytest.mark.parametrize("made", [iter, list])
@pytest.mark.parametrize("count", [0, 1, bulk.FEW, bulk.FEW + 1, bulk.COPY_FROM + 1])
def test_rows_of_two_tables_are_all_written_whether_they_are_made_or_there(
    program, count, made
):
    first, second = made([*rows(program, count)]), made([*rows(program, 1)])

    bulk.insert_together((Event, COLUMNS, first), (Event, COLUMNS, second))

    assert sorted(numbers()) == sorted([*range(count), 0])


class NotToBeMade(Exception):
    pass


def failing(program, count):
    yield from rows(program, count)
    raise NotToBeMade


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [3, bulk.COPY_FROM + 3])
def test_a_row_that_cannot_be_made_is_told_as_what_it_is_and_leaves_none(program, count):
    with pytest.raises(NotToBeMade):
        bulk.insert_rows(Event, COLUMNS, failing(program, count))

    assert numbers() == []
