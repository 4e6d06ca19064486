"""Prove the ledger, and what tiers count, on live data. Exits with 1 if any row disagrees."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from loyalty.models import Program
from loyalty.queries.verification import (
    BrokenCheckpoint,
    Chunk,
    Finding,
    Signer,
    check_seal,
    checkpoint_findings,
    guard_findings,
    ledger_findings,
)
from tiers.queries.verification import tier_findings

# After so many findings there is no point in going on.
MOST_TOLD = 100
# How many entries go by before progress is told again.
STRIDE = 100_000


class Command(BaseCommand):
    help = (
        "Prove that balances, entries, lots, holds and hashes agree, and what tiers "
        "count with orders. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="A program; without it, all.")
        parser.add_argument(
            "--checkpoint",
            type=Path,
            metavar="FILE",
            help="If all is well, write a signed list of all heads, to be kept elsewhere.",
        )
        parser.add_argument(
            "--against",
            type=Path,
            metavar="FILE",
            help="Prove as well that nothing before this checkpoint was rewritten.",
        )

    def handle(
        self,
        *_args: Any,
        slug: str | None,
        checkpoint: Path | None,
        against: Path | None,
        **_options: Any,
    ) -> None:
        programs = self._programs(slug)
        self.wallets = self.entries = self.told_at = 0
        self.signer = Signer()
        told: list[Finding] = []
        with self._readable(against), self._draft(checkpoint) as self.draft:
            for finding in self._findings(programs, against):
                self.stdout.write(str(finding))
                told.append(finding)
                if len(told) == MOST_TOLD:
                    raise CommandError(f"At least {MOST_TOLD}. The first: {told[0]}")
            if told:
                raise CommandError(f"{len(told)} in all. The first: {told[0]}")
        self.stdout.write(
            f"{self.wallets:,} wallets, {self.entries:,} entries: every row agrees."
        )
        if against:
            self.stdout.write(f"Nothing before {against} was rewritten.")
        if checkpoint:
            self.stdout.write(f"The checkpoint is in {checkpoint}.")

    def _programs(self, slug: str | None) -> list[Program]:
        programs = list(Program.objects.order_by("slug"))
        if slug is None:
            return programs
        found = [program for program in programs if program.slug == slug]
        if not found:
            known = ", ".join(program.slug for program in programs)
            raise CommandError(f"There is no program {slug!r}. Known: {known or 'none'}.")
        return found

    def _findings(self, programs: list[Program], against: Path | None) -> Iterator[Finding]:
        yield from guard_findings()
        for program in programs:
            yield from ledger_findings(program, on_chunk=self._note)
            yield from tier_findings(program)
        if against:
            yield from checkpoint_findings(against)

    def _note(self, chunk: Chunk) -> None:
        """Take a chunk that has been looked at into the checkpoint, and tell how far it is."""
        if self.draft:
            self.draft.writelines(self.signer.lines(chunk.wallets))
        self.wallets += len(chunk.wallets)
        self.entries += chunk.entries
        if self.entries - self.told_at >= STRIDE:
            self.told_at = self.entries
            self.stderr.write(f"… {self.wallets:,} wallets, {self.entries:,} entries")

    @contextmanager
    def _readable(self, against: Path | None) -> Iterator[None]:
        """Refuse a checkpoint that cannot be trusted before hours of work, not after."""
        try:
            if against:
                check_seal(against)
            yield
        except (BrokenCheckpoint, OSError) as error:
            raise CommandError(str(error)) from error

    @contextmanager
    def _draft(self, path: Path | None) -> Iterator[TextIO | None]:
        """Write a checkpoint beside its place, and put it there if all was well."""
        if path is None:
            yield None
            return
        draft = path.with_name(f"{path.name}.part")
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(self.signer.title())
                yield file
                file.write(self.signer.seal())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
