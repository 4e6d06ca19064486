"""Write a program as its file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engine.program_file import dump_program
from loyalty.models import Program


class Command(BaseCommand):
    help = "Print a program as the file that load_program reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG")

    def handle(self, *_args: Any, slug: str, **_options: Any) -> None:
        program = Program.objects.filter(slug=slug).first()
        if program is None:
            known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no program {slug!r}; there is {known or 'none yet'}.")
        self.stdout.write(dump_program(program), ending="")
