"""A program's ladders and access rules as the hot path needs them: read once, kept.

`Program.revision` changes whenever they do, so a stale copy is never looked at again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.zones import reading
from loyalty.models import Program
from loyalty.queries.setup import setup_of
from loyalty.rules.paying import PointTypeFace
from tiers.models import AccessRule as AccessRow
from tiers.models import Ladder, LadderVersion
from tiers.rules.access import AccessRule, stored_access
from tiers.rules.ladders import CompiledLadder, compile_ladder
from tiers.rules.replay import Version

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """That a version began or was undone, and not all members have been reviewed since.

    It judges from the local day `since` on, and happens at `at`.
    """

    version: int
    undone: bool
    since: date
    at: datetime


@dataclass(frozen=True, slots=True)
class LadderSetup:
    """A live ladder and its versions in the order in which they apply.

    `undone` has the local days on which versions that were undone were in force, and
    `history` each version's number, first day and, if it was undone, its last. At
    `changed_at` the versions after the first begin.
    """

    id: int
    code: str
    name: str
    versions: Sequence[Version]
    undone: Sequence[tuple[date, date]]
    unreviewed: Sequence[Unreviewed] = ()
    history: Sequence[tuple[int, date, date | None]] = ()
    changed_at: Sequence[datetime] = ()

    def on(self, day: date) -> CompiledLadder:
        """Return the ladder in force on a local day; before the first version, the first."""
        begun = [version for version in self.versions if version.starts_on <= day]
        return (begun[-1] if begun else self.versions[0]).ladder

    @property
    def follows_balance(self) -> bool:
        """Say whether points alone may move a member, whoever spends them."""
        return any(version.ladder.metric == "balance" for version in self.versions)

    def was_undone_on(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.undone)

    def is_reviewed_by(self, day: date) -> bool:
        """Say whether rows tell where members stand on a local day."""
        return all(day < change.since for change in self.unreviewed)


@dataclass(frozen=True, slots=True)
class TierSetup:
    """A program's live ladders by code, in their order, and its access rules."""

    program_id: int
    zone: ZoneInfo
    ladders: Mapping[str, LadderSetup]
    access: Sequence[AccessRule]

    @property
    def compiled(self) -> list[CompiledLadder]:
        """Return every version of every ladder."""
        return [each.ladder for ladder in self.ladders.values() for each in ladder.versions]

    @property
    def metrics(self) -> set[str]:
        """Return what the ladders count."""
        return {ladder.metric for ladder in self.compiled}

    @property
    def gives_by_time(self) -> bool:
        """Say whether a day that comes may lift a member to what gives something."""
        return any(
            (ladder.rises_next_period or ladder.released)
            and any(tier.entry for tier in ladder.tiers)
            for ladder in self.compiled
        )

    def day_of(self, at: datetime) -> date:
        return reading(at, self.zone).date()

    def changes_until(self, at: datetime) -> list[Unreviewed]:
        """Return what has happened by `at` that not everybody was reviewed against."""
        changes = [each for ladder in self.ladders.values() for each in ladder.unreviewed]
        return [change for change in changes if change.at <= at]

    def ladders_on(self, day: date) -> dict[str, CompiledLadder]:
        return {code: ladder.on(day) for code, ladder in self.ladders.items()}


def tier_setup_of(program: Program) -> TierSetup:
    """Return the program's ladders, from memory unless something has changed."""
    return _load(program.pk, program.revision)


@lru_cache(maxsize=256)
def _load(program_id: int, revision: UUID) -> TierSetup:
    program = Program.objects.get(pk=program_id)
    zone = program.zone
    faces = {code: each.face for code, each in setup_of(program).point_types.items()}
    versions: dict[int, list[LadderVersion]] = {}
    for version in LadderVersion.objects.filter(ladder__program=program).order_by(
        "applies_from", "number"
    ):
        versions.setdefault(version.ladder_id, []).append(version)
    ladders = [
        _ladder(row, versions.get(row.pk, []), faces, program)
        for row in Ladder.objects.live().filter(program=program)
    ]
    return TierSetup(
        program_id=program_id,
        zone=zone,
        ladders={ladder.code: ladder for ladder in ladders if ladder.versions},
        access=stored_access(access_forms(program), zone),
    )


def _ladder(
    row: Ladder,
    versions: Sequence[LadderVersion],
    faces: Mapping[str, PointTypeFace],
    program: Program,
) -> LadderSetup:
    def day_of(at: datetime) -> date:
        return reading(at, program.zone).date()

    return LadderSetup(
        id=row.pk,
        code=row.code,
        name=row.name or row.code,
        versions=[
            Version(
                day_of(version.applies_from),
                compile_ladder(
                    row.code,
                    version.form(row.name),
                    currency=program.currency,
                    point_types=faces,
                    leap_day=program.leap_day,
                ),
            )
            for version in versions
            if version.undone_at is None
        ],
        undone=[
            (day_of(version.applies_from), day_of(version.undone_at))
            for version in versions
            if version.undone_at is not None and not _was_alike(version, versions)
        ],
        unreviewed=list(_unreviewed(versions, day_of)),
        history=[
            (
                version.pk,
                day_of(version.applies_from),
                version.undone_at and day_of(version.undone_at),
            )
            for version in versions
        ],
        changed_at=[version.applies_from for version in versions if version.undone_at is None][
            1:
        ],
    )


def _was_alike(version: LadderVersion, versions: Sequence[LadderVersion]) -> bool:
    """Say whether a version judged like the one before it: what it brought, that would have."""
    standing = [
        each for each in versions if each.undone_at is None and each.number < version.number
    ]
    newest = max(standing, key=lambda each: each.number, default=None)
    return version.judges_like(newest)


def _unreviewed(
    versions: Sequence[LadderVersion], day_of: Callable[[datetime], date]
) -> Iterator[Unreviewed]:
    first = next((each.pk for each in versions if each.undone_at is None), None)
    for version in versions:
        since = day_of(version.applies_from)
        if version.reviewed_at is not None:
            continue
        if version.pk == first:
            # Before the first version, the first judges.
            yield Unreviewed(version.pk, False, date.min, LONG_AGO)
        elif version.undone_at is None:
            yield Unreviewed(version.pk, False, since, version.applies_from)
        elif since <= day_of(version.undone_at):
            yield Unreviewed(version.pk, True, since, version.undone_at)


def ladder_setup(program: Program, row: Ladder) -> LadderSetup:
    """Return one ladder, in use or archived, as it stands now: for a look, not for facts."""
    faces = {code: each.face for code, each in setup_of(program).point_types.items()}
    versions = list(row.versions.order_by("applies_from", "number"))
    return _ladder(row, versions, faces, program)


def ladder_form(row: Ladder) -> dict[str, Any]:
    """Return a ladder, in use or archived, as it was last saved; empty if it never was."""
    newest = newest_version(row)
    return newest.form(row.name) if newest else {}


def newest_version(row: Ladder) -> LadderVersion | None:
    """Return what was last saved of a ladder and not undone, also where it has yet to begin."""
    return row.versions.filter(undone_at=None).order_by("number").last()


def ladder_forms(program: Program) -> dict[str, dict[str, Any]]:
    """Return the live ladders by code, in their order, as they were last saved.

    That is the newest version, also where it has not begun yet.
    """
    newest = {
        version.ladder_id: version
        for version in LadderVersion.objects.filter(
            ladder__program=program, undone_at=None
        ).order_by("number")
    }
    rows = Ladder.objects.live().filter(program=program)
    return {row.code: newest[row.pk].form(row.name) for row in rows if row.pk in newest}


def tier_codes(program: Program) -> dict[str, list[str]]:
    """Return the codes of the tiers of each live ladder, as it was last saved."""
    return {code: [*form["tiers"]] for code, form in ladder_forms(program).items()}


def access_forms(program: Program) -> dict[str, dict[str, Any]]:
    """Return the live access rules by code, in their order."""
    rows = AccessRow.objects.live().filter(program=program)
    return {row.code: dict(row.definition) for row in rows}
