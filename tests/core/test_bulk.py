"""JSON that is written in bulk: kept as Django's own fields would keep it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.events import NewEvent, record_events
from core.models import Event
from tests.factories import NOON, make_program

pytestmark = pytest.mark.django_db


def written(data):
    """Write an event with this data in bulk, and return the row."""
    program = make_program()
    record_events([NewEvent(program.pk, None, "test.written", data, NOON)])
    return Event.objects.get(type="test.written")


@pytest.mark.parametrize(
    "data",
    [{}, {"name": "Zoë \N{PARTY POPPER}", "lines": [1, 2.5, None, True]}, {"a": {"b": []}}],
)
def test_a_value_is_found_by_all_of_it(data):
    row = written(data)

    assert row.data == data
    assert Event.objects.filter(data=data).get() == row


def test_a_number_of_more_than_64_bits_is_kept():
    assert written({"number": 2**70}).data == {"number": 2**70}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.50"), "1.50"),
        (datetime(2026, 5, 1, 10, tzinfo=UTC), "2026-05-01T10:00:00Z"),
    ],
)
def test_what_json_has_no_word_for_is_written_as_django_writes_it(value, text):
    assert written({"value": value}).data == {"value": text}
