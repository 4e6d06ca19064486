"""One tick by hand: everything that is due, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from engine.nightly import run_jobs
from loyalty.models import Program


class Command(BaseCommand):
    help = "Do everything that is due, in one program or in all. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="A program; without it, all.")

    def handle(self, *args: Any, slug: str | None, **options: Any) -> None:
        programs = Program.objects.order_by("slug")
        if slug is not None:
            programs = programs.filter(slug=slug)
            if not programs:
                known = ", ".join(Program.objects.values_list("slug", flat=True))
                raise CommandError(f"There is no program {slug!r}. Known: {known or 'none'}.")
        for program in programs:
            for name, done in run_jobs(program, at=program.now()).items():
                counts = ", ".join(f"{word} {count}" for word, count in done.items())
                self.stdout.write(f"{program.slug}: {name}: {counts}")
