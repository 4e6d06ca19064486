"""How members moved in their ladders, and what caused it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a member is reviewed: a word of `StandingChange.Cause`, and what it came from.

    `had` has the tiers by ladder that the person had before as another member: to have
    them now is not to enter them. `took` are the point types of which a fact took back
    what it had given: what it had lifted by their balance was never entered.
    """

    kind: str = "review"
    source_type: str = ""
    source_id: str = ""
    reason: str = ""
    had: Mapping[str, str] = field(default_factory=dict)
    took: frozenset[str] = frozenset()


REVIEW = Cause()


@dataclass(frozen=True, slots=True)
class TierMove:
    """That a member moved in a ladder. `to` and `from_` are codes, None is none.

    `passed` has the codes of the tiers that a rise entered, the lowest first, and
    `left` those that a fall left. `undone` says that the member never had them: a
    refund or an undone change took away what had lifted the member. `regained` are
    tiers passed that, as is known by now, the member had entered before and never
    lost, each with when it had last been left before that entry.
    """

    member_id: int
    ladder: str
    from_: str | None
    to: str | None
    at: datetime
    cause: Cause
    passed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    undone: bool = False
    regained: Mapping[str, datetime | None] = field(default_factory=dict)


def moved_to(moves: Iterable[TierMove], member_id: int) -> list[dict[str, str | None]]:
    """Return a member's moves as answers tell them: one a ladder, from first to last."""
    told: dict[str, dict[str, str | None]] = {}
    for move in moves:
        if move.member_id != member_id:
            continue
        first = told.setdefault(move.ladder, {"ladder": move.ladder, "from": move.from_})
        first["to"] = move.to
    return [each for each in told.values() if each["from"] != each["to"]]
