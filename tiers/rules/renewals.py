"""Tiers that are kept when their time is up: what it takes, and until when.

Most reviews that time alone brings find that a member has done enough and stays. Where
a ladder is plain, that is a matter of one sum, and for many members at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tiers.rules.ladders import NO_TIER, CompiledLadder
from tiers.rules.replay import Version
from tiers.rules.windows import Span, shifted

# A tier that was put off more often is left to a replay.
MOST_TERMS = 200

NOBODY = date.min


@dataclass(frozen=True, slots=True)
class Renewal:
    """Who came to `least`, of what `metric` counts, in the days `judged` stays until `until`.

    `period_start` begins the period in which the threshold was reached, if there is one.
    """

    metric: str
    judged: Span
    least: int
    until: date
    period_start: date | None


def is_plain(ladder: CompiledLadder) -> bool:
    """Say whether a tier's end is a matter of one sum over days that all members share."""
    return (
        ladder.metric in ("spend", "orders")
        and ladder.window.kind != "anniversary"
        and not ladder.rises_next_period
        and not ladder.carry_over
        and not ladder.grace.count
        and not ladder.keeps_on_refund
        and not ladder.is_used_up_by_period
    )


def renewal_of(
    versions: Sequence[Version], tier: str, *, since: date, until: date
) -> Renewal | None:
    """Return what keeps a tier that was earned on `since` and ends with `until`.

    None if only a replay can tell: the ladder is not plain, or another version of it
    began after the tier was earned.
    """
    begun = [version for version in versions if version.starts_on < until] or versions[:1]
    ladder = begun[-1].ladder
    place = ladder.places.get(tier, NO_TIER)
    later = [version for version in versions[1:] if since < version.starts_on]
    if later or place <= ladder.lowest or not is_plain(ladder):
        return None
    last, window = shifted(until, -1, "day"), ladder.window
    reached = window.period_of(last, NOBODY) if window.has_periods else None
    ends = _next_end(ladder, since, until, reached)
    if ends is None:
        return None
    judged = Span(reached.start, until) if reached else window.days_until(last)
    least = ladder.tiers[place].least
    return Renewal(ladder.metric, judged, least, ends, reached and reached.start)


def _next_end(
    ladder: CompiledLadder, since: date, until: date, reached: Span | None
) -> date | None:
    if ladder.length is None:
        return ladder.lasts_until(since, 1, reached, NOBODY)
    for terms in range(1, MOST_TERMS):
        if ladder.lasts_until(since, terms, reached, NOBODY) == until:
            return ladder.lasts_until(since, terms + 1, reached, NOBODY)
    return None
