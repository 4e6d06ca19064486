"""Review where members stand: whose time has come, or everybody, or what would be."""

import csv
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import DomainError
from core.periods import parse_moment
from core.zones import written
from engine.reviewing import review_everybody, would_move
from loyalty.models import Program
from tiers.queries.ladders import tier_setup_of
from tiers.services.due import review_due_members
from tiers.services.forecasts import Forecast
from tiers.services.outcomes import Outcome, Told
from tiers.services.rounds import review_changes

COLUMNS = ("program", "member", "ladder", "from", "to", "at", "cause", "value", "threshold")
# Moves that a terminal is told one by one.
MOST_LINES = 50


class Command(BaseCommand):
    help = (
        "Review the members whose tiers time may have moved or, with --full, everybody. "
        "Safe to repeat and to interrupt; what was begun is continued."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="A program; without it, all.")
        parser.add_argument("--full", action="store_true", help="Review everybody.")
        parser.add_argument(
            "--workers",
            type=int,
            default=1,
            metavar="N",
            help="With --full: hand the members out in parts that N Celery workers share.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Show who would move and why; write nothing."
        )
        parser.add_argument(
            "--at",
            metavar="DATE",
            help="With --dry-run: as of a date (its local midnight) or time to come.",
        )
        parser.add_argument(
            "--csv", metavar="FILE", help="With --dry-run: all moves as CSV; - for here."
        )

    def handle(self, *args: Any, slug: str | None, **options: Any) -> None:
        _check(options)
        with self._rows(options["csv"]) as rows:
            for program in _programs(slug):
                if not tier_setup_of(program).ladders:
                    self.stderr.write(f"{program.slug}: no ladders.")
                elif options["dry_run"]:
                    self._foretell(program, options, rows)
                else:
                    self._review(program, full=options["full"], workers=options["workers"])

    # Reviews

    def _review(self, program: Program, *, full: bool, workers: int) -> None:
        start, at = monotonic(), program.now()
        with self._progress() as told:
            if full:
                done = review_everybody(program, at=at, workers=workers, told=told)
            else:
                done = review_changes(program=program, at=at, told=told)
                done += review_due_members(program=program, at=at, told=told)
        self._close(program, done, monotonic() - start)

    def _close(self, program: Program, done: Outcome, seconds: float) -> None:
        self.stdout.write(program.slug)
        for name, number in (
            ("reviewed", f"{done.reviewed:,}"),
            ("rises", f"{done.rises:,}"),
            ("falls", f"{done.falls:,}"),
            ("seconds", f"{seconds:,.1f}"),
        ):
            self.stdout.write(f"  {name:<10}{number:>14}")

    @contextmanager
    def _progress(self) -> Iterator[Told]:
        """Draw a bar on a terminal, and say nothing anywhere else."""
        if not sys.stderr.isatty():
            yield lambda done, left: None
            return
        columns = (
            TextColumn("{task.completed:,}/{task.total:,} members"),
            BarColumn(bar_width=None),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), expand=True) as bar:
            task = bar.add_task("", total=0)
            yield lambda done, left: bar.update(task, completed=done, total=left)

    # What would be

    def _foretell(self, program: Program, options: dict[str, Any], rows: Any) -> None:
        at, moves = _moment(program, options["at"]), 0
        for forecast in would_move(program, at=at, full=options["full"]):
            moves += 1
            row = _row(program, forecast)
            if rows is not None:
                rows.writerow(row)
            elif moves <= MOST_LINES:
                self.stdout.write(_line(row))
        if rows is None:
            self.stdout.write(_rest(program, moves, at))

    @contextmanager
    def _rows(self, file: str | None) -> Iterator[Any]:
        """Give where rows go that are asked for as CSV, the header written; else None."""
        if file is None:
            yield None
            return
        with ExitStack() as files:
            try:
                lines: Any = self.stdout
                if file != "-":
                    lines = files.enter_context(Path(file).open("w", newline=""))
            except OSError as error:
                raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
            rows = csv.writer(lines)
            rows.writerow(COLUMNS)
            yield rows


def _check(options: dict[str, Any]) -> None:
    if options["workers"] < 1:
        raise CommandError("--workers: one at least.")
    if options["workers"] > 1 and (not options["full"] or options["dry_run"]):
        raise CommandError("--workers: only a review of everybody is shared: add --full.")
    for name in ("at", "csv"):
        if options[name] is not None and not options["dry_run"]:
            raise CommandError(f"--{name} asks what would be: add --dry-run.")


def _programs(slug: str | None) -> list[Program]:
    programs = Program.objects.order_by("slug")
    if slug is None:
        return list(programs)
    found = list(programs.filter(slug=slug))
    if not found:
        known = ", ".join(programs.values_list("slug", flat=True))
        raise CommandError(f"There is no program {slug!r}. Known: {known or 'none'}.")
    return found


def _moment(program: Program, given: str | None) -> datetime:
    now = program.now()
    if given is None:
        return now
    try:
        at = parse_moment(given, program.zone)
    except DomainError as error:
        raise CommandError(f"--at: {error}") from error
    if at < now:
        raise CommandError(
            f"--at: {given} has passed in {program.slug}, where it is {written(now)}; "
            "what happened then is in each member's history."
        )
    return at


def _row(program: Program, forecast: Forecast) -> list[Any]:
    move, reason = forecast.move, forecast.reason
    return [
        program.slug,
        forecast.member,
        move.ladder,
        move.from_ or "",
        move.to or "",
        written(move.at),
        "undone" if move.undone else move.cause.kind,
        "" if reason.value is None else reason.value,
        "" if reason.threshold is None else reason.threshold,
    ]


def _line(row: list[Any]) -> str:
    _, member, ladder, before, after, at, cause, value, threshold = row
    weighed = f", {value} of {threshold}" if threshold != "" else ""
    return (
        f"{member}: {ladder} {before or 'none'} -> {after or 'none'} at {at} ({cause}{weighed})"
    )


def _rest(program: Program, moves: int, at: datetime) -> str:
    more = f"… and {moves - MOST_LINES:,} more; --csv has all. " if moves > MOST_LINES else ""
    return f"{program.slug}: {more}{moves:,} moves by {written(at)}. Nothing was written."
