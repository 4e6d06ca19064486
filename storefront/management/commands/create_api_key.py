"""Make an API key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.clock import real_now
from loyalty.models import Program
from storefront.models import ApiKey
from storefront.models.keys import SCOPES
from storefront.services.keys import create_api_key


class Command(BaseCommand):
    help = "Make an API key for a program and print it, alone and only this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="The program.")
        parser.add_argument(
            "--scopes", default="", help=f"all, or some of {','.join(SCOPES)}, with commas."
        )
        parser.add_argument(
            "--publishable", action="store_true", help="A key for browsers; it has no scopes."
        )
        parser.add_argument("--name", default="", help="What the key is for.")

    def handle(self, *_args: Any, slug: str, scopes: str, **options: Any) -> None:
        program = Program.objects.filter(slug=slug).first()
        if program is None:
            known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no program {slug!r}; there is {known or 'none yet'}.")
        publishable: bool = options["publishable"]
        kind = ApiKey.Kind.PUBLISHABLE if publishable else ApiKey.Kind.SECRET
        _, token = create_api_key(
            program=program,
            kind=kind,
            scopes=scopes_of(scopes, publishable=publishable),
            name=options["name"],
            at=real_now(),
        )
        self.stdout.write(token)


def scopes_of(text: str, *, publishable: bool) -> tuple[str, ...]:
    """Return the scopes that are asked for.

    :raises CommandError: if there are none where some are needed, or unknown ones
    """
    if publishable and text:
        raise CommandError("A publishable key has no scopes; leave --scopes out.")
    if publishable:
        return ()
    scopes = SCOPES if text == "all" else tuple(filter(None, text.split(",")))
    if not scopes:
        raise CommandError("Say what the key may touch: --scopes all, or orders,members")
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise CommandError(f"There is no scope {unknown[0]!r}; there is {', '.join(SCOPES)}.")
    return scopes
