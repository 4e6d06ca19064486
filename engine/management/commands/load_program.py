"""Load programs from their files."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.clock import real_now
from core.errors import DomainError
from engine.program_file import (
    Change,
    ProgramFile,
    ProgramFileError,
    apply_program,
    plan_changes,
    plan_ladders,
    plan_policies,
    read_program,
)
from loyalty.models import Program
from loyalty.queries.policies import Dates


class Command(BaseCommand):
    help = "Make programs what their files say. Each file is applied as a whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--plan", action="store_true", help="Show what would change, and change nothing."
        )

    def handle(self, *_args: Any, files: Sequence[Path], plan: bool, **_options: Any) -> None:
        # All are read before any is applied, so that a slip in the last stops the first.
        for file in [read(path) for path in files]:
            changes = planned(file) if plan else applied(file)
            self.stdout.write(f"{file.name}: {headline(file, changes, plan=plan)}")
            for line in rows_of(changes):
                self.stdout.write(f"  {line}")
            for line in (*prolonged_by(file), *moved_by(file)) if plan else ():
                self.stdout.write(f"  {line}")


def read(path: Path) -> ProgramFile:
    try:
        return read_program(path.read_bytes(), name=str(path))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except ProgramFileError as error:
        raise CommandError(f"Nothing was loaded.\n{error}") from error


def planned(file: ProgramFile) -> list[Change]:
    try:
        return plan_changes(file)
    except DomainError as error:
        raise refusal(file, error) from error


def applied(file: ProgramFile) -> list[Change]:
    program = Program.objects.filter(slug=file.slug).first()
    try:
        return apply_program(file, at=program.now() if program else real_now())
    except DomainError as error:
        raise refusal(file, error) from error


def prolonged_by(file: ProgramFile) -> Iterator[str]:
    """Yield what a new expiry does to points that are there already, line by line."""
    program = Program.objects.filter(slug=file.slug).first()
    for preview in plan_policies(file, at=program.now() if program else real_now()):
        what = f"{preview.points} points of {preview.members} members"
        dates = f"from {spread(preview.before)} to {spread(preview.after)}"
        yield f"prolong  {preview.point_type}: {what}, {dates}"


def moved_by(file: ProgramFile) -> Iterator[str]:
    """Yield what ladders that change do to the members there are, line by line."""
    program = Program.objects.filter(slug=file.slug).first()
    for each in plan_ladders(file, at=program.now() if program else real_now()):
        rise = f"{each.rise} {'rises' if each.rise == 1 else 'rise'}"
        fall = f"{each.fall} {'falls' if each.fall == 1 else 'fall'}"
        line = f"move     {each.ladder}: {rise} and {fall} of {each.members} members"
        if each.below:
            line += f"; {each.below} keep for its time what they would no longer reach"
        gifts = [f"{points} {code}" for code, points in each.points.items()]
        yield line + (f"; entering gives {', '.join(gifts)}" if gifts else "")
        for member, before, after in each.examples:
            move = f"{before or 'none'} → {after or 'none'}"
            yield f"move     {each.ladder}: {member} {move}"


def spread(dates: Dates) -> str:
    """Return the first and the last of some dates of expiry."""
    ends = [day.isoformat() if day else "never" for day, _ in dates]
    return f"{ends[0]} … {ends[-1]}" if len(ends) > 1 else "".join(ends) or "nothing"


def refusal(file: ProgramFile, error: DomainError) -> CommandError:
    return CommandError(f"{file.slug} was left as it is.\n{file.complaint(error)}")


def headline(file: ProgramFile, changes: Sequence[Change], *, plan: bool) -> str:
    if not changes:
        return f"{file.slug} is as the file says"
    many = f"{len(changes)} change{'' if len(changes) == 1 else 's'}"
    return f"{many} to {file.slug}{', not applied' if plan else ''}"


def rows_of(changes: Sequence[Change]) -> list[str]:
    """Return one line for each change, its parts below those of the others."""
    width = max((len(change.path) for change in changes), default=0)
    return [
        f"{change.action:<7}  {change.path:<{width}}  {movement(change)}".rstrip()
        for change in changes
    ]


def movement(change: Change) -> str:
    if change.action == "create":
        return shown(change.to)
    if change.action == "archive":
        return ""
    return f"{shown(change.from_)} → {shown(change.to)}"


def shown(value: Any) -> str:
    return "(default)" if value is None else json.dumps(value, ensure_ascii=False)
