"""Write ladders: each change is a version, in force from a time on, and can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from core.errors import DomainError, NotFound, invalid
from loyalty.models import Program
from loyalty.queries.programs import point_type_forms
from loyalty.rules.publication import Forms
from loyalty.rules.rewards import faces_of
from tiers.models import Ladder, LadderVersion, Standing
from tiers.rules.ladders import compile_ladders


class TierIsHeld(DomainError):
    """A tier would go that members are in."""

    code = "tier_is_held"


class NothingToUndo(DomainError):
    """The ladder has no version before this one."""

    code = "nothing_to_undo"


@transaction.atomic
def save_ladders(
    *, program: Program, forms: Forms, at: datetime, applies_from: datetime | None = None
) -> None:
    """Make the live ladders those of the forms, in their order; archive the rest.

    What differs becomes a version, in force from `applies_from` on (`at`), by whole
    local days; one that was to begin later is undone. Members are not reviewed here.

    :raises InvalidInput: if a ladder cannot be used; pointers begin at /ladders
    :raises TierIsHeld: if a tier would go that members are in
    """
    check_ladder_forms(program, forms)
    if applies_from is not None and applies_from < at:
        raise invalid("/applies_from", "out_of_order", "a change begins now or later")
    # Locked, so that two who save at once do not number their versions alike.
    rows = list(Ladder.objects.select_for_update().filter(program=program).order_by("id"))
    _refuse_held(rows, forms)
    by_code = {row.code: row for row in rows}
    for position, (code, form) in enumerate(forms.items()):
        row = _save_row(by_code.pop(code, None), program, code, position, form)
        _save_version(row, _content(form), at, applies_from or at)
    for row in by_code.values():
        if row.archived_at is None:
            row.archived_at = at
            row.save(update_fields=["archived_at"])
    _renew(program)


def check_ladders(program: Program, forms: Forms) -> None:
    """Refuse forms that the ladders cannot be made to agree with.

    :raises TierIsHeld: if a tier would go that members are in
    """
    rows = list(Ladder.objects.filter(program=program, code__in=forms))
    _refuse_held(rows, forms)


def check_ladder_forms(program: Program, forms: Forms) -> None:
    """Refuse forms that are no ladders.

    :raises InvalidInput: with a pointer, from /ladders on
    """
    compile_ladders(
        forms,
        currency=program.currency,
        point_types=faces_of(point_type_forms(program)),
        leap_day=program.leap_day,
    )


@transaction.atomic
def undo_ladder_version(*, program: Program, code: str, at: datetime) -> LadderVersion:
    """Make the newest version of a ladder one that was never there, and return it.

    Members who rose through it fall at their next review. Undoing does not repeat.

    :raises NotFound: if there is no such ladder
    :raises NothingToUndo: if it is the only version
    """
    row = Ladder.objects.select_for_update().filter(program=program, code=code).first()
    if row is None or row.archived_at is not None:
        raise NotFound(f"There is no ladder {code!r} in this program.")
    standing = list(row.versions.filter(undone_at=None).order_by("-number")[:2])
    if len(standing) < 2:
        raise NothingToUndo(f"{code} has no version before this one.")
    newest, before = standing
    kept = before.content["tiers"]
    _refuse_tiers(row, [tier for tier in newest.content["tiers"] if tier not in kept])
    newest.undone_at = at
    newest.save(update_fields=["undone_at"])
    _renew(program)
    return newest


def _save_row(
    row: Ladder | None, program: Program, code: str, position: int, form: Mapping[str, Any]
) -> Ladder:
    name = form.get("name") or ""
    if row is None:
        return Ladder.objects.create(program=program, code=code, name=name, position=position)
    row.name, row.position, row.archived_at = name, position, None
    row.save(update_fields=["name", "position", "archived_at"])
    return row


def _save_version(
    row: Ladder, content: dict[str, Any], at: datetime, applies_from: datetime
) -> None:
    versions = list(row.versions.order_by("number"))
    standing = [version for version in versions if version.undone_at is None]
    if standing and standing[-1].content == content:
        return
    for version in standing:
        if version.applies_from > at:
            version.undone_at = at
            version.save(update_fields=["undone_at"])
    number = versions[-1].number + 1 if versions else 1
    LadderVersion.objects.create(
        ladder=row, number=number, content=content, applies_from=applies_from
    )


def _content(form: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in form.items() if key != "name" and value is not None}


def _refuse_held(rows: Sequence[Ladder], forms: Forms) -> None:
    """Refuse to let go of tiers that members are in. A ladder may be archived as a whole."""
    newest = {
        version.ladder_id: version
        for version in LadderVersion.objects.filter(ladder__in=rows, undone_at=None).order_by(
            "number"
        )
    }
    for row in rows:
        if row.code not in forms or row.pk not in newest:
            continue
        tiers = forms[row.code].get("tiers") or {}
        gone = [code for code in newest[row.pk].content["tiers"] if code not in tiers]
        _refuse_tiers(row, gone)


def _refuse_tiers(row: Ladder, gone: Iterable[str]) -> None:
    for code in gone:
        held = Standing.objects.filter(ladder=row, tier=code).count()
        if held:
            raise TierIsHeld(
                f"{held} members are in {code}. Keep it with a threshold that nobody "
                "reaches any more, and remove it when the last of them has left it.",
                members=held,
                pointer=f"/ladders/{row.code}/tiers/{code}",
            )


def _renew(program: Program) -> None:
    """Let every process read the ladders anew."""
    program.revision = uuid4()
    program.save(update_fields=["revision"])
