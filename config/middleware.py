"""What lies between the server and a view. The API passes most of it by.

Sessions and messages are for people with a browser. Whoever asks with a key
shows it every time, and need not wait for them.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import structlog
from csp import middleware as policies
from csp.constants import HEADER
from django.conf import settings
from django.contrib.auth import middleware as staff
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import request as requests

from config.proxies import Network, client_of

API = "/api/v1/"
NOTHING = "default-src 'none'; frame-ancestors 'none'"


class ClientAddressMiddleware:
    """Puts the caller's address where everybody looks for it: REMOTE_ADDR."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        trusted: Sequence[Network] = settings.TRUSTED_PROXIES
        if trusted:
            peer = request.META.get("REMOTE_ADDR", "")
            forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
            request.META["REMOTE_ADDR"] = client_of(peer, forwarded, trusted)
        return self.get_response(request)


class ForPeople:
    """Lets what is asked of the API pass by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(API):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(ForPeople, sessions.SessionMiddleware):
    """Whose browser it is."""


class AuthenticationMiddleware(ForPeople, staff.AuthenticationMiddleware):
    """Who of the staff it is."""


class MessageMiddleware(ForPeople, messages.MessageMiddleware):
    """What the next page has to say."""


class ContentPolicyMiddleware(policies.CSPMiddleware):
    """What a page may load; an answer that is no page, nothing."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        if response.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, NOTHING)
        return response


class RequestMiddleware(requests.RequestMiddleware):
    """Lines of the log about requests, put together only where they are kept."""

    log = logging.getLogger(requests.__name__)

    def prepare(self, request: HttpRequest) -> None:
        if self.log.isEnabledFor(logging.INFO):
            super().prepare(request)
        else:
            request_id = request.META.get("HTTP_X_REQUEST_ID") or str(uuid4())
            structlog.contextvars.bind_contextvars(request_id=request_id)

    def handle_response(self, request: HttpRequest, response: Any) -> None:
        if response.status_code >= 400 or self.log.isEnabledFor(logging.INFO):
            super().handle_response(request, response)
        else:
            structlog.contextvars.clear_contextvars()
