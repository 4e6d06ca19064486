"""Rows that are alike in groups, written at once."""

from datetime import timedelta

import pytest

from core.alike import Kinds, insert_alike
from core.events import NewEvent, record_alike
from core.models import Event
from tests.factories import NOON

pytestmark = pytest.mark.django_db

COLUMNS = ("program_id", "type", "data", "occurred_at", "recorded_at")


def test_each_key_has_the_values_of_its_group():
    later = NOON + timedelta(days=1)
    groups = [
        ((1, "tier.changed", {"to": 'the "best"'}, NOON, NOON), [7, 9]),
        ((2, "tier.changed", {"to": None}, later, NOON), [8]),
    ]

    insert_alike(Event, "member_id", Kinds(COLUMNS, groups))

    rows = Event.objects.order_by("member_id")
    assert list(rows.values_list("member_id", "program_id", "data", "occurred_at")) == [
        (7, 1, {"to": 'the "best"'}, NOON),
        (8, 2, {"to": None}, later),
        (9, 1, {"to": 'the "best"'}, NOON),
    ]


def test_without_groups_nothing_is_written():
    insert_alike(Event, "member_id", Kinds(COLUMNS, []))

    assert not Event.objects.exists()


def test_an_event_of_many_is_one_of_each():
    event = NewEvent(1, None, "tier.changed", {"to": "gold"}, NOON)

    record_alike([(event, [4, 5])])

    told = Event.objects.order_by("member_id").values_list("member_id", "type", "data")
    assert list(told) == [
        (4, "tier.changed", {"to": "gold"}),
        (5, "tier.changed", {"to": "gold"}),
    ]
