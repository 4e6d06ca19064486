"""A program's ladders and access rules as the hot path needs them: read once, kept.

`Program.revision` changes whenever they do, so a stale copy is never looked at again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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


@dataclass(frozen=True, slots=True)
class LadderSetup:
    """A live ladder and its versions in the order in which they apply.

    `undone` has the local days on which versions that were undone were in force.
    """

    id: int
    code: str
    name: str
    versions: Sequence[Version]
    undone: Sequence[tuple[date, date]]

    def on(self, day: date) -> CompiledLadder:
        """Return the ladder in force on a local day; before the first version, the first."""
        begun = [version for version in self.versions if version.starts_on <= day]
        return (begun[-1] if begun else self.versions[0]).ladder

    def was_undone_on(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.undone)


@dataclass(frozen=True, slots=True)
class TierSetup:
    """A program's live ladders by code, in their order, and its access rules."""

    program_id: int
    zone: ZoneInfo
    ladders: Mapping[str, LadderSetup]
    access: Sequence[AccessRule]

    def day_of(self, at: datetime) -> date:
        return reading(at, self.zone).date()

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
            if version.undone_at is not None
        ],
    )


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


def access_forms(program: Program) -> dict[str, dict[str, Any]]:
    """Return the live access rules by code, in their order."""
    rows = AccessRow.objects.live().filter(program=program)
    return {row.code: dict(row.definition) for row in rows}
