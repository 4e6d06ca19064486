"""Cross-origin requests: which browsers' scripts may read an answer (CORS)."""

from collections.abc import Iterable

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from loyalty.models import Program
from storefront.api.auth import ProgramRequest

READABLE = "X-Request-Id, ETag, Retry-After, Idempotent-Replayed"
SENDABLE = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id"


def answer_preflight(request: ProgramRequest, methods: Iterable[str]) -> HttpResponse:
    """Tell a browser whether it may ask at all.

    It does not say which program it will ask for, so any program that lists the
    origin is enough; the answer itself is readable only for the key's own.
    """
    response = HttpResponse(status=204, headers={"Allow": ", ".join(methods)})
    origin = request.META.get("HTTP_ORIGIN")
    if origin and _is_listed(origin):
        _allow(response, origin)
        response["Access-Control-Allow-Methods"] = ", ".join(methods)
        response["Access-Control-Allow-Headers"] = SENDABLE
        response["Access-Control-Max-Age"] = "600"
    return response


def let_browser_read(request: ProgramRequest, response: HttpResponseBase) -> None:
    """Let a script read the answer, if its way in is made for browsers and it is at home."""
    origin = request.META.get("HTTP_ORIGIN")
    if request.open_to is None:
        return
    patch_vary_headers(response, ["Origin"])
    if origin and origin in request.open_to:
        _allow(response, origin)


def _allow(response: HttpResponseBase, origin: str) -> None:
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = READABLE


def _is_listed(origin: str) -> bool:
    lists = Program.objects.exclude(origins=[]).values_list("origins", flat=True)
    return any(origin in origins for origins in lists)
