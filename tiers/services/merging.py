"""What two members who are one person have of tiers: made one, and two again."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Q

from core.transactions import retrying
from loyalty.models import Member, Merge, Program
from loyalty.queries.setup import setup_of
from loyalty.services.ledger import open_book, write
from tiers.models import EntryReward, MergedTiers, Standing
from tiers.queries.ladders import LadderSetup, TierSetup, tier_setup_of
from tiers.rules.ladders import NO_TIER
from tiers.services.by_hand import locked_row
from tiers.services.moves import Cause, TierMove
from tiers.services.rebuilding import restate_totals
from tiers.services.reviews import review_members

FLOOR = ("floor_tier", "floor_since", "floor_until", "floor_reason")
# Of a row that is put aside: all but its number and whose it is.
KEPT = tuple(
    field.attname
    for field in Standing._meta.concrete_fields
    if field.attname not in ("id", "program_id", "member_id")
)

Texts = list[str | int | None]


@retrying
def join_tiers(*, merge: Merge, at: datetime) -> list[TierMove]:
    """Let the survivor of a merge stand where the days of both put them.

    To be called after the merge, in its transaction or later. What entering a tier gave
    either of them the survivor has had; of two tiers set by hand the higher one holds.
    A repeat changes nothing.
    """
    program = _lock(merge, at)
    if MergedTiers.objects.filter(merge=merge).exists():
        return []
    is_undone = merge.undone_at is not None
    rows = Standing.objects.select_for_update().filter(member=merge.merged_id)
    standings = list(rows.order_by("pk"))
    had = {row.ladder_id: row.tier for row in standings}
    taken = {} if is_undone else _take(merge, standings, at)
    MergedTiers.objects.create(merge=merge, program=program, taken=taken, is_undone=is_undone)
    return _review(merge, at, {} if is_undone else had)


@retrying
def part_tiers(*, merge: Merge, at: datetime) -> list[TierMove]:
    """Give back what the survivor of an undone merge took over, and look at both anew.

    What staff have set by hand since stays. A repeat changes nothing.
    """
    program = _lock(merge, at)
    merged = MergedTiers.objects.filter(merge=merge, is_undone=False).first()
    if merged is None:
        return []
    taken = merged.taken
    for number, count in taken.get("rewards", ()):
        rows = EntryReward.objects.filter(pk=number, member=merge.into_id)
        rows.update(member=merge.merged_id, count=count)
    Standing.objects.bulk_create(
        Standing(program=program, member_id=merge.merged_id, **_values(KEPT, texts))
        for texts in taken.get("standings", ())
    )
    for number, floors in taken.get("floors", {}).items():
        _give_back_floor(merge, int(number), floors)
    merged.taken, merged.is_undone = {}, True
    merged.save(update_fields=["taken", "is_undone"])
    return _review(merge, at, {})


def gifts_of_merged(merge: Merge) -> list[str]:
    """Return the keys of what entering tiers had given the merged member before."""
    row = MergedTiers.objects.filter(merge=merge).first()
    numbers = [number for number, _ in row.taken.get("rewards", ())] if row else []
    return list(EntryReward.objects.filter(pk__in=numbers).values_list("key", flat=True))


def catch_up_with_merges(*, program: Program, at: datetime) -> int:
    """Do what is left to do for merges that somebody made, or undid, who knows no tiers.

    Each is a transaction. Returns how often somebody moved.
    """
    unknown = Q(tiers=None) & ~Q(merged__status=Member.Status.ERASED)
    undone = Q(undone_at__isnull=False, tiers__is_undone=False)
    merges = Merge.objects.filter(unknown | undone, program=program).order_by("pk")
    moved = 0
    for merge in list(merges.select_related("merged", "into")):
        moved += len(join_tiers(merge=merge, at=at))
        if merge.undone_at is not None:
            moved += len(part_tiers(merge=merge, at=at))
    return moved


def _lock(merge: Merge, at: datetime) -> Program:
    """Lock the wallets of both: nobody else counts for them, or reviews them."""
    members = [merge.merged_id, merge.into_id]
    setup = setup_of(merge.program)
    write(open_book(setup, members=members, at=at, even_closed=True))
    return merge.program


def _review(merge: Merge, at: datetime, had: Mapping[int, str]) -> list[TierMove]:
    program, numbers = merge.program, [merge.merged_id, merge.into_id]
    restate_totals(setup_of(program), numbers)
    members = list(Member.objects.filter(pk__in=numbers).order_by("pk"))
    for member in members:
        member.program = program
    ladders = tier_setup_of(program).ladders
    by_code = {code: had[each.id] for code, each in ladders.items() if each.id in had}
    cause = Cause("merge", "merge", f"mrg_{merge.pk}", had=by_code)
    causes = dict.fromkeys(numbers, cause)
    return review_members(program=program, members=members, at=at, causes=causes)


def _take(merge: Merge, standings: Sequence[Standing], at: datetime) -> dict[str, Any]:
    """Let the survivor have what the merged member had; say what, for an undo."""
    taken = {
        "rewards": _take_rewards(merge),
        "floors": _take_floors(merge, standings, at),
        "standings": [_texts(row, KEPT) for row in standings],
    }
    # Nobody stands where they stood: they are somebody else now.
    Standing.objects.filter(member=merge.merged_id).delete()
    return taken


def _take_rewards(merge: Merge) -> list[tuple[int, int]]:
    """Once in a lifetime is once for the person. Returns the rows and their numbers before."""
    newest = EntryReward.objects.filter(member=merge.into_id).values_list("ladder", "tier")
    counts = {(ladder, tier): most for ladder, tier, most in newest.annotate(Max("count"))}
    taken = []
    theirs = EntryReward.objects.filter(member=merge.merged_id)
    for row in theirs.order_by("ladder", "tier", "count"):
        taken.append((row.pk, row.count))
        place = (row.ladder_id, row.tier)
        counts[place] = row.count = counts.get(place, 0) + 1
        row.member_id = merge.into_id
        row.save(update_fields=["member", "count"])
    return taken


def _take_floors(
    merge: Merge, standings: Sequence[Standing], at: datetime
) -> dict[str, dict[str, Texts]]:
    """Let a tier set by hand that still holds hold for the survivor, if it is the higher."""
    setup = tier_setup_of(merge.program)
    survivor = Member.objects.get(pk=merge.into_id)
    taken = {}
    for ladder in setup.ladders.values():
        theirs = [row for row in standings if row.ladder_id == ladder.id and row.has_floor(at)]
        if not theirs:
            continue
        row = locked_row(survivor, ladder)
        if not _is_higher(theirs[0], row, ladder, setup, at):
            continue
        before = _texts(row, FLOOR)
        for name in FLOOR:
            setattr(row, name, getattr(theirs[0], name))
        # The survivor has it from now on.
        row.floor_since = at
        row.save(update_fields=FLOOR)
        taken[str(ladder.id)] = {"before": before, "after": _texts(row, FLOOR)}
    return taken


def _is_higher(
    theirs: Standing, own: Standing, ladder: LadderSetup, setup: TierSetup, at: datetime
) -> bool:
    """Say which floor counts: the higher one, of equals the one that holds for longer."""
    places = ladder.on(setup.day_of(at)).places
    if theirs.floor_tier not in places or not own.has_floor(at):
        return theirs.floor_tier in places
    if theirs.floor_tier != own.floor_tier:
        return places[theirs.floor_tier] > places.get(own.floor_tier, NO_TIER)
    if own.floor_until is None or theirs.floor_until is None:
        return own.floor_until is not None
    return theirs.floor_until > own.floor_until


def _give_back_floor(merge: Merge, ladder: int, floors: Mapping[str, Texts]) -> None:
    """Let the survivor's own floor be what it was, unless staff decided since."""
    rows = Standing.objects.select_for_update().filter(member=merge.into_id, ladder=ladder)
    row = rows.first()
    if row is None or _texts(row, FLOOR) != floors["after"]:
        return
    for name, value in _values(FLOOR, floors["before"]).items():
        setattr(row, name, value)
    row.save(update_fields=FLOOR)


def _texts(row: Standing, names: Sequence[str]) -> Texts:
    """Return some of a row's values as JSON can hold them, to the microsecond."""
    values = [getattr(row, name) for name in names]
    return [value.isoformat() if isinstance(value, date) else value for value in values]


def _values(names: Sequence[str], texts: Texts) -> dict[str, Any]:
    fields = [Standing._meta.get_field(name.removesuffix("_id")) for name in names]
    pairs = zip(names, fields, texts, strict=True)
    return {
        name: text if name.endswith("_id") else field.to_python(text)  # type: ignore[union-attr]
        for name, field, text in pairs
    }
