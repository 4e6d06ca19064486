"""Why a member moved: the value that was weighed, and the threshold."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from core.zones import reading
from tiers.rules.ladders import NO_TIER, CompiledLadder
from tiers.rules.measures import Measure
from tiers.rules.standing import About, Move
from tiers.rules.windows import shifted


@dataclass(frozen=True, slots=True)
class Reason:
    """What counted for a move, and what it takes: to have the tier that was won or lost.

    In minor units for spend. None where nothing was weighed: a tier was set by hand.
    """

    value: int | None
    threshold: int | None


def reason_of(ladder: CompiledLadder, about: About, move: Move, zone: ZoneInfo) -> Reason:
    """Return what a move came from; `ladder` is the one in force on its day."""
    tier = ladder.tier(move.after if _rises(ladder, move) else move.before)
    if move.cause == "by_hand" or tier is None:
        return Reason(None, None)
    day = reading(move.at, zone).date()
    return Reason(_weighed(ladder, about, move, day), tier.threshold)


def _rises(ladder: CompiledLadder, move: Move) -> bool:
    places = ladder.places
    return places.get(move.after or "", NO_TIER) > places.get(move.before or "", NO_TIER)


def _weighed(ladder: CompiledLadder, about: About, move: Move, day: date) -> int:
    if ladder.metric == "balance":
        return about.totals.balances.get(ladder.point_type, 0)
    measure = Measure(ladder, about.totals, about.joined)
    if _rises(ladder, move):
        if not ladder.rises_next_period:
            return measure.running(day)
        ended = measure.period(shifted(day, -1, "day"))
        return measure.of_period(ended, day)
    if move.cause != "review":
        return measure.running(day)
    until = shifted(day, -ladder.grace.count, ladder.grace.unit)
    return measure.judged_by(until, day)
