"""What every address of the API has in common."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, ClassVar, cast
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import structlog
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import bad_request
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import invalid
from loyalty.rules.statements.reading import Parser
from storefront.api.auth import HasFittingKind, HasScope, KeyAuthentication, ProgramRequest
from storefront.api.browsers import answer_preflight, let_browser_read
from storefront.api.document import Description
from storefront.api.errors import BodyTooLarge, LengthRequired, answer_problem
from storefront.api.parsers import JSONParser
from storefront.api.reading import read_query
from storefront.api.repeats import AlreadyAnsweredError, claim_request, settle_request
from storefront.models import ApiKey, IdempotencyKey
from storefront.services.tokens import Shopper

SAFE = ("GET", "HEAD")
LONGEST_REQUEST_ID = 128
# An order of a thousand lines fits in; five megabytes are a mistake.
LARGEST_BODY = 1_000_000
MOST_DRAINED = 32_000_000


class OneForm(DefaultContentNegotiation):
    """Answers have one form, whatever `Accept` says."""

    def select_renderer(
        self,
        request: Request,
        renderers: Any,
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ProgramView(APIView):
    """An address of the API: it parses, makes one call and answers.

    `scopes`: each alone opens it; none means any key does. `in_browsers`: so does
    a publishable key. `parameters` says what may stand behind the question
    mark, and how it is read. `needs_key`: a POST wants an Idempotency-Key.
    `names_a_member`: the request does, who may not be there, though the address does
    not. `is_one_object`: a GET answers with an ETag. `tag` and `noun` are what the
    OpenAPI document calls it.
    """

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasFittingKind, HasScope]
    content_negotiation_class: Any = OneForm
    renderer_classes = [JSONRenderer]
    parser_classes: list[type[BaseParser]] = [JSONParser]
    schema = Description()

    tag: ClassVar[str] = ""
    noun: ClassVar[str] = ""
    scopes: ClassVar[frozenset[str]] = frozenset()
    in_browsers: ClassVar[bool] = False
    parameters: ClassVar[Mapping[str, Parser]] = {}
    needs_key: ClassVar[bool] = False
    names_a_member: ClassVar[bool] = False
    is_one_object: ClassVar[bool] = False
    largest_body: ClassVar[int] = LARGEST_BODY

    claim: IdempotencyKey | None = None

    def initialize_request(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> ProgramRequest:
        asked = ProgramRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )
        asked.request_id = request_id_of(request)
        return asked

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request = cast(ProgramRequest, request)
        refuse_broken_address(request)
        if request.method == "OPTIONS":
            return
        super().initial(request, *args, **kwargs)
        if request.META.get("QUERY_STRING"):
            request.query = read_query(request.query_params, self.parameters)
        refuse_large_body(request, self.largest_body)
        required = self.needs_key and request.method == "POST"
        self.claim = claim_request(request, required=required)
        if self.claim:
            request.work_key = self.claim.work_key

    def perform_authentication(self, request: Request) -> None:
        asked, who = cast(ProgramRequest, request), request.auth
        asked.api_key = who if isinstance(who, ApiKey) else None
        asked.shopper = who.member if isinstance(who, Shopper) else None

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return answer_preflight(request, self.allowed_methods)

    def get_exception_handler(self) -> Any:
        return answer_problem

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, AlreadyAnsweredError):
            return exc.answer
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        request = cast(ProgramRequest, request)
        response = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(response, Response):
            response.render()
        if self.claim:
            settle_request(self.claim, response)
        if self.is_one_object and request.method in SAFE and response.status_code == 200:
            response = unless_known(request, response)
        response["X-Request-Id"] = request.request_id
        let_browser_read(request, response)
        return response


class NothingHere(ProgramView):
    """Any address that the contract does not name."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_broken_address(request)
        raise Http404


class Unread(ProgramView):
    """The refusal of a request that did not get as far as its address."""

    schema = None  # type: ignore[assignment]
    error: Exception = SuspiciousOperation()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise self.error


def answer_unread(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Say what Django had against a request: to programs as a problem, to people as a page."""
    if request.path_info.startswith("/api/"):
        return Unread.as_view(error=exception)(request)
    return bad_request(request, exception)


class ReadOnly(ProgramView):
    """The refusal of all other methods at an address that is a page to read."""

    schema = None  # type: ignore[assignment]
    authentication_classes = []
    permission_classes = []

    def get(self, request: ProgramRequest) -> Response:
        raise Http404


def read_only(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return a page of another framework that refuses other methods as we do."""
    refuse = ReadOnly.as_view()

    def answer(request: HttpRequest) -> HttpResponseBase:
        return page(request) if request.method in SAFE else refuse(request)

    # There is no form to forge: what is not safe is refused.
    return csrf_exempt(answer)


def request_id_of(request: HttpRequest) -> str:
    """Return the id that the caller gave the request, or a new one; the log has it too."""
    stated: str = request.META.get("HTTP_X_REQUEST_ID", "")
    if 0 < len(stated) <= LONGEST_REQUEST_ID and stated.isascii() and stated.isprintable():
        request_id = stated
    else:
        begun = structlog.contextvars.get_contextvars().get("request_id")
        request_id = str(begun) if begun and not stated else str(uuid4())
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def refuse_broken_address(request: Request) -> None:
    """Refuse an address whose bytes are no text; Django would make up another.

    :raises InvalidInput: `not_utf8`
    """
    path: bytes = request.META.get("perennial.path", b"")
    query = unquote_to_bytes(request.META.get("QUERY_STRING", ""))
    for part, said in (("path", path), ("query", query)):
        try:
            said.decode()
        except UnicodeDecodeError:
            detail = f"The {part} of the address is not percent-encoded UTF-8."
            raise invalid("", "not_utf8", detail) from None


def refuse_large_body(request: Request, largest: int) -> None:
    """Look at the length of a body before any of it is kept.

    :raises BodyTooLarge: if it is longer than `largest`
    :raises LengthRequired: if it does not say; Django would take it for empty
    """
    length: str = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    if int(length or 0) > largest:
        _drain(cast(HttpRequest, request), min(int(length), MOST_DRAINED))
        raise BodyTooLarge(largest)


def _drain(request: HttpRequest, length: int) -> None:
    """Take in a body that nobody wants, or its sender breaks off and misses the answer."""
    while length > 0 and (chunk := request.read(min(length, 65_536))):
        length -= len(chunk)


def unless_known(request: Request, response: HttpResponse) -> HttpResponse:
    """Give an answer its ETag, or only that if the caller has the same already."""
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" in known or etag in (each.removeprefix("W/") for each in known):
        response = HttpResponse(status=304)
    response["ETag"] = etag
    return response
