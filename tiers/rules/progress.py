"""What a member is missing: to rise, to stay, and by when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.periods import local_midnight
from core.zones import reading
from tiers.rules.ladders import NO_TIER, CompiledLadder
from tiers.rules.measures import Measure
from tiers.rules.standing import About, Standing, Version, standing_at

# How many reviews ahead a fall is looked for. What is known now carries no further.
REVIEWS_AHEAD = 4


@dataclass(frozen=True, slots=True)
class NextTier:
    """The tier above, and what is missing to it, in minor units for spend."""

    tier: str
    threshold: int
    missing: int


@dataclass(frozen=True, slots=True)
class Keep:
    """What is missing to stay, by when; and when the member falls to what, if nothing comes.

    Days from `since` on count for it, which may be yet to come.
    """

    by: datetime
    missing: int
    falls_at: datetime | None
    falls_to: str | None
    since: date


@dataclass(frozen=True, slots=True)
class Progress:
    """The value that counts now, the way up, and the way to stay (None: for ever)."""

    value: int
    next: NextTier | None
    keep: Keep | None


def progress_of(
    versions: Sequence[Version],
    about: About,
    standing: Standing,
    *,
    at: datetime,
    zone: ZoneInfo,
) -> Progress:
    """Return what a member with this standing is missing at `at`."""
    today = reading(at, zone).date()
    begun = [version.ladder for version in versions if version.starts_on <= today]
    ladder = begun[-1] if begun else versions[0].ladder
    measure = Measure(ladder, about.totals, about.joined)
    if ladder.metric == "balance":
        value = about.totals.balances.get(ladder.point_type, 0)
        return Progress(value, _next_tier(ladder, standing, value), None)
    value = measure.running(today)
    keep = None
    if standing.earned_until is not None and standing.earned is not None:
        keep = _keep(measure, standing, standing.earned_until, zone)
        falls_at, falls_to = _fall(versions, about, standing, at, zone)
        keep = replace(keep, falls_at=falls_at, falls_to=falls_to)
    return Progress(value, _next_tier(ladder, standing, value), keep)


def _next_tier(ladder: CompiledLadder, standing: Standing, value: int) -> NextTier | None:
    place = ladder.places.get(standing.tier or "", NO_TIER) + 1
    if place >= len(ladder.tiers):
        return None
    tier = ladder.tiers[place]
    return NextTier(tier.code, tier.threshold, max(0, tier.least - value))


def _keep(measure: Measure, standing: Standing, until: date, zone: ZoneInfo) -> Keep:
    ladder = measure.ladder
    tier = ladder.tier(standing.earned)
    assert tier is not None, "what is earned is a tier of the ladder"
    value = measure.judged_by(until, until)
    missing, since = max(0, tier.least - value), measure.judged_over(until).start
    return Keep(local_midnight(until, zone), missing, None, None, since)


def _fall(
    versions: Sequence[Version],
    about: About,
    standing: Standing,
    at: datetime,
    zone: ZoneInfo,
) -> tuple[datetime | None, str | None]:
    """Return when the member falls to what, if nothing more is stated."""
    ahead = standing
    for _ in range(REVIEWS_AHEAD):
        if ahead.review_at is None:
            break
        review_at = ahead.review_at
        ahead = standing_at(versions, about, review_at, zone)
        if ahead.tier != standing.tier and review_at > at:
            return review_at, ahead.tier
    return None, None
