"""Who is asking: API keys, and what each may touch."""

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from core import clock
from loyalty.models import Program
from storefront.models import ApiKey
from storefront.services.keys import authenticate_token


class ProgramRequest(Request):
    """A request of one storefront: it knows its key, and so its program.

    `query` has what stands behind the question mark. `work_key` is what services
    know the request by, "" unless it carries an Idempotency-Key.
    """

    query: Mapping[str, Any] = {}
    request_id = ""
    work_key = ""
    api_key: ApiKey | None = None

    @property
    def key(self) -> ApiKey:
        """Return the key of a request that has been let in."""
        if self.api_key is None:
            raise exceptions.NotAuthenticated
        return self.api_key

    @property
    def program(self) -> Program:
        return self.key.program


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_…` or `pk_…`."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        stated = request.META.get("HTTP_AUTHORIZATION", "")
        if not stated:
            return None
        scheme, _, token = stated.partition(" ")
        if scheme.lower() != "bearer":
            raise exceptions.AuthenticationFailed(
                "Expected 'Authorization: Bearer <key>'.", code="invalid_key"
            )
        key = authenticate_token(token=token.strip(), at=clock.real_now())
        if key is None:
            raise exceptions.AuthenticationFailed(
                "This key is unknown or was revoked.", code="invalid_key"
            )
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="perennial"'


class HasFittingKind(BasePermission):
    """A publishable key lies open in browsers, so it opens little."""

    code = "wrong_key_kind"
    message = "A publishable key does not open this address; use a secret key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        return key.kind == ApiKey.Kind.SECRET or getattr(view, "in_browsers", False)


class HasScope(BasePermission):
    """The key has one of the scopes that open an address."""

    code = "insufficient_scope"
    message = "The key lacks the scope for this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        scopes: frozenset[str] = getattr(view, "scopes", frozenset())
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        return not scopes or not scopes.isdisjoint(key.scopes)
