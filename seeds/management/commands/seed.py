"""Bring a ready-made program to life."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from core.errors import DomainError
from loyalty.models import Program
from seeds.contents import Contents, look_through
from seeds.data_summary import DataSummary, write_left_out
from seeds.progress import Pace, Show, progress_bar, progress_lines
from seeds.proof import prove_ledger, recompute_points
from seeds.replay import open_program, replay_days
from seeds.retail_rows import BrokenRow
from seeds.shops import SHOPS, Shop
from seeds.summary import aligned, rows_of_file, rows_of_program

# What a shell says of a command that was interrupted.
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Load a ready-made program and let its days happen. What is there is kept, and a "
        "run that was cancelled is continued by the next one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="Leave it out to see what there is.")
        parser.add_argument(
            "--file",
            type=Path,
            metavar="PATH",
            help="Replay the orders of this file instead of those that are shipped.",
        )

    def handle(self, *_args: Any, name: str | None, file: Path | None, **_options: Any) -> None:
        if name is None:
            self.stdout.write(f"manage.py seed NAME, where NAME is\n{known_shops()}")
            return
        shop = shop_of(name)
        path = orders_of(shop, file)
        with told_to_the_shell(shop, path):
            self._seed(shop, path)

    def _seed(self, shop: Shop, path: Path) -> None:
        form = shop.program_file()
        program = Program.objects.filter(slug=form.slug).first()
        summary = DataSummary()
        contents = look_through(shop.read(path, summary), program, expect=shop.expect)
        if contents.begins_at is None:
            raise CommandError(f"{path}: there are no rows below the header.")
        if not contents.left.days:
            self.stdout.write(f"{shop.name} is already seeded; nothing to do.")
            return

        self._tell(heading(shop, contents))
        program = open_program(form, at=contents.begins_at)
        pace = Pace(contents.left)
        with self._progress(pace) as show:
            for step in replay_days(program, shop.read(path, DataSummary())):
                show(step)
        pace.stop()
        self._close(shop, program, contents, summary, pace)

    def _progress(self, pace: Pace) -> AbstractContextManager[Show]:
        if self.stdout.isatty():
            return progress_bar(pace, Console())
        return progress_lines(pace, self._tell)

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        # Whoever reads along through a pipe shall not wait for the buffer to fill.
        self.stdout.flush()

    def _close(
        self,
        shop: Shop,
        program: Program,
        contents: Contents,
        summary: DataSummary,
        pace: Pace,
    ) -> None:
        rows = list(rows_of_program(program))
        if shop.orders:
            listed_in: Path = settings.DATA_DIR / f"{shop.name}_left_out.csv"
            write_left_out(listed_in, summary.left_out)
            rows += rows_of_file(summary, listed_in)
        rows.append(("speed", pace.told()))
        proof = prove_ledger(program)
        rows.append(("verify_ledger", str(proof)))
        points = recompute_points(program, contents.expected)
        if shop.expect:
            rows.append(("recomputation", str(points)))
        self.stdout.write(f"\n{aligned(rows)}\n")
        if proof.findings or points.differing:
            raise CommandError("This must not be. The rows above say where.")


def known_shops() -> str:
    return aligned((shop.name, shop.about) for shop in SHOPS.values())


def heading(shop: Shop, contents: Contents) -> str:
    left, whole = contents.left, contents.all
    many = whole.told(whole.noun)
    if left.days == whole.days:
        return f"{shop.name}: {many}, {whole.days:,} days."
    return (
        f"{shop.name}: {left.count(whole.noun):,} of {many} and {left.days:,} of "
        f"{whole.days:,} days are still to come; the rest is in."
    )


def shop_of(name: str) -> Shop:
    """Return the shop of that name.

    :raises CommandError: if there is none; it says which there are
    """
    if name not in SHOPS:
        raise CommandError(f"There is no {name!r}; there is\n{known_shops()}")
    return SHOPS[name]


def orders_of(shop: Shop, given: Path | None) -> Path:
    """Return the file of the shop's orders; one that is invented has none.

    :raises CommandError: if the given file cannot be read, or is not asked for
    """
    if given is None:
        return shop.orders or Path()
    if shop.orders is None:
        raise CommandError(f"{shop.name} reads no orders from a file; leave --file out.")
    if given.exists() and not given.is_file():
        raise CommandError(f"{given}: it is read twice, which only a regular file can bear.")
    try:
        with given.open("rb"):
            return given
    except OSError as error:
        raise CommandError(f"{given}: {error.strerror}") from error


@contextmanager
def told_to_the_shell(shop: Shop, path: Path) -> Iterator[None]:
    """Turn what may go wrong into a line of text and an exit code."""
    try:
        yield
    except BrokenRow as error:
        raise CommandError(f"{path}: {error}\nNothing of it was stated.") from error
    except DomainError as error:
        raise CommandError(f"{shop.name}: {error}") from error
    except KeyboardInterrupt:
        told = f"Stopped. Run it again, and {shop.name} goes on from here."
        raise CommandError(told, returncode=INTERRUPTED) from None
