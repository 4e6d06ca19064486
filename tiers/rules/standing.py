"""A member's standing: a pure function of what the ledger and the orders say of each day.

Everything that asks for a standing asks here: the pipeline, the nightly review, the
full one, a dry run, the preview of a change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.periods import local_midnight
from core.zones import reading
from tiers.rules.ladders import NO_TIER, CompiledLadder
from tiers.rules.measures import Totals
from tiers.rules.replay import Kept, Replay, Version

__all__ = ["About", "Floor", "Kept", "Move", "Standing", "Version", "standing_at"]


@dataclass(frozen=True, slots=True)
class Floor:
    """A tier set by hand: at least this, from `since` on, until `until` (exclusive)."""

    tier: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a standing is made of, but for the ladder.

    `kept` is needed where a tier is kept although a refund undid it, and where a
    balance is followed, whose past nobody knows.
    """

    totals: Totals
    joined: date
    floor: Floor | None = None
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A change of tier. `cause` is rise, review, balance, ladder or by_hand."""

    at: datetime
    before: str | None
    after: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands in a ladder.

    `earned` is the tier without the floor, `until` the end of it, exclusive, and None
    for ever; `review_at` is when time alone may change the standing, None for never.
    `period_start` begins the period in which the threshold was reached. `moves` tells
    the whole way, oldest first; what happened within a day is told at its midnight.
    """

    tier: str | None
    since: datetime | None
    until: datetime | None
    review_at: datetime | None
    earned: str | None
    earned_since: date | None
    earned_until: date | None
    period_start: date | None
    moves: tuple[Move, ...] = ()


def standing_at(
    versions: Sequence[Version], about: About, at: datetime, zone: ZoneInfo
) -> Standing:
    """Return where a member stands at `at`. `versions` come in order, at least one."""
    today = reading(at, zone).date()
    replay = Replay(versions, about.totals, about.joined, about.kept)
    if replay.measure_on(today).ladder.metric == "balance":
        replay.follow_balance(today)
    else:
        replay.run(today)
    return _lifted(replay, about.floor, at, zone)


def _lifted(replay: Replay, floor: Floor | None, at: datetime, zone: ZoneInfo) -> Standing:
    """Return the standing that a replay came to, with a floor under it."""
    state, ladder = replay.state, replay.ladder
    moves = [
        Move(at if cause == "balance" else _start_of(day, zone), before, after, cause)
        for day, before, after, cause in replay.moves
    ]
    review_on = replay.next_look(reading(at, zone).date())
    earned = ladder.code_at(state.place)
    standing = Standing(
        tier=earned,
        since=moves[-1].at if moves else None,
        until=_midnight(state.until, zone),
        review_at=_midnight(review_on, zone),
        earned=earned,
        earned_since=state.since,
        earned_until=state.until,
        period_start=state.reached and state.reached.start,
        moves=tuple(moves),
    )
    if floor is None or floor.tier not in ladder.places:
        return standing
    return _on_floor(standing, floor, ladder, at)


# Members live on the same few thousand days.
@lru_cache(maxsize=8_192)
def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return local_midnight(day, zone)


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the first instant of a day; the end of the calendar never comes."""
    return None if day is None or day == date.max else _start_of(day, zone)


def _is_above(tier: str, other: str | None, ladder: CompiledLadder) -> bool:
    return ladder.places[tier] > ladder.places.get(other or "", NO_TIER)


def _on_floor(
    standing: Standing, floor: Floor, ladder: CompiledLadder, at: datetime
) -> Standing:
    # Who has not moved is where they were: where all begin, or where a balance is followed.
    first = standing.moves[0].before if standing.moves else standing.earned
    moves = tuple(_moves_on_floor(standing.moves, floor, ladder, at, first))
    holds = floor.since <= at and (floor.until is None or at < floor.until)
    lifts = holds and _is_above(floor.tier, standing.earned, ladder)
    review_at = standing.review_at
    if lifts and floor.until is not None:
        review_at = min(review_at or floor.until, floor.until)
    return replace(
        standing,
        tier=floor.tier if lifts else standing.earned,
        since=moves[-1].at if moves else None,
        until=floor.until if lifts else standing.until,
        review_at=review_at,
        moves=moves,
    )


def _moves_on_floor(
    moves: Sequence[Move],
    floor: Floor,
    ladder: CompiledLadder,
    at: datetime,
    first: str | None,
) -> Iterator[Move]:
    """Give the changes of the higher of two: the tier earned, and the one set by hand.

    `first` is the tier before all of them.
    """
    ends = [floor.since, *([floor.until] if floor.until is not None else [])]
    edges = [Move(edge, None, None, "by_hand") for edge in ends if edge <= at]
    earned = shown = first
    for move in sorted([*moves, *edges], key=lambda move: move.at):
        if move.cause != "by_hand":
            earned = move.after
        holds = floor.since <= move.at and (floor.until is None or move.at < floor.until)
        lifts = holds and _is_above(floor.tier, earned, ladder)
        now = floor.tier if lifts else earned
        if now != shown:
            yield Move(move.at, shown, now, move.cause)
        shown = now
