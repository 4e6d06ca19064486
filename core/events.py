"""Appending to the event log, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import bulk, clock
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
    recorded_at = clock.real_now()
    bulk.insert_rows(
        Event,
        ("program_id", "member_id", "type", "data", "occurred_at", "recorded_at"),
        [
            (
                event.program_id,
                event.member_id,
                event.type,
                event.data,
                event.occurred_at,
                recorded_at,
            )
            for event in events
        ],
    )
