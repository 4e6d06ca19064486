"""What a change of a ladder would do to the members there are. Nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Value

from loyalty.models import Member, Program
from loyalty.queries.programs import point_type_forms
from loyalty.queries.setup import setup_of
from loyalty.rules.rewards import faces_of
from tiers.models import EntryReward, Ladder, LadderVersion, Standing
from tiers.queries.holders import members_of
from tiers.queries.ladders import LadderSetup, ladder_setup, tier_setup_of
from tiers.queries.standings import about_member
from tiers.queries.totals import totals_of
from tiers.rules.ladders import CompiledLadder, compile_ladder
from tiers.rules.replay import Version
from tiers.rules.trials import LadderTrial

CHUNK = 1_000
# So many are worked out within seconds; of more members a sample is.
MOST = 5_000

# Spreads numbers evenly (Knuth, The Art of Computer Programming, volume 3, section 6.4).
_SPREAD, _RANGE = 2_654_435_761, 2**32


def try_ladder(
    program: Program,
    code: str,
    form: Mapping[str, Any],
    *,
    at: datetime,
    applies_from: datetime | None = None,
    most: int = MOST,
) -> LadderTrial:
    """Return what a new form of a ladder, or a new ladder, would do from then on (`at`).

    At most `most` members are worked out. What they bought and earned is as it is now.

    :raises InvalidInput: if the form is no ladder; pointers begin at the ladder
    """
    ladder = compile_ladder(
        code,
        form,
        currency=program.currency,
        point_types=faces_of(point_type_forms(program)),
        leap_day=program.leap_day,
    )
    return try_compiled(program, ladder, at=at, applies_from=applies_from, most=most)


def try_compiled(
    program: Program,
    ladder: CompiledLadder,
    *,
    at: datetime,
    applies_from: datetime | None = None,
    most: int = MOST,
) -> LadderTrial:
    """Do the same for a ladder that was compiled, perhaps with point types to come."""
    setup, old = tier_setup_of(program), _setup_of(program, ladder.code) or NEW
    moment = max(at, applies_from or at)
    # One that was to begin later gives way, as it does when this is saved.
    begun = [each for each in old.versions if each.starts_on <= setup.day_of(at)]
    changed = [*begun, Version(setup.day_of(moment), ladder)]
    trial = LadderTrial(old.versions, changed, moment, setup.zone)
    will_be = replace(old, changed_at=[*old.changed_at, moment])
    return _worked_out(trial, program, (old, will_be), most)


def try_undo(program: Program, code: str, *, at: datetime, most: int = MOST) -> LadderTrial:
    """Return what undoing the newest version of a ladder would do; it has two at least."""
    setup, old = tier_setup_of(program), _setup_of(program, code)
    if old is None or len(old.versions) < 2:
        raise ValueError(f"{code} has no version before this one")
    newest = LadderVersion.objects.filter(ladder=old.id, undone_at=None).latest("number")
    moment = max(at, newest.applies_from)
    begun = setup.day_of(newest.applies_from)
    without = replace(
        old, versions=old.versions[:-1], undone=[*old.undone, (begun, setup.day_of(moment))]
    )
    trial = LadderTrial(old.versions, without.versions, moment, setup.zone)
    return _worked_out(trial, program, (old, without), most)


def _setup_of(program: Program, code: str) -> LadderSetup | None:
    """Return a ladder with its versions, also one that was archived."""
    row = Ladder.objects.filter(program=program, code=code).first()
    return ladder_setup(program, row) if row else None


# What a ladder that is not there yet knows of members.
NEW = LadderSetup(id=0, code="", name="", versions=(), undone=())


def _worked_out(
    trial: LadderTrial,
    program: Program,
    ladders: tuple[LadderSetup, LadderSetup],
    most: int,
) -> LadderTrial:
    """Look at members for a trial of a ladder as it was and as it would be."""
    was, will_be = ladders
    setup, known = tier_setup_of(program), setup_of(program)
    trial.members = members_of(program.pk).count()
    metrics = {version.ladder.metric for version in (*trial.before, *trial.after)}
    everybody = _sample(program.pk, trial.members, most)
    while members := list(islice(everybody, CHUNK)):
        numbers = [member.pk for member in members]
        totals = totals_of(known, numbers, metrics, at=trial.at)
        standings = Standing.objects.filter(ladder=was.id, member__in=numbers)
        rows = {row.member_id: row for row in standings}
        given = _given(numbers, was)
        for member in members:
            about, row = totals[member.pk], rows.get(member.pk)
            trial.look_at(
                member.pk,
                about_member(member, about, row, was, setup),
                about_member(member, about, row, will_be, setup),
                given.get(member.pk, ()),
            )
    return trial


def _sample(program_id: int, members: int, most: int) -> Iterator[Member]:
    """Give all members or, of many, about `most` that are spread over all of them."""
    rows = members_of(program_id).only("joined_at").order_by("pk")
    if members > most:
        place = F("pk") * Value(_SPREAD) % Value(_RANGE)
        # Said to be large: of an expression, Django would take it for a 32-bit number.
        spread = rows.annotate(place=ExpressionWrapper(place, BigIntegerField()))
        rows = spread.filter(place__lt=_RANGE * most // members)
    return rows.iterator(chunk_size=CHUNK)


def _given(member_ids: Sequence[int], ladder: LadderSetup) -> dict[int, list[str]]:
    """Return the tiers of a ladder whose entry rewards members have."""
    rows = EntryReward.objects.filter(
        ladder=ladder.id, member__in=member_ids, taken_back_at=None
    )
    found: dict[int, list[str]] = {}
    for member_id, tier in rows.values_list("member_id", "tier"):
        found.setdefault(member_id, []).append(tier)
    return found
