"""Reading a request's body, and refusing whatever JSON leaves open."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, DecimalException
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from core.errors import InvalidInput, Problem, invalid
from loyalty.rules.statements.reading import shown, token


class JSONParser(BaseParser):
    """JSON as RFC 8259 has it, without what decoders quietly make of it."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return parse_json(stream.read())


class BytesParser(BaseParser):
    """A body that is taken as it comes, and read elsewhere."""

    media_type = "*/*"

    def parse(  # type: ignore[override]
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return bytes(stream.read())


class NDJSONParser(BytesParser):
    """One JSON value a line. A line that cannot be read does not spoil the others."""

    media_type = "application/x-ndjson"


class YAMLParser(BytesParser):
    media_type = "application/yaml"


class JSONFileParser(BytesParser):
    """JSON whose lines matter, because errors will name them."""

    media_type = "application/json"


class InvalidJSON(InvalidInput):
    """The body is not JSON; the answer says where it stops being so."""

    def __init__(self, error: json.JSONDecodeError, *, first_line: int) -> None:
        line = error.lineno + first_line - 1
        # Some of the decoder's messages end with the word that leads to the place.
        message = error.msg.removesuffix(" at")
        detail = f"{message} at line {line}, column {error.colno}."
        super().__init__([Problem("", "invalid_json", detail)])
        self.extra = {"line": line, "column": error.colno}


class DuplicateName(Exception):
    """An object says a name twice; where it stands only the whole text tells."""


def parse_json(body: bytes, *, first_line: int = 1) -> Any:
    """Decode JSON. Fractions come as `Decimal`, so that none is taken for money.

    `first_line` is where the text begins in what the caller sent.

    :raises InvalidInput: if it is no JSON (with line and column), not UTF-8, says
        a name twice, nests too deep, or holds a number that no one means
    """
    try:
        return _decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise invalid("", "not_utf8", f"Byte {error.start} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InvalidJSON(error, first_line=first_line) from None
    except RecursionError:
        raise invalid("", "too_deep", "The JSON nests too deep.") from None
    except (ValueError, DecimalException):
        raise invalid("", "out_of_range", "A number has thousands of digits.") from None


def _decode(text: str) -> Any:
    try:
        return DECODER.decode(text)
    except DuplicateName:
        pointer, name = _first_duplicate(TELLING_DECODER.decode(text))
    raise invalid(pointer, "duplicate_name", f"'{shown(name, 40)}' is said twice.")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise DuplicateName
    return members


def _first_duplicate(value: Any) -> tuple[str, str]:
    """Return the first name, in the order of the text, that its object says twice."""
    # What is nested deep is walked by hand: there are no objects but `_Pairs` here.
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, _Pairs):
            parts: Iterable[tuple[Any, Any]] = value
            seen: set[str] = set()
            for name, _ in value:
                if name in seen:
                    return f"{pointer}/{token(name)}", name
                seen.add(name)
        else:
            parts = enumerate(value) if isinstance(value, list) else ()
        waiting += [(f"{pointer}/{token(name)}", part) for name, part in [*parts][::-1]]
    raise AssertionError("Some object says a name twice")


class _Pairs(tuple[tuple[str, Any], ...]):
    """The members of an object as they were said."""

    __slots__ = ()


def _refuse_constant(name: str) -> NoReturn:
    raise invalid("", "invalid_json", f"{name} is not JSON.")


DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=Decimal, parse_constant=_refuse_constant
)
TELLING_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=Decimal, parse_constant=_refuse_constant
)
