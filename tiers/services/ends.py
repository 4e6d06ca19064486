"""Judge those whose time is up, many at a time and without a replay.

Where a ladder is plain, whoever has done enough is given another end, and whoever has
not falls; all others are left to a review.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import F, QuerySet

from core.periods import local_midnight
from core.reading import one_of
from core.transactions import retrying
from loyalty.models import Program, Wallet
from tiers.models import Standing
from tiers.queries.due import due_standings
from tiers.queries.ladders import LadderSetup, TierSetup, tier_setup_of
from tiers.queries.standings import standing_rows
from tiers.rules.ends import End, end_of
from tiers.services.outcomes import Outcome
from tiers.services.verdicts import Verdicts

# Members per transaction: bounded locks, little to repeat after a crash.
CHUNK = 2_000

# With more ends than this to look at, one by one is as quick.
MOST_GROUPS = 500

# What a metric adds up.
COUNTED = {"spend": "spend", "orders": "orders"}

SUMS = """
SELECT member_id, sum(CASE WHEN day < %s THEN {counted} ELSE 0 END), max(day)
FROM tiers_daytotal WHERE {theirs} AND day >= %s GROUP BY member_id
"""


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that earned the same tier on the same day, until the same day."""

    ladder: LadderSetup
    tier: str
    since: date
    end: End


def settle_ends(*, program: Program, at: datetime) -> Outcome:
    """Judge those whose tiers ended by `at`, where a sum is enough to judge them by.

    Each chunk is a transaction. Whoever is still due has to be reviewed.
    """
    setup = tier_setup_of(program)
    done = Outcome()
    for group in _groups(setup, at):
        after: int | None = 0
        while after is not None:
            outcome, after = _settle_chunk(setup=setup, group=group, at=at, after=after)
            done += outcome
    return done


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
            end = end_of(ladder.versions, tier, since=since, until=until)
            if end is not None:
                yield _Group(ladder, tier, since, end)


def _due(setup: TierSetup, group: _Group, at: datetime) -> QuerySet[Standing]:
    """Return the group's rows that are due for nothing but their end."""
    return due_standings(setup.program_id, at).filter(
        ladder=group.ladder.id,
        earned=group.tier,
        tier=group.tier,
        earned_since=group.since,
        earned_until=group.end.on,
        review_at=local_midnight(group.end.on, setup.zone),
        floor_tier="",
    )


@retrying
def _settle_chunk(
    *, setup: TierSetup, group: _Group, at: datetime, after: int
) -> tuple[Outcome, int | None]:
    """Return what was done, and the last member looked at; None after the end."""
    due = _due(setup, group, at)
    chunk = due.filter(member__gt=after).order_by("member").values_list("member_id", flat=True)
    members = list(chunk[:CHUNK])
    # Who holds a member's wallets is alone with what counts for them, and with the rows.
    wallets = Wallet.objects.select_for_update().filter(member__in=members, is_closed=False)
    locked = set(wallets.order_by("id").values_list("member_id", flat=True))
    sums = _sums(group.end, [member for member in members if member in locked])
    kept = [member for member, value in sums.items() if value >= group.end.least]
    until = local_midnight(group.end.kept_until, setup.zone)
    reached = group.end.reached
    renewed = due.filter(member__in=kept).update(
        until=until,
        earned_until=group.end.kept_until,
        period_start=reached and reached.start,
        review_at=until,
    )
    left = {member: value for member, value in sums.items() if value < group.end.least}
    fallen = _let_fall(setup, group, at, left) if group.end.has_plain_falls else 0
    outcome = Outcome(renewed + fallen, falls=fallen)
    return outcome, members[-1] if len(members) == CHUNK else None


def _sums(end: End, members: Sequence[int]) -> dict[int, int]:
    """Return what members came to, of those who have counted nothing since the end."""
    if not members:
        return {}
    first, last = (connection.ops.adapt_datefield_value(day) for day in end.judged)
    theirs, values = one_of("member_id", members)
    with connection.cursor() as cursor:
        cursor.execute(
            SUMS.format(theirs=theirs, counted=COUNTED[end.ladder.metric]),
            [last, *values, first],
        )
        # SQLite tells days as texts, in the same order.
        found = {member: (value, str(day)) for member, value, day in cursor.fetchall()}
    none = (0, "")
    sums = {member: found.get(member, none) for member in members}
    return {member: int(value) for member, (value, day) in sums.items() if day < str(end.on)}


def _let_fall(setup: TierSetup, group: _Group, at: datetime, values: Mapping[int, int]) -> int:
    """Let members fall who came to too little, as of the end, and tell it."""
    due = set(
        _due(setup, group, at).filter(member__in=values).values_list("member_id", flat=True)
    )
    rows = {
        key: row
        for key, row in standing_rows(sorted(due), setup).items()
        if key[1] == group.ladder.id
    }
    verdicts = Verdicts(setup, at, {}, rows)
    for member_id in due:
        fallen = group.end.fallen(values[member_id], setup.zone)
        verdicts.take(member_id, group.ladder, fallen)
    verdicts.write()
    return len(verdicts.moves)
