"""Write ladders: each change is a version, in force from a time on, and can be undone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import DomainError, NotFound, invalid
from loyalty.models import Member, Program
from loyalty.queries.programs import live_content, point_type_forms, reward_forms
from loyalty.rules.publication import Forms
from loyalty.rules.rewards import compile_rewards, faces_of
from loyalty.rules.ruleset import compile_rule_set
from loyalty.services.agreeing import archive_rows
from loyalty.services.revisions import lock_program, renew_program
from tiers.models import Ladder, LadderVersion
from tiers.queries.holders import beginners_in, held_by_hand, holders_of
from tiers.queries.ladders import access_forms, ladder_forms, newest_version
from tiers.rules.access import compile_access
from tiers.rules.ladders import CompiledLadder, compile_ladders


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
    _refuse_held(rows, forms, at)
    by_code = {row.code: row for row in rows}
    for position, (code, form) in enumerate(forms.items()):
        row = _save_row(by_code.pop(code, None), program, code, position, form)
        _save_version(row, _content(form), at, applies_from or at)
    archive_rows(by_code.values(), at=at)
    renew_program(program)


@transaction.atomic
def edit_ladder(
    *,
    program: Program,
    code: str,
    form: Mapping[str, Any],
    at: datetime,
    applies_from: datetime | None = None,
) -> Ladder:
    """Write one ladder, new or known, as `save_ladders` does; the others stay as they are.

    An archived ladder comes back. A version to come that the form says nothing new of
    moves to `applies_from`, where that is given.

    :raises InvalidInput: if it cannot be used (pointers begin at /ladders), or a tier of
        it would go that something asks for, as in `check_askers`
    :raises TierIsHeld: if a tier would go that members are in
    """
    lock_program(program)
    forms = ladder_forms(program) | {code: dict(form)}
    check_askers(program, check_ladder_forms(program, forms))
    save_ladders(program=program, forms=forms, at=at, applies_from=applies_from)
    row = Ladder.objects.get(program=program, code=code)
    newest = newest_version(row)
    if newest and applies_from is not None and at < newest.applies_from != applies_from:
        _add_version(row, newest.content, at, applies_from)
    return row


@transaction.atomic
def archive_ladder(*, ladder: Ladder, at: datetime) -> None:
    """Take a ladder out of use: its tiers bring nothing more. Its history stays.

    :raises InvalidInput: if something asks for a tier of it, as in `check_askers`
    """
    lock_program(ladder.program)
    forms = ladder_forms(ladder.program)
    forms.pop(ladder.code, None)
    check_askers(ladder.program, check_ladder_forms(ladder.program, forms))
    save_ladders(program=ladder.program, forms=forms, at=at)


def check_askers(program: Program, ladders: Mapping[str, CompiledLadder]) -> None:
    """Refuse ladders without tiers that access rules, earning rules or rewards ask for.

    :raises InvalidInput: with a pointer, from /access, /rules or /rewards on
    """
    compile_access(access_forms(program), ladders=ladders, zone=program.zone)
    tiers = {code: [tier.code for tier in ladder.tiers] for code, ladder in ladders.items()}
    compile_rule_set(live_content(program), tiers=tiers)
    compile_rewards(
        reward_forms(program),
        zone=program.zone,
        currency=program.currency,
        point_types=faces_of(point_type_forms(program)),
        tiers=tiers,
    )


def check_ladders(program: Program, forms: Forms, at: datetime | None = None) -> None:
    """Refuse forms that the ladders cannot be made to agree with.

    Without `at` a tier that members hold only by hand is not thought of.

    :raises TierIsHeld: if a tier would go that members are in
    """
    rows = list(Ladder.objects.filter(program=program, code__in=forms))
    _refuse_held(rows, forms, at)


def check_ladder_forms(program: Program, forms: Forms) -> dict[str, CompiledLadder]:
    """Refuse forms that are no ladders; return what they say.

    :raises InvalidInput: with a pointer, from /ladders on
    """
    return compile_ladders(
        forms,
        currency=program.currency,
        point_types=faces_of(point_type_forms(program)),
        leap_day=program.leap_day,
    )


@transaction.atomic
def undo_ladder_version(*, program: Program, code: str, at: datetime) -> LadderVersion:
    """Make the newest version of a ladder one that was never there, and return it.

    Members who rose through it fall at their next review, also from tiers that only it
    had. Undoing does not repeat.

    :raises NotFound: if there is no such ladder
    :raises NothingToUndo: if it is the only version
    :raises TierIsHeld: if staff gave a tier by hand that only it has
    :raises InvalidInput: if something asks for a tier that only it has, as in `check_askers`
    """
    lock_program(program)
    row = Ladder.objects.select_for_update().filter(program=program, code=code).first()
    if row is None or row.archived_at is not None:
        raise NotFound(f"There is no ladder {code!r} in this program.")
    standing = list(row.versions.filter(undone_at=None).order_by("-number")[:2])
    if len(standing) < 2:
        raise NothingToUndo(f"{code} has no version before this one.")
    newest, before = standing
    gone = [code for code in newest.content["tiers"] if code not in before.content["tiers"]]
    _refuse_by_hand(row, gone, at)
    forms = ladder_forms(program) | {code: before.form(row.name)}
    check_askers(program, check_ladder_forms(program, forms))
    newest.undone_at = at
    newest.reviewed_at = at if newest.judges_like(before) else None
    newest.save(update_fields=["undone_at", "reviewed_at"])
    renew_program(program)
    return newest


def _save_row(
    row: Ladder | None, program: Program, code: str, position: int, form: Mapping[str, Any]
) -> Ladder:
    name = form.get("name") or ""
    if row is None:
        return Ladder.objects.create(program=program, code=code, name=name, position=position)
    if row.archived_at is not None:
        # Nobody was reviewed while it was out of use.
        row.versions.update(reviewed_at=None)
    row.name, row.position, row.archived_at = name, position, None
    row.save(update_fields=["name", "position", "archived_at"])
    return row


def _save_version(
    row: Ladder, content: dict[str, Any], at: datetime, applies_from: datetime
) -> None:
    newest = newest_version(row)
    if newest is None or newest.content != content:
        _add_version(row, content, at, applies_from)


def _add_version(
    row: Ladder, content: dict[str, Any], at: datetime, applies_from: datetime
) -> None:
    """Write a version; one that was to begin later gives way to it."""
    versions = list(row.versions.order_by("number"))
    standing = [version for version in versions if version.undone_at is None]
    for version in standing:
        if version.applies_from > at:
            version.undone_at = at
            version.save(update_fields=["undone_at"])
    number = versions[-1].number + 1 if versions else 1
    begun = [version for version in standing if version.applies_from <= at]
    version = LadderVersion(
        ladder=row, number=number, content=content, applies_from=applies_from
    )
    # Where nobody is yet, there is nobody to review; and a name moves nobody.
    is_first = not Member.objects.filter(program=row.program_id).exists()
    if (is_first and applies_from <= at) or version.judges_like(begun[-1] if begun else None):
        version.reviewed_at = at
    version.save(force_insert=True)


def _content(form: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in form.items() if key != "name" and value is not None}


def _refuse_held(rows: Sequence[Ladder], forms: Forms, at: datetime | None) -> None:
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
        if _content(forms[row.code]) == newest[row.pk].content:
            continue  # what a version to come lets go of was looked at when it was saved
        tiers = forms[row.code].get("tiers") or {}
        gone = [code for code in newest[row.pk].content["tiers"] if code not in tiers]
        if newest[row.pk].lowest in gone:
            _refuse_without_lowest(row, newest[row.pk].lowest)
        for code, held in holders_of(row).items():
            if code not in tiers:
                raise _is_held(row, code, held)
        if at is not None:
            _refuse_by_hand(row, gone, at)


def _refuse_without_lowest(row: Ladder, code: str) -> None:
    """Refuse to let go of the tier that everybody is in who has nothing."""
    held = beginners_in(row)
    if held and row.archived_at is None:
        raise TierIsHeld(
            f"{held} members are in {code}, where everybody begins. Keep its code; its name "
            "and what it brings may change.",
            members=held,
            pointer=f"/ladders/{row.code}/tiers/{code}",
        )


def _refuse_by_hand(row: Ladder, gone: Sequence[str], at: datetime) -> None:
    for code, held in held_by_hand(row, gone, at).items():
        raise TierIsHeld(
            f"{held} members were given {code} by hand. End that first, on their pages.",
            members=held,
            pointer=f"/ladders/{row.code}/tiers/{code}",
        )


def _is_held(row: Ladder, code: str, held: int) -> TierIsHeld:
    return TierIsHeld(
        f"{held} members are in {code}. Keep it with a threshold that nobody reaches any "
        "more, and remove it when the last of them has left it.",
        members=held,
        pointer=f"/ladders/{row.code}/tiers/{code}",
    )
