"""Every failure becomes a problem of RFC 9457, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import DomainError, InvalidInput, NotFound, Problem, Unavailable
from engine.program_file.errors import FileProblem
from storefront.services.idempotency import KeyReused

logger = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"
SOON = {"Retry-After": "1"}
LATER = {"Retry-After": "5"}

# What is neither a rule that said no (409) nor a faulty input (400).
STATUSES: Mapping[type[DomainError], int] = {NotFound: 404, KeyReused: 422, Unavailable: 503}
FORBIDDEN = frozenset({"not_a_sandbox"})
# What RFC 9110 renamed.
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


class BodyTooLarge(exceptions.APIException):
    """The body is larger than this address takes."""

    status_code = 413
    default_code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body may have at most {limit:,} bytes here.")


class LengthRequired(exceptions.APIException):
    """The body comes in chunks, and nobody could say where it ends."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send the body with a Content-Length, not in chunks."


@dataclass(frozen=True)
class LineProblem(Problem):
    """A problem of a body that has lines, as batches have."""

    line: int = 0


@dataclass(frozen=True)
class Refusal:
    """What is said to a caller who does not get what was asked for."""

    status: int
    code: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the members of the problem, without the request's id."""
        return {
            **self.extra,
            "type": f"urn:perennial:problem:{self.code}",
            "title": title_of(self.status),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }


def title_of(status: int) -> str:
    """Return a status in words, the same on every Python."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer with what went wrong. REST framework calls this for every error."""
    refusal = refusal_of(error)
    return Response(
        {**refusal.body(), "request_id": context["request"].request_id},
        status=refusal.status,
        headers=dict(refusal.headers),
        content_type=PROBLEM,
    )


@singledispatch
def refusal_of(error: Exception) -> Refusal:
    """Return what a caller may know of an error: of an unforeseen one, nothing."""
    logger.error("request_failed", exc_info=error)
    return Refusal(500, "internal_error", "Something went wrong here. It has been noted.")


@refusal_of.register
def _refused(error: DomainError) -> Refusal:
    status = 403 if error.code in FORBIDDEN else 409
    for kind, its_status in STATUSES.items():
        if isinstance(error, kind):
            status = its_status
    headers = SOON if status == 503 else {}
    return Refusal(status, error.code, error.detail, error.extra, headers)


@refusal_of.register
def _invalid(error: InvalidInput) -> Refusal:
    errors = [_told(problem, error) for problem in error.problems]
    codes = {problem.code for problem in error.problems}
    # With one thing wrong, its own name says more than that something is.
    code = codes.pop() if len(codes) == 1 else error.code
    return Refusal(400, code, error.detail, {**error.extra, "errors": errors})


def _told(problem: Problem, error: InvalidInput) -> dict[str, Any]:
    told: dict[str, Any] = {
        "pointer": problem.pointer,
        "code": problem.code,
        "detail": problem.detail,
    }
    if "line" in error.extra:
        told["line"] = error.extra["line"]
    if isinstance(problem, LineProblem):
        told["line"] = problem.line
    if isinstance(problem, FileProblem):
        told |= {"line": problem.place.line, "column": problem.place.column}
    return told


@refusal_of.register
def _of_the_framework(error: exceptions.APIException) -> Refusal:
    codes = error.get_codes()
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    code = codes if isinstance(codes, str) else error.default_code
    extra = getattr(error, "extra", {})
    return Refusal(error.status_code, code, str(error.detail), extra, headers)


@refusal_of.register
def _not_here(error: Http404) -> Refusal:
    return Refusal(404, "not_found", str(error) or "There is nothing at this address.")


@refusal_of.register
def _too_big(error: RequestDataTooBig) -> Refusal:
    return Refusal(413, BodyTooLarge.default_code, "The body is too large.")


@refusal_of.register
def _misaddressed(_error: DisallowedHost) -> Refusal:
    return Refusal(400, "unknown_host", "ALLOWED_HOSTS does not name this Host.")


@refusal_of.register
def _suspicious(_error: SuspiciousOperation) -> Refusal:
    return Refusal(400, "bad_request", "The request cannot be read.")


@refusal_of.register
def _broken_off(error: UnreadablePostError) -> Refusal:
    return Refusal(400, "body_incomplete", "The body broke off before its end.")


@refusal_of.register(OperationalError)
@refusal_of.register(InterfaceError)
def _unreachable(error: Exception) -> Refusal:
    logger.error("database_unreachable", exc_info=error)
    detail = "The database cannot be reached. Try again soon."
    return Refusal(503, Unavailable.code, detail, headers=LATER)
