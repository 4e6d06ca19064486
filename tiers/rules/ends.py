"""Tiers whose time is up: what it takes to stay, and where to whoever did less falls.

Where a ladder is plain, that is a matter of one sum, and for many members at once. All
that a replay would add is known: who had the tier until now, and counted nothing since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from core.periods import local_midnight
from tiers.rules.ladders import NO_TIER, CompiledLadder
from tiers.rules.replay import Version
from tiers.rules.standing import Move, Standing
from tiers.rules.windows import Span, shifted

# A tier that was put off more often is left to a replay.
MOST_TERMS = 200

# Plain windows are the same for whoever joined when.
ANY_DAY = date.min


@dataclass(frozen=True, slots=True)
class End:
    """The end of a tier on the day `on`, judged by the days `judged`, less what comes after.

    Who stays does until `kept_until`. `reached` is the period in which the threshold
    was reached, of windows that have periods.
    """

    ladder: CompiledLadder
    place: int
    on: date
    judged: Span
    kept_until: date
    reached: Span | None

    @property
    def least(self) -> int:
        return self.ladder.tiers[self.place].least

    @property
    def has_plain_falls(self) -> bool:
        """Say whether who falls stays there; else what still counts may lift them again."""
        return self.reached is not None or self.ladder.downgrade != "to_lowest"

    def fallen(self, place: int, zone: ZoneInfo) -> Standing:
        """Return the standing of whoever came to too little, and falls to `place`."""
        ladder, until = self.ladder, None
        if place > ladder.lowest:
            until = ladder.lasts_until(self.on, 1, self.reached, ANY_DAY)
        tier, moment = ladder.code_at(place), local_midnight(self.on, zone)
        ends_at = local_midnight(until, zone) if until is not None else None
        return Standing(
            tier=tier,
            since=moment,
            until=ends_at,
            review_at=ends_at,
            earned=tier,
            earned_since=self.on,
            earned_until=until,
            period_start=self.reached and self.reached.start,
            moves=(Move(moment, ladder.code_at(self.place), tier, "review"),),
        )

    def place_after(self, value: int) -> int:
        """Return where a member falls to who came to too little."""
        if self.ladder.downgrade == "one_step":
            return max(self.place - 1, self.ladder.lowest)
        is_to_fit = self.ladder.downgrade == "to_fit"
        return self.ladder.fit(value) if is_to_fit else self.ladder.lowest


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


def end_of(versions: Sequence[Version], tier: str, *, since: date, until: date) -> End | None:
    """Return how a tier ends that was earned on `since`, with the day `until`.

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
    reached = window.period_of(last, ANY_DAY) if window.has_periods else None
    kept_until = _next_end(ladder, since, until, reached)
    if kept_until is None or date.max in (until, kept_until):
        return None
    judged = Span(reached.start, until) if reached else window.days_until(last)
    return End(ladder, place, until, judged, kept_until, reached)


def _next_end(
    ladder: CompiledLadder, since: date, until: date, reached: Span | None
) -> date | None:
    if ladder.length is None:
        return ladder.lasts_until(since, 1, reached, ANY_DAY)
    for terms in range(1, MOST_TERMS):
        if ladder.lasts_until(since, terms, reached, ANY_DAY) == until:
            return ladder.lasts_until(since, terms + 1, reached, ANY_DAY)
    return None
