"""Judge those whose time is up, many at a time and without a replay.

Where a ladder is plain, whoever has done enough is given another end, and whoever has
not falls; all others are left to a review. Whoever shares a tier, its first day and its
last shares the verdict as well: rows are read to be told apart, and written in groups.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from core.alike import Kinds, insert_alike, source_of
from core.events import record_alike
from core.periods import local_midnight
from core.reading import one_of, read_values
from core.transactions import retrying
from loyalty.models import Member, Program, Wallet
from tiers.models import Standing, StandingChange
from tiers.queries.due import GONE, due_standings
from tiers.queries.ladders import LadderSetup, TierSetup, tier_setup_of
from tiers.queries.proofs import rewrite_proven
from tiers.rules.ends import End, end_of
from tiers.services.moves import REVIEW, TierMove
from tiers.services.outcomes import Outcome
from tiers.services.verdicts import CHANGE_COLUMNS, COLUMNS, event_of, row_values

# Rows per transaction: bounded locks, little to repeat after a crash.
CHUNK = 5_000

# What tells ends apart: the ladder, the tier, since when, until when, and when it is due.
TOLD_BY = ("ladder_id", "earned", "earned_since", "earned_until", "review_at")

READ = ("id", "member_id", "tier", "floor_tier", "since", *TOLD_BY)

# What is new in the row of whoever stays.
KEPT = ("until", "earned_until", "period_start", "review_at")

# What is the same for all who fall alike.
CHANGE = tuple(column for column in CHANGE_COLUMNS if column != "member_id")

# Each row's member from the first day that is judged on: what counts before the end, and
# the last day of all.
SUMS = """
WITH asked (id, member_id, first, ends_on) AS ({asked})
SELECT asked.id, sum(CASE WHEN d.day < ends_on THEN d.spend ELSE 0 END),
  sum(CASE WHEN d.day < ends_on THEN d.orders ELSE 0 END), max(d.day)
FROM asked JOIN tiers_daytotal d ON d.member_id = asked.member_id AND d.day >= asked.first
GROUP BY asked.id
"""
ASKED = ("bigint", "bigint", "date", "date")


@dataclass(frozen=True, slots=True, eq=False)
class _Ending:
    """How a ladder's tier ends for all rows that are told by the same."""

    ladder: LadderSetup
    end: End


@dataclass(slots=True)
class _Endings:
    """What there is to know of ends: worked out once for all rows that share one."""

    setup: TierSetup
    known: dict[tuple[Any, ...], _Ending | None] = field(default_factory=dict)

    def of(self, told: tuple[Any, ...]) -> _Ending | None:
        """Return how it ends that is told by the values of `TOLD_BY`; None: by a replay."""
        if told not in self.known:
            self.known[told] = self._ending(*told)
        return self.known[told]

    def _ending(
        self, ladder_id: int, tier: str, since: date, until: date, due_at: datetime
    ) -> _Ending | None:
        ladder = next(each for each in self.setup.ladders.values() if each.id == ladder_id)
        end = end_of(ladder.versions, tier, since=since, until=until)
        # Due for nothing but its end.
        if end is None or local_midnight(end.on, self.setup.zone) != due_at:
            return None
        return _Ending(ladder, end)


@dataclass(slots=True)
class _Found:
    """Rows by what becomes of them; of those who fall to a place, with their members."""

    staying: dict[_Ending, list[int]] = field(default_factory=dict)
    falling: dict[tuple[_Ending, int], dict[int, int]] = field(default_factory=dict)

    def judge(self, row: int, member: int, ending: _Ending, value: int) -> None:
        end = ending.end
        if value >= end.least:
            self.staying.setdefault(ending, []).append(row)
        elif end.has_plain_falls:
            to = (ending, end.place_after(value))
            self.falling.setdefault(to, {})[row] = member

    def outcome(self) -> Outcome:
        falls = sum(map(len, self.falling.values()))
        return Outcome(sum(map(len, self.staying.values())) + falls, falls=falls)


def settle_ends(*, program: Program, at: datetime) -> Outcome:
    """Judge those whose tiers ended by `at`, where a sum is enough to judge them by.

    Each chunk is a transaction. Whoever is still due has to be reviewed.
    """
    setup = tier_setup_of(program)
    endings, done = _Endings(setup), Outcome()
    due = _due(setup, at).order_by("member_id").values_list("id", "member_id")
    # As plain numbers, in turns: there may be a million.
    numbers = array("q", chain.from_iterable(due.iterator()))
    for start in range(0, len(numbers), 2 * CHUNK):
        chunk = numbers[start : start + 2 * CHUNK]
        done += _settle_chunk(
            endings=endings, row_ids=chunk[::2], member_ids=chunk[1::2], at=at
        )
    return done


def _due(setup: TierSetup, at: datetime) -> QuerySet[Standing]:
    """Return the rows that are due for the end of an earned tier, as far as they tell."""
    today = setup.day_of(at)
    ladders = [each.id for each in setup.ladders.values() if each.is_reviewed_by(today)]
    return due_standings(setup.program_id, at).filter(
        ladder__in=ladders,
        floor_tier="",
        tier=F("earned"),
        earned_since__isnull=False,
        earned_until__isnull=False,
        since__lt=F("review_at"),
    )


@retrying
def _settle_chunk(
    *, endings: _Endings, row_ids: Sequence[int], member_ids: Sequence[int], at: datetime
) -> Outcome:
    present = _locked(member_ids)
    looked_at = read_values(Standing, READ, one_of("id", row_ids))
    rows = {
        row["id"]: (row["member_id"], ending)
        for row in looked_at
        if row["member_id"] in present
        and _is_due(row, at)
        and (ending := endings.of(tuple(row[name] for name in TOLD_BY)))
    }
    found = _Found()
    for row, value in _sums(rows).items():
        found.judge(row, *rows[row], value)
    _let_stay(endings.setup, found)
    _let_fall(endings.setup, found)
    return found.outcome()


def _locked(member_ids: Sequence[int]) -> set[int]:
    """Lock wallets, and return whose they are, but for those who have left.

    Who holds a member's wallets is alone with what counts for them, and with the rows.
    """
    among = RawSQL(*source_of(("bigint",), [(number,) for number in member_ids]))  # noqa: S611
    wallets = Wallet.objects.select_for_update().filter(member__in=among, is_closed=False)
    locked = set(wallets.order_by("id").values_list("member_id", flat=True))
    theirs, values = one_of("id", member_ids)
    left = read_values(Member, ("id",), (f"{theirs} AND status IN (%s, %s)", [*values, *GONE]))
    return locked - {row["id"] for row in left}


def _is_due(row: Mapping[str, Any], at: datetime) -> bool:
    """Say whether a row is what it was listed for: nobody held the wallets then."""
    is_earned = row["tier"] == row["earned"] and not row["floor_tier"]
    is_dated = row["since"] and row["review_at"] and row["earned_since"] and row["earned_until"]
    return bool(is_earned and is_dated and row["since"] < row["review_at"] <= at)


def _sums(rows: Mapping[int, tuple[int, _Ending]]) -> dict[int, int]:
    """Return what each row's member came to, of those who have counted nothing since."""
    if not rows:
        return {}
    asked = [(row, member, *ending.end.judged) for row, (member, ending) in rows.items()]
    source, values = source_of(ASKED, asked)
    with connection.cursor() as cursor:
        cursor.execute(SUMS.format(asked=source), values)
        found = {row: each for row, *each in cursor.fetchall()}
    sums = {}
    for row, (_, ending) in rows.items():
        spend, orders, last = found.get(row, (0, 0, ""))
        # SQLite tells days as texts, in the same order.
        if str(last) < str(ending.end.on):
            sums[row] = int(spend if ending.end.ladder.metric == "spend" else orders)
    return sums


def _let_stay(setup: TierSetup, found: _Found) -> None:
    groups = []
    for ending, rows in found.staying.items():
        end = ending.end
        until = local_midnight(end.kept_until, setup.zone)
        reached = end.reached and end.reached.start
        groups.append(((until, end.kept_until, reached, until), rows))
    rewrite_proven(Kinds(KEPT, groups))


def _let_fall(setup: TierSetup, found: _Found) -> None:
    """Let members fall who came to too little, as of the end, and tell it."""
    rewritten, changes, events = [], [], []
    for (ending, place), rows in found.falling.items():
        fallen, members = ending.end.fallen(place, setup.zone), list(rows.values())
        (move,) = fallen.moves
        rewritten.append((tuple(row_values(fallen, move.at).values()), list(rows)))
        codes = (move.before or "", move.after or "")
        why = (REVIEW.kind, "", "", "")
        changes.append(((setup.program_id, ending.ladder.id, *codes, move.at, *why), members))
        # Of nobody yet: it is told of all of them.
        told = TierMove(0, ending.ladder.code, move.before, move.after, move.at, REVIEW)
        events.append((event_of(setup.program_id, told), members))
    rewrite_proven(Kinds(COLUMNS, rewritten))
    insert_alike(StandingChange, "member_id", Kinds(CHANGE, changes))
    record_alike(events)
