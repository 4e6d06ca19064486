"""Batches: many facts in one request, one JSON object a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.response import Response

from core.errors import InvalidInput, invalid
from engine.batch import Answer
from engine.pipeline import state_facts
from loyalty.rules.statements import parse_event, parse_member, parse_order
from loyalty.rules.statements.reading import MOST_PROBLEMS, wrong_type
from loyalty.services.facts import Statement
from storefront.api.auth import HasScope, ProgramRequest
from storefront.api.errors import LineProblem, refusal_of
from storefront.api.parsers import NDJSONParser, parse_json
from storefront.api.program_view import ProgramView
from storefront.api.reading import parse_yes
from storefront.api.shapes import batches as shapes
from storefront.api.shapes import query

NDJSON = NDJSONParser.media_type
MOST_LINES = 1000
SCOPES = {"member": "members", "order": "orders", "event": "events"}


class TooManyLines(APIException):
    """A batch has more lines than are done at once."""

    status_code = 413
    default_code = "too_many_lines"
    default_detail = f"A batch has at most {MOST_LINES:,} lines."


class ScopeMissing(PermissionDenied):
    """The key lacks the scope for what a line of a batch states."""

    def __init__(self, line: int) -> None:
        super().__init__(HasScope.message, HasScope.code)
        self.extra = {"line": line}


@dataclass(frozen=True)
class Line:
    """One line of a batch: what it states, or why it states nothing."""

    number: int
    statement: Statement | None = None
    error: Exception | None = None


class BatchView(ProgramView):
    """Facts by the thousand."""

    tag = "Batches"
    noun = "batch"
    scopes = frozenset(SCOPES.values())
    parser_classes = [NDJSONParser]
    parameters = {"atomic": parse_yes}
    largest_body = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    @extend_schema(
        parameters=query.ATOMIC,
        request={NDJSON: OpenApiTypes.STR},
        responses=OpenApiResponse(shapes.BatchAnswer, "What became of each line."),
        examples=[
            OpenApiExample("Three facts", shapes.LINES, request_only=True, media_type=NDJSON),
            OpenApiExample("One refused", shapes.ANSWER, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """State up to 1,000 facts, exactly as if they were stated one by one.

        One JSON object a line: `kind` (member, order or event), `id`, and the body
        that the fact has by itself. Each line needs the scope of its kind, and is
        answered by itself with a `status`. With `atomic=true` the first line that
        is refused refuses them all.
        """
        at = request.program.now()
        atomic = request.query.get("atomic", False)
        lines = read_lines(request, at=at)
        if atomic:
            refuse_spoilt(lines)
        stated = {line.number: line.statement for line in lines if line.statement is not None}
        facts, numbers = list(stated.values()), list(stated)
        answers = iter(state_facts(request.program, facts, at=at, atomic=atomic, lines=numbers))
        results = [
            line_body(line, next(answers) if line.statement is not None else None)
            for line in lines
        ]
        return Response({"results": results})


def read_lines(request: ProgramRequest, *, at: datetime) -> list[Line]:
    """Return the lines of a batch that say something, each read by itself.

    :raises TooManyLines: if there are more than are done at once
    """
    texts = cast(bytes, request.data or b"").split(b"\n")
    said = [(number, text) for number, text in enumerate(texts, 1) if text.strip()]
    if len(said) > MOST_LINES:
        raise TooManyLines
    return [read_line(request, number, text, at) for number, text in said]


def read_line(request: ProgramRequest, number: int, text: bytes, at: datetime) -> Line:
    try:
        return Line(number, statement=statement_of(request, number, text, at))
    except (InvalidInput, ScopeMissing) as error:
        return Line(number, error=error)


def statement_of(request: ProgramRequest, number: int, text: bytes, at: datetime) -> Statement:
    """Return what a line states, read as if it came by itself.

    :raises InvalidInput: with everything that is wrong
    :raises ScopeMissing: if the key lacks the scope for this kind of fact
    """
    body = parse_json(text, first_line=number)
    if not isinstance(body, dict):
        raise InvalidInput(wrong_type("an object", body).problems)
    kind = body.pop("kind", None)
    if not isinstance(kind, str) or kind not in SCOPES:
        raise invalid("/kind", "invalid_choice", f"must be one of {', '.join(SCOPES)}")
    if SCOPES[kind] not in request.key.scopes:
        raise ScopeMissing(number)
    if kind == "event":
        return parse_event(body, now=at)
    external_id = body.pop("id", None)
    if kind == "member":
        return parse_member(external_id, body, now=at)
    return parse_order(external_id, body, currency=request.program.currency, now=at)


def refuse_spoilt(lines: Sequence[Line]) -> None:
    """Refuse a batch as a whole if it has a line that states nothing.

    :raises InvalidInput: with the problems of all lines; pointers begin with a line
    :raises ScopeMissing: if the key lacks the scope of a line
    """
    problems = []
    for line in lines:
        if isinstance(line.error, ScopeMissing):
            raise line.error
        if isinstance(line.error, InvalidInput):
            problems += [
                LineProblem(
                    f"/{line.number}{problem.pointer}",
                    problem.code,
                    problem.detail,
                    line.number,
                )
                for problem in line.error.problems
            ]
    if problems:
        raise InvalidInput(problems[:MOST_PROBLEMS])


def line_body(line: Line, answer: Answer | None) -> dict[str, Any]:
    """Return what became of a line as the contract has it."""
    number = {"line": line.number}
    error = answer.error if answer else line.error
    if error:
        return number | refusal_of(error).body()
    if answer is None:
        raise AssertionError("A line states something, or has an error")
    # An order's own status gives way to the line's: it is what was just stated.
    status = 201 if answer.created else 200
    head = number | {"status": status, "applied": answer.applied}
    return head | answer.body | {"status": status}
