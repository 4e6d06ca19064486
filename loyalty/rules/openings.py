"""Opening balances: the lots that members bring along from another system, as CSV."""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from core.errors import invalid
from core.periods import local_midnight
from core.zones import written
from loyalty.rules.statements.reading import Fault, shown
from loyalty.rules.statements.values import parse_date, parse_id, parse_time
from loyalty.rules.wallets import MOST_POINTS

NEEDED = ("member", "point_type", "amount")
COLUMNS = (*NEEDED, "earned", "available", "expires", "reference")
LONGEST_REFERENCE = 255


@dataclass(frozen=True, slots=True)
class Opening:
    """One lot to be opened, and on which line of the file it stands.

    Times are as stated. `number` counts rows of one file that say the same: the second
    is a second lot.
    """

    line: int
    member: str
    point_type: str
    amount: int
    earned_at: datetime | None
    available_at: datetime | None
    expires_at: datetime | None
    reference: str
    number: int

    def digest(self) -> str:
        """Return what tells this lot from the member's others, and says nothing of either.

        Only what the file says, so that it is the same whenever the file is imported.
        """
        said = (
            self.point_type,
            str(self.amount),
            *(written(moment) if moment else "" for moment in self.moments),
            self.reference,
            str(self.number),
        )
        # Lengths keep two different rows from reading as one.
        text = "".join(f"{len(each)}:{each}" for each in said)
        return sha256(text.encode()).hexdigest()[:32]

    @property
    def moments(self) -> tuple[datetime | None, ...]:
        return self.earned_at, self.available_at, self.expires_at

    def expires_too_soon(self, at: datetime) -> bool:
        """Say whether the points could never be spent if they were opened at `at`."""
        first = max(at, self.available_at or at)
        return self.expires_at is not None and self.expires_at <= first


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be opened: on which line, in which column, and what was expected."""

    line: int
    column: str
    detail: str

    def __str__(self) -> str:
        where = f", {self.column}" if self.column else ""
        return f"line {self.line}{where}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Terms:
    """By what rows are judged: the program's point types, zone and time."""

    point_types: Collection[str]
    zone: ZoneInfo
    at: datetime


def read_openings(lines: Iterable[str], terms: Terms) -> Iterator[Opening | Broken]:
    """Yield every row of a file, in order, as the lot to open or as what is wrong with it.

    :raises InvalidInput: if the first line does not name the columns
    """
    reader = csv.reader(lines)
    header = [name.strip().lower() for name in next(reader, [])]
    _check_header(header)
    told: Counter[tuple[str, ...]] = Counter()
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Broken(reader.line_num, "", f"expected CSV: {error}")
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            detail = f"expected {len(header)} values, found {len(cells)}"
            yield Broken(reader.line_num, "", detail)
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        same = tuple(row.get(name, "") for name in COLUMNS)
        told[same] += 1
        yield _read_row(reader.line_num, row, told[same], terms)


def _check_header(header: list[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    unknown = [shown(name, 40) for name in header if name not in COLUMNS]
    if missing or unknown or len(set(header)) < len(header):
        found = ", ".join(shown(name, 40) for name in header[:20]) or "nothing"
        detail = f"expected the columns {', '.join(COLUMNS)} in the first line, found {found}"
        raise invalid("", "columns", detail)


def _read_row(line: int, row: Mapping[str, str], number: int, terms: Terms) -> Opening | Broken:
    column = ""
    try:
        column = "member"
        member = _member(row["member"])
        column = "point_type"
        point_type = _point_type(row["point_type"], terms)
        column = "amount"
        amount = _amount(row["amount"])
        column = "earned"
        earned_at = _moment(row.get("earned", ""), terms)
        _check(earned_at is None or earned_at <= terms.at, "expected a time that has come")
        column = "available"
        available_at = _moment(row.get("available", ""), terms)
        column = "expires"
        expires_at = _moment(row.get("expires", ""), terms)
        column = "reference"
        reference = row.get("reference", "")
        _check(len(reference) <= LONGEST_REFERENCE, f"at most {LONGEST_REFERENCE} characters")
    except Fault as fault:
        return Broken(line, column, fault.problems[0].detail)
    return Opening(
        line,
        member,
        point_type,
        amount,
        earned_at,
        available_at,
        expires_at,
        reference,
        number,
    )


def _check(holds: bool, detail: str) -> None:
    if not holds:
        raise Fault.of("invalid", detail)


def _member(text: str) -> str:
    _check(bool(text), "expected the storefront's id of a member")
    return parse_id(text)


def _point_type(text: str, terms: Terms) -> str:
    known = ", ".join(sorted(terms.point_types))
    _check(text in terms.point_types, f"expected one of {known}, found {shown(text, 40)!r}")
    return text


def _amount(text: str) -> int:
    is_whole = text.isascii() and text.isdigit() and len(text) <= 19
    points = int(text) if is_whole else 0
    found = f"expected a whole number from 1 to {MOST_POINTS}, found {shown(text, 40)!r}"
    _check(1 <= points <= MOST_POINTS, found)
    return points


def _moment(text: str, terms: Terms) -> datetime | None:
    """Return a time; a day alone begins at its midnight in the program's zone."""
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            return local_midnight(parse_date(text), terms.zone).astimezone(UTC)
        return parse_time(text)
    except Fault:
        detail = "expected a day such as 2026-01-31 or a time with its zone, found "
        raise Fault.of("invalid", f"{detail}{shown(text, 40)!r}") from None
