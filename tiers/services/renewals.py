"""Let those stay who have done enough, many at a time and without a replay.

Nothing moves, so nothing is told: the rows are given their next end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import F

from core.periods import local_midnight
from core.reading import one_of
from core.transactions import retrying
from loyalty.models import Program, Wallet
from tiers.models import Standing
from tiers.queries.due import due_standings
from tiers.queries.ladders import LadderSetup, TierSetup, tier_setup_of
from tiers.rules.renewals import Renewal, renewal_of

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 5_000

# With more ends than this to look at, one by one is as quick.
MOST_GROUPS = 500

# What a metric adds up.
COUNTED = {"spend": "spend", "orders": "orders"}

# Who counts anything from the end on, or never came to enough, is left to a replay.
KEPT = """
SELECT member_id FROM tiers_daytotal WHERE {members} AND day >= %s
GROUP BY member_id
HAVING sum(CASE WHEN day < %s THEN {counted} ELSE 0 END) >= %s AND max(day) < %s
"""


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that earned the same tier on the same day, until the same day."""

    ladder: LadderSetup
    tier: str
    since: date
    until: date
    renewal: Renewal


def renew_standings(*, program: Program, at: datetime) -> int:
    """Give a next end to tiers whose time is up by `at` and that are still merited.

    Each chunk is a transaction. Returns how many rows there were; whoever is left has
    to be reviewed.
    """
    setup = tier_setup_of(program)
    renewed = 0
    for group in _groups(setup, at):
        after: int | None = 0
        while after is not None:
            count, after = _renew_chunk(setup=setup, group=group, at=at, after=after)
            renewed += count
    return renewed


def _groups(setup: TierSetup, at: datetime) -> Iterator[_Group]:
    for ladder in setup.ladders.values():
        if not ladder.is_reviewed_by(setup.day_of(at)):
            continue
        due = due_standings(setup.program_id, at).filter(
            ladder=ladder.id,
            floor_tier="",
            tier=F("earned"),
            earned_since__isnull=False,
            earned_until__isnull=False,
        )
        kinds = due.values_list("earned", "earned_since", "earned_until").distinct()
        for tier, since, until in kinds.order_by("earned_until")[:MOST_GROUPS]:
            assert since is not None, "whoever has no tier is not asked about"
            assert until is not None, "what lasts for ever is not due"
            renewal = renewal_of(ladder.versions, tier, since=since, until=until)
            if renewal is not None:
                yield _Group(ladder, tier, since, until, renewal)


@retrying
def _renew_chunk(
    *, setup: TierSetup, group: _Group, at: datetime, after: int
) -> tuple[int, int | None]:
    """Return how many were renewed, and the last member looked at; None after the end."""
    due = Standing.objects.filter(
        ladder=group.ladder.id,
        earned=group.tier,
        tier=group.tier,
        earned_since=group.since,
        earned_until=group.until,
        review_at__lte=at,
        review_at=local_midnight(group.until, setup.zone),
        floor_tier="",
    )
    chunk = due.filter(member__gt=after).order_by("member").values_list("member_id", flat=True)
    members = list(chunk[:CHUNK])
    if not members:
        return 0, None
    # Who holds a member's wallets is alone with what counts for them, and with the rows.
    wallets = Wallet.objects.select_for_update().filter(member__in=members).order_by("id")
    locked = set(wallets.values_list("member_id", flat=True))
    kept = _kept(group, [member for member in members if member in locked])
    until, renewal = local_midnight(group.renewal.until, setup.zone), group.renewal
    renewed = due.filter(member__in=kept).update(
        until=until,
        earned_until=renewal.until,
        period_start=renewal.period_start,
        review_at=until,
    )
    return renewed, members[-1] if len(members) == CHUNK else None


def _kept(group: _Group, members: Sequence[int]) -> list[int]:
    """Return those of the members who came to enough."""
    if not members:
        return []
    renewal = group.renewal
    start, end = renewal.judged
    days = [connection.ops.adapt_datefield_value(day) for day in (start, end, end)]
    theirs, values = one_of("member_id", members)
    with connection.cursor() as cursor:
        cursor.execute(
            KEPT.format(members=theirs, counted=COUNTED[renewal.metric]),
            [*values, days[0], days[1], renewal.least, days[2]],
        )
        return [member_id for (member_id,) in cursor.fetchall()]
