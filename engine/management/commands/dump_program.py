"""Write a program as its file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engine.program_file import dump_program, schema_text
from loyalty.models import Program


class Command(BaseCommand):
    help = "Print a program as the file that load_program reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("slug", metavar="SLUG", nargs="?")
        what.add_argument(
            "--schema", action="store_true", help="Print the JSON Schema of program files."
        )

    def handle(self, *_args: Any, slug: str | None, schema: bool, **_options: Any) -> None:
        text = schema_text() if schema or slug is None else self.dump(slug)
        self.stdout.write(text, ending="")

    def dump(self, slug: str) -> str:
        program = Program.objects.filter(slug=slug).first()
        if program is None:
            known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no program {slug!r}; there is {known or 'none yet'}.")
        return dump_program(program)
