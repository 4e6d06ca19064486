"""Reading a request's body, and refusing whatever JSON leaves open."""

import json
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from core.errors import InvalidInput, Problem, invalid
from loyalty.rules.statements.reading import shown


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

    def __init__(self, error: json.JSONDecodeError) -> None:
        where = f"line {error.lineno}, column {error.colno}"
        super().__init__([Problem("", "invalid_json", f"{error.msg} at {where}.")])
        self.extra = {"line": error.lineno, "column": error.colno}


def parse_json(body: bytes) -> Any:
    """Decode JSON. Fractions come as `Decimal`, so that none is taken for money.

    :raises InvalidInput: if it is no JSON (with line and column), not UTF-8, says
        a name twice, nests too deep, or holds a number that no one means
    """
    try:
        return DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise invalid("", "not_utf8", f"Byte {error.start} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InvalidJSON(error) from None
    except RecursionError:
        raise invalid("", "too_deep", "The JSON nests too deep.") from None
    except (ValueError, DecimalException):
        raise invalid("", "out_of_range", "A number has thousands of digits.") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid("", "duplicate_name", f"'{shown(twice, 40)}' is said twice.")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise invalid("", "invalid_json", f"{name} is not JSON.")


DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=Decimal, parse_constant=_refuse_constant
)
