"""The file of the gift shop, row by row: what a row must look like, and no more."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TextIO
from zoneinfo import ZoneInfo

from core.errors import DomainError

LONDON = ZoneInfo("Europe/London")

INVOICE = re.compile(r"[CA]?[0-9]{6}")
STOCK_CODE = re.compile(r"[A-Za-z0-9_ ]{1,64}")
QUANTITY = re.compile(r"-?[0-9]{1,9}")
PRICE = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
CUSTOMER = re.compile(r"([0-9]{5})?")
LONGEST_TEXT = 200
YEARS = range(1970, 2100)


class BrokenRow(DomainError):
    """A row of the file is not what it must be; `line` says which, `expected` what."""

    code = "broken_row"

    def __init__(self, line: int, *, expected: str, got: str) -> None:
        detail = f"line {line}: expected {expected}, got {got[:80]!r}"
        super().__init__(detail, line=line, expected=expected)


class Row(NamedTuple):
    """One line of an invoice, as the shop wrote it down."""

    line: int  # of the file, counted from 1, the header included
    invoice: str
    sku: str
    name: str
    quantity: int
    at: datetime  # in London
    price: Decimal  # of one unit, in pence; a few rows have fractions of a penny
    customer: str  # "" for a guest
    country: str

    @property
    def is_cancellation(self) -> bool:
        return self.invoice.startswith("C")

    @property
    def is_bookkeeping(self) -> bool:
        return self.invoice.startswith("A")


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text


# The parsers remember what they read lately: a cell often repeats the one above
# it, and the rows of one article then share one name in memory.


@lru_cache(maxsize=64)
def _invoice(text: str) -> str:
    return _matching(INVOICE, text)


@lru_cache(maxsize=8192)
def _stock_code(text: str) -> str:
    return _matching(STOCK_CODE, text)


@lru_cache(maxsize=8192)
def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise ValueError(text)
    return text


@lru_cache(maxsize=1024)
def _quantity(text: str) -> int:
    quantity = int(_matching(QUANTITY, text))
    if quantity == 0:
        raise ValueError(text)
    return quantity


@lru_cache(maxsize=64)
def _instant(text: str) -> datetime:
    at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=LONDON)
    if at.year not in YEARS:
        raise ValueError(text)
    return at


@lru_cache(maxsize=4096)
def _price(text: str) -> Decimal:
    return Decimal(_matching(PRICE, text)) * 100


@lru_cache(maxsize=64)
def _customer(text: str) -> str:
    return _matching(CUSTOMER, text)


# The columns in the file's order: title, parser, and what to tell whoever wrote
# something else.
COLUMNS: tuple[tuple[str, Callable[[str], Any], str], ...] = (
    ("InvoiceNo", _invoice, "six digits, with C (cancellation) or A (bookkeeping) before them"),
    ("StockCode", _stock_code, "letters, digits, blanks and underscores, 1 to 64 of them"),
    ("Description", _text, f"printable UTF-8 text of at most {LONGEST_TEXT} characters"),
    ("Quantity", _quantity, "a whole number of at most 9 digits, not 0"),
    ("InvoiceDate", _instant, "a time such as 2010-12-01 08:26:00"),
    ("UnitPrice", _price, "pounds such as 2.55"),
    ("CustomerID", _customer, "five digits, or nothing for a guest"),
    ("Country", _text, f"printable UTF-8 text of at most {LONGEST_TEXT} characters"),
)
HEADER = [title for title, _, _ in COLUMNS]
PARSERS = [parser for _, parser, _ in COLUMNS]


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file (`.gz` or plain) without holding more than one.

    :raises BrokenRow: if the header or a row is not what it must be, or the file ends early
    """
    with _opened(path) as file:
        records = _records(file)
        line, header = next(records, (1, []))
        if header != HEADER:
            raise BrokenRow(line, expected=",".join(HEADER), got=",".join(header))
        for line, cells in records:
            yield _row(line, cells)


def _opened(path: Path) -> TextIO:
    # A byte that is not UTF-8 becomes a lone surrogate, which `_text` refuses with
    # the right line; the decoder's own error would name none.
    opener: Callable[..., TextIO] = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8", errors="surrogateescape", newline="")


def _records(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as fault:
            raise BrokenRow(line, expected="a whole CSV record", got=str(fault)) from fault
        if cells is None:
            return
        yield line, cells


def _row(line: int, cells: list[str]) -> Row:
    if len(cells) != len(PARSERS):
        expected = f"{len(PARSERS)} columns"
        raise BrokenRow(line, expected=expected, got=f"{len(cells)}: {','.join(cells)}")
    try:
        row = Row(line, *[parse(cell) for parse, cell in zip(PARSERS, cells, strict=True)])
    except ValueError as fault:
        raise _broken_cell(line, cells) from fault
    if row.is_cancellation and row.quantity > 0:
        expected = "a negative Quantity in a cancellation"
        raise BrokenRow(line, expected=expected, got=cells[3])
    if row.price < 0 and not row.is_bookkeeping:
        raise BrokenRow(line, expected="a UnitPrice of 0 or more", got=cells[5])
    return row


def _broken_cell(line: int, cells: list[str]) -> BrokenRow:
    for (title, parse, expected), cell in zip(COLUMNS, cells, strict=True):
        try:
            parse(cell)
        except ValueError:
            return BrokenRow(line, expected=f"{title} as {expected}", got=cell)
    raise AssertionError("every cell was read, so none is broken")
