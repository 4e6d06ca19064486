"""Importing opening balances from a file: looked through first, then batch by batch."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from core.errors import DomainError
from engine.pipeline import state_facts
from loyalty.models import PointType, Program
from loyalty.rules.openings import Broken, Opening, Terms, read_openings
from loyalty.rules.statements import MemberStatement
from loyalty.services.openings import Opened, post_openings
from loyalty.services.tombstones import is_erased

BATCH = 500
# Of broken rows so many are told; all are counted.
MOST_TOLD = 1_000

T = TypeVar("T")
OnBatch = Callable[["Report"], None]


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    rows: int = 0
    posted: int = 0
    points: int = 0
    known: int = 0
    enrolled: int = 0
    broken_rows: int = 0
    broken: list[Broken] = field(default_factory=list)

    def note(self, broken: Iterable[Broken]) -> None:
        for one in broken:
            self.broken_rows += 1
            if len(self.broken) < MOST_TOLD:
                self.broken.append(one)


class BrokenRows(DomainError):
    """Rows of the file cannot be imported; nothing was."""

    code = "broken_rows"

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.broken_rows} rows are broken; nothing was imported")
        self.report = report


@dataclass(frozen=True, slots=True)
class Options:
    """How an import goes about what it finds."""

    enrol: bool = False
    skip_broken: bool = False
    dry_run: bool = False


def import_openings(
    program: Program,
    path: Path,
    *,
    at: datetime,
    options: Options = Options(),
    on_batch: OnBatch = lambda _report: None,
) -> Report:
    """Open the lots of a CSV file; the same file twice has the effect of once.

    Looks through the whole file first. Then writes a batch at a time, so that an
    import that was killed goes on where it stopped when it is started again.

    :raises BrokenRows: if rows are broken, unless they shall be skipped
    :raises InvalidInput: if the file does not begin with its columns
    """
    point_types = PointType.objects.live().filter(program=program)
    terms = Terms(list(point_types.values_list("code", flat=True)), program.zone, at)
    looked = Report()
    for batch in _batches(path, terms):
        _look(program, batch, looked, options, at)
        if options.dry_run:
            on_batch(looked)
    if options.dry_run:
        return looked
    if looked.broken_rows and not options.skip_broken:
        raise BrokenRows(looked)
    report = Report()
    for batch in _batches(path, terms):
        _import(program, batch, report, options, at)
        on_batch(report)
    return report


def _batches(path: Path, terms: Terms) -> Iterator[list[Opening | Broken]]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        rows = read_openings(file, terms)
        while batch := list(islice(rows, BATCH)):
            yield batch


def _look(
    program: Program,
    batch: list[Opening | Broken],
    report: Report,
    options: Options,
    at: datetime,
) -> None:
    """Count what a batch would do, and what is wrong with it."""
    opened = post_openings(program=program, rows=_openings(batch), at=at, dry_run=True)
    strangers = {row.member for row in opened.strangers}
    if options.enrol:
        erased = {one for one in strangers if is_erased(program, one)}
        report.enrolled += len(strangers - erased)
        kept = [row for row in opened.strangers if row.member not in erased]
        opened.posted += [row for row in kept if not row.expires_too_soon(at)]
    _count(batch, opened, report)
    report.note(_broken(program, batch, opened, options, at))


def _import(
    program: Program,
    batch: list[Opening | Broken],
    report: Report,
    options: Options,
    at: datetime,
) -> None:
    rows = _openings(batch)
    if options.enrol:
        report.enrolled += _enrol(program, rows, at)
    opened = post_openings(program=program, rows=rows, at=at)
    _count(batch, opened, report)
    report.note(_broken(program, batch, opened, options, at))


def _openings(batch: list[Opening | Broken]) -> list[Opening]:
    return [row for row in batch if isinstance(row, Opening)]


def _count(batch: list[Opening | Broken], opened: Opened, report: Report) -> None:
    report.rows += len(batch)
    report.posted += len(opened.posted)
    report.points += sum(row.amount for row in opened.posted)
    report.known += len(opened.known)


def _broken(
    program: Program,
    batch: list[Opening | Broken],
    opened: Opened,
    options: Options,
    at: datetime,
) -> list[Broken]:
    """Return what is wrong with a batch, in the order of the file, whoever found it."""
    found = [row for row in batch if isinstance(row, Broken)]
    found += _lost(program, opened.strangers, options, at)
    return sorted([*found, *opened.broken], key=lambda row: row.line)


def _lost(
    program: Program, strangers: list[Opening], options: Options, at: datetime
) -> Iterator[Broken]:
    """Yield what is wrong with rows whose member nobody has enrolled."""
    for row in strangers:
        if is_erased(program, row.member):
            detail = "expected a member who was not erased"
            yield Broken(row.line, "member", detail)
        elif not options.enrol:
            detail = "expected a member who has enrolled (--enrol enrols the others)"
            yield Broken(row.line, "member", detail)
        elif row.expires_too_soon(at):
            yield Broken(row.line, "expires", "expected a time that is yet to come")


def _enrol(program: Program, rows: list[Opening], at: datetime) -> int:
    """Enrol those who are new, as of the earliest points that they bring along."""
    opened = post_openings(program=program, rows=rows, at=at, dry_run=True)
    joined: dict[str, datetime] = {}
    for row in opened.strangers:
        joined[row.member] = min(joined.get(row.member, at), row.earned_at or at)
    statements = [
        MemberStatement(id=member, given={"joined_at": moment})
        for member, moment in joined.items()
    ]
    answers = state_facts(program, statements, at=at)
    return sum(answer.created for answer in answers)
