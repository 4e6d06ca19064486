"""What is known of a member's tiers, as parts of an export."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from core.zones import written
from loyalty.models import Member
from loyalty.queries.members import kin_of
from tiers.models import EntryReward, Standing, StandingChange
from tiers.queries.standings import standings_of

FETCH = 500

# Each list: its rows, and what of them is told.
LISTS: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    "tiers_by_hand": (
        Standing,
        ("ladder__code", "floor_tier", "floor_since", "floor_until", "floor_reason"),
    ),
    "tier_changes": (
        StandingChange,
        (
            *("ladder__code", "from_tier", "to_tier", "at", "cause"),
            *("source_type", "source_id", "reason"),
        ),
    ),
    "entry_rewards": (
        EntryReward,
        ("ladder__code", "tier", "count", "given_at", "taken_back_at"),
    ),
}
NAMES = {
    "ladder__code": "ladder",
    "floor_tier": "tier",
    "floor_since": "since",
    "floor_until": "until",
    "floor_reason": "reason",
    "from_tier": "from",
    "to_tier": "to",
}


def tier_parts(member: Member, *, at: datetime) -> Iterator[tuple[str, Any]]:
    """Yield where a member stands and how it came there, with all who were merged into it."""
    held = standings_of(member.program, [member], at)[member.pk]
    yield (
        "tiers",
        {code: _told(each.tier, each.since, each.until) for code, each in held.items()},
    )
    numbers = kin_of([member])[member.pk]
    for name, (model, columns) in LISTS.items():
        rows = model._default_manager.filter(member__in=numbers).order_by("pk")
        yield name, _rows(rows.exclude(floor_tier="") if model is Standing else rows, columns)


def _told(tier: str | None, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    return {
        "tier": tier,
        "since": written(since) if since else None,
        "until": written(until) if until else None,
    }


def _rows(rows: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    names = [NAMES.get(column, column) for column in columns]
    for values in rows.values_list(*columns).iterator(chunk_size=FETCH):
        yield {
            name: written(value) if isinstance(value, datetime) else value
            for name, value in zip(names, values, strict=True)
        }
