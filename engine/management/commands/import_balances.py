"""Import opening balances, lot by lot, from a CSV file."""

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import InvalidInput
from engine.openings import BrokenRows, OnBatch, Options, Report, import_openings
from loyalty.models import Program

HELP = """
The file is CSV in UTF-8 and begins with the names of its columns: member, point_type and
amount; earned, available, expires and reference may be left out or left empty. Times are
days (2026-01-31: its first instant in the program's zone) or RFC 3339. Without `earned`
points are as of now, without `available` they can be spent at once, without `expires`
they never expire.
"""
# Lines of progress where there is no terminal to draw a bar on.
STRIDE = 10_000


class Command(BaseCommand):
    help = "Import opening balances. The same file twice has the effect of once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = HELP
        parser.add_argument("slug", help="The program.")
        parser.add_argument("file", type=Path, help="The balances, as CSV.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what it would do.")
        parser.add_argument("--enrol", action="store_true", help="Enrol members who are new.")
        parser.add_argument(
            "--skip-broken", action="store_true", help="Leave out broken rows, and list them."
        )

    def handle(self, *_args: Any, slug: str, file: Path, **flags: Any) -> None:
        program = Program.objects.filter(slug=slug).first()
        if program is None:
            raise CommandError(f"There is no program {slug!r}.")
        options = Options(**{name: flags[name] for name in ("enrol", "skip_broken", "dry_run")})
        try:
            with self._progress(file) as show:
                report = import_openings(
                    program, file, at=program.now(), options=options, on_batch=show
                )
        except BrokenRows as error:
            self._list(error.report)
            raise CommandError(error.detail) from error
        except (InvalidInput, OSError) as error:
            raise CommandError(str(error)) from error
        self._list(report)
        self.stdout.write(_told(report, options))
        if report.broken_rows and not options.skip_broken:
            raise CommandError(f"{report.broken_rows} rows are broken.")

    def _list(self, report: Report) -> None:
        for broken in report.broken:
            self.stdout.write(str(broken))
        rest = report.broken_rows - len(report.broken)
        if rest:
            self.stdout.write(f"… and {rest:,} more")

    @contextmanager
    def _progress(self, file: Path) -> Iterator[OnBatch]:
        """Draw a bar on a terminal, write a line now and then anywhere else."""
        with file.open("rb") as lines:
            total = sum(1 for _ in lines) - 1
        if not sys.stderr.isatty():
            yield lambda report: self._tell(report, total)
            return
        columns = (
            TextColumn("{task.completed:,}/{task.total:,} rows"),
            BarColumn(bar_width=None),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), expand=True) as bar:
            task = bar.add_task("", total=total)
            yield lambda report: bar.update(task, completed=report.rows)

    def _tell(self, report: Report, total: int) -> None:
        if report.rows % STRIDE == 0:
            self.stderr.write(f"… {report.rows:,} of {total:,} rows")


def _told(report: Report, options: Options) -> str:
    would = "would be " if options.dry_run else ""
    told = [
        f"{report.posted:,} lots {would}opened with {report.points:,} points",
        f"{report.known:,} known before",
        f"{report.enrolled:,} members {would}enrolled",
        f"{report.broken_rows:,} rows broken",
    ]
    return ", ".join(told) + "."
