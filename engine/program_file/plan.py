"""What applying a program file would change."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from core.errors import DomainError
from engine.program_file.reading import ProgramFile
from engine.program_file.sections import (
    SECTIONS,
    program_as_it_stands,
    section_as_it_stands,
)
from loyalty.models import Program
from loyalty.queries.policies import PolicyPreview, preview_policy
from loyalty.rules.publication import Change, changes_of_thing, changes_of_things
from loyalty.services.programs import check_program


class SlugMismatch(DomainError):
    """The file is another program's."""

    code: ClassVar[str] = "slug_mismatch"


def plan_changes(file: ProgramFile, *, program: Program | None = None) -> list[Change]:
    """Return what `apply_program` would change, and change nothing.

    :raises SlugMismatch: if `program` is given and the file is not its own
    :raises DomainError: whatever `apply_program` would refuse, by its name
    """
    check_slug(file, program)
    return list(changes_to(Program.objects.filter(slug=file.slug).first(), file))


def plan_policies(file: ProgramFile, *, at: datetime) -> list[PolicyPreview]:
    """Return what `apply_program` would do at `at` to points that are there already."""
    program = Program.objects.filter(slug=file.slug).first()
    if program is None:
        return []
    previews = [
        preview_policy(program, code, form, at=at)
        for code, form in file.section("point_types").items()
    ]
    return [preview for preview in previews if preview is not None]


def check_slug(file: ProgramFile, program: Program | None) -> None:
    """Refuse a file that is not that of `program`, where one is expected."""
    if program is not None and program.slug != file.slug:
        raise SlugMismatch(
            f"This is the file of {file.slug}, not of {program.slug}.", pointer="/program/slug"
        )


def changes_to(program: Program | None, file: ProgramFile) -> Iterator[Change]:
    """Yield what makes a program, or none yet, agree with a file.

    :raises DomainError: for a change that cannot be made, by its name
    """
    if program is None:
        yield Change("create", "program", None, file.data["program"])
        for name in SECTIONS:
            yield from changes_of_things(name, {}, file.section(name))
        return

    check_program(program, file.data["program"])
    yield from changes_of_thing("program", program_as_it_stands(program), file.data["program"])
    for name, section in SECTIONS.items():
        section.check(program, file.section(name))
        standing = section_as_it_stands(name, program)
        yield from changes_of_things(name, standing, file.section(name))
