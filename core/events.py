"""Appending to the event log, in the caller's transaction."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Cast

from core import bulk, clock
from core.alike import Kinds, insert_alike
from core.models import Event


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened, to be told to the outside world."""

    program_id: int
    member_id: int | None
    type: str
    data: dict[str, Any]
    occurred_at: datetime


def record_events(events: Sequence[NewEvent]) -> None:
    """Append events; they go out once the caller's transaction has committed."""
    bulk.insert_rows(*rows_of_events(events))


def rows_of_events(events: Sequence[NewEvent]) -> bulk.Table:
    """Return what `record_events` appends, to be written together with other rows."""
    recorded_at = clock.real_now()
    columns = ("program_id", "member_id", "type", "data", "occurred_at", "recorded_at")
    rows = (
        (
            event.program_id,
            event.member_id,
            event.type,
            event.data,
            event.occurred_at,
            recorded_at,
        )
        for event in events
    )
    return Event, columns, rows


def record_alike(events: Sequence[tuple[NewEvent, Sequence[int]]]) -> None:
    """Append events that are about many members each, alike but for whom."""
    recorded_at = clock.real_now()
    columns = ("program_id", "type", "data", "occurred_at", "recorded_at")
    groups = [
        ((event.program_id, event.type, event.data, event.occurred_at, recorded_at), members)
        for event, members in events
    ]
    insert_alike(Event, "member_id", Kinds(columns, groups))


def events_about(
    program_id: int, *, member_ids: Sequence[int], texts: Sequence[str]
) -> Iterator[Event]:
    """Yield a program's events of these members, and those that mention one of `texts`.

    Looks through the whole log of the program: for what is seldom asked.
    """
    about = models.Q(member_id__in=member_ids)
    for text in texts:
        # As the databases spell it: one escapes what is not ASCII, one does not.
        for spelled in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
            about |= models.Q(spelled__contains=spelled)
    text_of_data = Cast("data", models.TextField())
    events = Event.objects.filter(program_id=program_id).annotate(spelled=text_of_data)
    yield from events.filter(about).order_by("pk").iterator(chunk_size=500)


def rewrite_events(events: Iterable[tuple[Event, dict[str, Any]]]) -> None:
    """Put other data in the place of what these events say."""
    rows = [(event.pk, data) for event, data in events]
    bulk.update_rows(Event, ("data",), rows)
