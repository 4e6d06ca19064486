"""Move the clock of a sandbox, and watch the time go by."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import DomainError
from core.periods import parse_moment
from core.zones import written
from engine.travel import move_clock
from loyalty.models import Program


class Command(BaseCommand):
    help = "Move a sandbox clock forward; all that is due by then is done, in order of time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The program, a sandbox.")
        parser.add_argument(
            "to", help="A day (2027-01-01: its first instant in the program's zone) or a time."
        )

    def handle(self, *_args: Any, slug: str, to: str, **_options: Any) -> None:
        program = Program.objects.filter(slug=slug).first()
        if program is None:
            known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no program {slug!r}. Known: {known or 'none'}.")
        try:
            moment = parse_moment(to, program.zone)
            with self._progress(program.now(), moment) as show:
                ran = move_clock(program=program, to=moment, on_stop=show)
        except DomainError as error:
            raise CommandError(str(error)) from error
        done = ", ".join(f"{word} {count:,}" for word, count in ran.items() if count)
        self.stdout.write(f"{slug} is at {written(moment)}: {done or 'nothing was due'}.")

    @contextmanager
    def _progress(self, start: datetime, end: datetime) -> Iterator[Callable[[datetime], None]]:
        """Draw a bar on a terminal; elsewhere write a line for each year that has passed."""
        if not sys.stderr.isatty():
            yield self._yearly(start)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(f"{start:%Y-%m-%d}", total=(end - start).total_seconds())
            yield lambda at: bar.update(
                task,
                completed=(at - start).total_seconds(),
                description=f"{at:%Y-%m-%d}",
            )

    def _yearly(self, start: datetime) -> Callable[[datetime], None]:
        told = {start.year}

        def tell(at: datetime) -> None:
            if at.year not in told:
                told.add(at.year)
                self.stderr.write(f"… {at:%Y-%m-%d}")

        return tell
