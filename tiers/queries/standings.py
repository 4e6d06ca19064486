"""Where members stand, and what their tiers bring them.

Whether a tier has ended is a matter of the clock, not of whether a review has run:
where one is due, or where a time in the past is asked for, the standing is worked out
anew. Otherwise it is read. So it is where a ladder follows balances, and where somebody
has adjusted points and nobody has looked at it yet.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.zones import reading
from loyalty.models import Member, Program
from loyalty.queries.members import kin_of
from loyalty.queries.setup import setup_of
from loyalty.rules.multipliers import Bonus
from tiers.models import Standing, StandingChange
from tiers.queries.ladders import LadderSetup, TierSetup, tier_setup_of
from tiers.queries.totals import members_behind, totals_of
from tiers.rules.access import Access, judge_access, strictest
from tiers.rules.benefits import merged
from tiers.rules.measures import Totals
from tiers.rules.progress import Progress, progress_of
from tiers.rules.replay import Kept
from tiers.rules.standing import About, Floor, standing_at
from tiers.rules.standing import Standing as Value

HISTORY = 200

# Rows by member and ladder.
Rows = Mapping[tuple[int, int], Standing]


@dataclass(frozen=True, slots=True)
class Held:
    """A member's tier in a ladder, None for none, since when and until when (exclusive).

    `by_hand` says that what the member has earned would not be enough for it.
    """

    tier: str | None
    since: datetime | None = None
    until: datetime | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: where this member stood or stands at this time."""

    member: Member
    at: datetime


def standings_of(
    program: Program, members: Sequence[Member], at: datetime
) -> dict[int, dict[str, Held]]:
    """Return each member's tiers by ladder, by member number."""
    return held_at(program, [Question(member, at) for member in members])


def held_at(program: Program, questions: Sequence[Question]) -> dict[int, dict[str, Held]]:
    """Return the tiers of each member at the time that is asked about, by ladder.

    Two queries, whatever the number of members, unless something has to be worked out.
    """
    setup = tier_setup_of(program)
    if not setup.ladders or not questions:
        return {question.member.pk: {} for question in questions}
    numbers = [question.member.pk for question in questions]
    rows = standing_rows(numbers, setup)
    behind = members_behind(program.pk, numbers) if "points" in setup.metrics else ()
    stale = [each for each in questions if _is_stale(each, rows, setup, behind)]
    totals = totals_for(program, stale)
    return held_by(setup, questions, rows, totals, behind)


def held_by(
    setup: TierSetup,
    questions: Sequence[Question],
    rows: Rows,
    totals: Mapping[int, Totals],
    behind: Collection[int] = (),
) -> dict[int, dict[str, Held]]:
    """Return the tiers that these rows tell or, where they do not, these totals.

    Rows of members who are `behind` tell nothing.
    """
    stale = [each for each in questions if _is_stale(each, rows, setup, behind)]
    worked_out = standings_by(setup, stale, rows, totals)
    return {
        question.member.pk: {
            code: _held(question, ladder, rows, worked_out, setup)
            for code, ladder in setup.ladders.items()
        }
        for question in questions
    }


def standing_rows(
    member_ids: Sequence[int], setup: TierSetup, *, lock: bool = False
) -> dict[tuple[int, int], Standing]:
    """Return the rows of members, by member and ladder; locked in their order if asked."""
    ladders = [ladder.id for ladder in setup.ladders.values()]
    rows = Standing.objects.filter(member__in=member_ids, ladder__in=ladders).order_by("id")
    rows = rows.select_for_update() if lock else rows
    return {(row.member_id, row.ladder_id): row for row in rows}


def standings_now(
    program: Program, questions: Sequence[Question], rows: Rows
) -> dict[tuple[int, int], Value]:
    """Work out standings from the members' days, by member and ladder."""
    totals = totals_for(program, questions)
    return standings_by(tier_setup_of(program), questions, rows, totals)


def totals_for(program: Program, questions: Sequence[Question]) -> Mapping[int, Totals]:
    """Return what the program's ladders count of those who are asked about."""
    if not questions:
        return {}
    members = [question.member.pk for question in questions]
    latest = max(question.at for question in questions)
    return totals_of(setup_of(program), members, tier_setup_of(program).metrics, at=latest)


def standings_by(
    setup: TierSetup,
    questions: Sequence[Question],
    rows: Rows,
    totals: Mapping[int, Totals],
) -> dict[tuple[int, int], Value]:
    """Work out standings from totals that were read before, by member and ladder."""
    return {
        (question.member.pk, ladder.id): standing_at(
            ladder.versions,
            about_member(
                question.member,
                totals[question.member.pk],
                rows.get((question.member.pk, ladder.id)),
                ladder,
                setup,
            ),
            question.at,
            setup.zone,
        )
        for question in questions
        for ladder in setup.ladders.values()
    }


def about_member(
    member: Member,
    totals: Totals,
    row: Standing | None,
    ladder: LadderSetup,
    setup: TierSetup,
) -> About:
    """Return what a member's standing in a ladder is made of."""
    joined = reading(member.joined_at, setup.zone).date()
    if row is None:
        return About(totals, joined)
    floor = None
    if row.floor_tier and row.floor_since is not None:
        floor = Floor(row.floor_tier, row.floor_since, row.floor_until)
    return About(totals, joined, floor, _kept(row, ladder, setup))


def _kept(row: Standing, ladder: LadderSetup, setup: TierSetup) -> Kept | None:
    """Return what may be kept; not what only a version brought that was never there."""
    if not row.earned or row.earned_since is None or ladder.was_undone_on(row.earned_since):
        return None
    since = row.since if row.tier == row.earned else None
    before_change = since is not None and any(
        since <= at and setup.day_of(at) == row.earned_since for at in ladder.changed_at
    )
    until, start = row.earned_until, row.period_start
    return Kept(row.earned, row.earned_since, until, start, before_change)


def _is_stale(
    question: Question, rows: Rows, setup: TierSetup, behind: Collection[int]
) -> bool:
    return question.member.pk in behind or any(
        not _tells(rows.get((question.member.pk, ladder.id)), ladder, question.at, setup)
        for ladder in setup.ladders.values()
    )


def _tells(row: Standing | None, ladder: LadderSetup, at: datetime, setup: TierSetup) -> bool:
    """Say whether a row, or that there is none, tells the standing at `at`."""
    if ladder.unreviewed and not ladder.is_reviewed_by(setup.day_of(at)):
        return False
    if ladder.follows_balance:
        return False
    if row is None:
        return True
    has_begun = row.since is None or row.since <= at
    return has_begun and (row.review_at is None or at < row.review_at)


def _held(
    question: Question,
    ladder: LadderSetup,
    rows: Rows,
    worked_out: Mapping[tuple[int, int], Value],
    setup: TierSetup,
) -> Held:
    key = (question.member.pk, ladder.id)
    row, value = rows.get(key), worked_out.get(key)
    if value is not None:
        return _lived(value, row, setup)
    if row is None:
        now = ladder.on(setup.day_of(question.at))
        return Held(now.code_at(now.lowest))
    return Held(row.tier or None, row.since, row.until, row.is_by_hand)


def _lived(value: Value, row: Standing | None, setup: TierSetup) -> Held:
    since = _since(row, value, setup)
    return Held(value.tier, since, value.until, value.tier != value.earned)


def _since(row: Standing | None, value: Value, setup: TierSetup) -> datetime | None:
    """Return since when a tier is held: a row knows the hour, days know the day."""
    if row is None or row.since is None or row.tier != (value.tier or ""):
        return value.since
    is_same = value.since is None or setup.day_of(value.since) == setup.day_of(row.since)
    return row.since if is_same else value.since


def bonuses_of(program: Program, questions: Sequence[Question]) -> dict[int, list[Bonus]]:
    """Return the earning multipliers that members' tiers bring, at the times asked about."""
    setup = tier_setup_of(program)
    held = held_at(program, questions)
    return {
        question.member.pk: multipliers(
            setup,
            {code: each.tier for code, each in held[question.member.pk].items()},
            question.at,
        )
        for question in questions
    }


def multipliers(setup: TierSetup, held: Mapping[str, str | None], at: datetime) -> list[Bonus]:
    """Return the earning multipliers of tiers that are held at a time, by ladder."""
    return [
        Bonus(f"tier:{code}.{tier.code}", tier.multiplier)
        for code, ladder in setup.ladders_on(setup.day_of(at)).items()
        if (tier := ladder.tier(held.get(code))) and tier.multiplier != Decimal(1)
    ]


def benefits_of(member: Member, at: datetime) -> dict[str, Any]:
    """Return the benefits of all the member's tiers, the best of each."""
    program = member.program
    held = standings_of(program, [member], at)[member.pk]
    return _benefits(tier_setup_of(program), held, at)


def _benefits(setup: TierSetup, held: Mapping[str, Held], at: datetime) -> dict[str, Any]:
    ladders = setup.ladders_on(setup.day_of(at))
    tiers = [ladder.tier(held[code].tier) for code, ladder in ladders.items()]
    return merged(tier.benefits for tier in tiers if tier is not None)


def access_of(member: Member, at: datetime, *, sku: str = "", category: str = "") -> Access:
    """Return whether a member may have a product, or what is in a category."""
    setup = tier_setup_of(member.program)
    categories = frozenset({category} if category else ())
    rules = [rule for rule in setup.access if rule.is_about(sku, categories)]
    if not rules:
        return Access(True)
    held = standings_of(member.program, [member], at)[member.pk]
    return strictest(
        [
            judge_access(
                rule,
                held={code: each.tier or "" for code, each in held.items()},
                benefits=_benefits(setup, held, at),
                ladders=setup.ladders_on(setup.day_of(at)),
                at=at,
            )
            for rule in rules
        ]
    )


def progress_in(member: Member, ladder: LadderSetup, at: datetime) -> tuple[Held, Progress]:
    """Return where a member stands in a ladder, and what is missing to rise and to stay."""
    setup = tier_setup_of(member.program)
    row = standing_rows([member.pk], setup).get((member.pk, ladder.id))
    totals = totals_for(member.program, [Question(member, at)])[member.pk]
    about = about_member(member, totals, row, ladder, setup)
    standing = standing_at(ladder.versions, about, at, setup.zone)
    progress = progress_of(ladder.versions, about, standing, at=at, zone=setup.zone)
    return _lived(standing, row, setup), progress


def history_of(member: Member, ladder: LadderSetup) -> list[StandingChange]:
    """Return the changes of a member's tier, newest first."""
    # Whoever was merged into the member is this person as well.
    theirs = kin_of([member])[member.pk]
    changes = StandingChange.objects.filter(member__in=theirs, ladder=ladder.id)
    return list(changes.order_by("-id")[:HISTORY])


def members_in(ladder: LadderSetup, tiers: Iterable[str]) -> dict[str, int]:
    """Return how many members have each of these tiers, by row or floor."""
    rows = Standing.objects.filter(ladder=ladder.id, tier__in=list(tiers))
    counted: dict[str, int] = {}
    for tier in rows.values_list("tier", flat=True):
        counted[tier] = counted.get(tier, 0) + 1
    return counted
