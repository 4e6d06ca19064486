"""Who is asking: API keys and shoppers, and what each may touch."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from core import clock
from loyalty.models import Member, Program
from storefront.models import ApiKey
from storefront.services.keys import authenticate_token
from storefront.services.tokens import Shopper, read_token

FOR_TOKENS = "A member token opens /me and nothing else."
FOR_SHOPPERS = "Here a shopper asks, with a member token; a key finds this under /members."


class ProgramRequest(Request):
    """A request of a storefront or of a shopper: it knows whose, and so its program.

    `query` has what stands behind the question mark. `work_key` is what services
    know the request by, "" unless it carries an Idempotency-Key. `open_to` has the
    sites whose scripts may read the answer; None: it is not for browsers.
    """

    query: Mapping[str, Any] = {}
    request_id = ""
    work_key = ""
    api_key: ApiKey | None = None
    shopper: Member | None = None
    open_to: Collection[str] | None = None

    @property
    def key(self) -> ApiKey:
        """Return the key of a request that has been let in."""
        if self.api_key is None:
            raise exceptions.NotAuthenticated
        return self.api_key

    @property
    def me(self) -> Member:
        """Return the shopper of a request that has been let in."""
        if self.shopper is None:
            raise exceptions.NotAuthenticated
        return self.shopper

    @property
    def program(self) -> Program:
        return self.shopper.program if self.shopper else self.key.program


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_…`, `pk_…`, or a member token."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey | Shopper] | None:
        stated = request.META.get("HTTP_AUTHORIZATION", "")
        if not stated:
            return None
        scheme, _, token = stated.partition(" ")
        if scheme.lower() != "bearer":
            raise exceptions.AuthenticationFailed(
                "Expected 'Authorization: Bearer <key>'.", code="invalid_key"
            )
        token = token.strip()
        # Only a JSON Web Token has two dots in it.
        if token.count(".") == 2:
            return None, shopper_of(cast(ProgramRequest, request), token)
        return None, key_of(cast(ProgramRequest, request), token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="perennial"'


class ShopperAuthentication(KeyAuthentication):
    """The same; the OpenAPI document asks for a member token."""


def key_of(request: ProgramRequest, token: str) -> ApiKey:
    """:raises AuthenticationFailed: if no live key has this token"""
    key = authenticate_token(token=token, at=clock.real_now())
    if key is None:
        raise exceptions.AuthenticationFailed(
            "This key is unknown or was revoked.", code="invalid_key"
        )
    if key.kind == ApiKey.Kind.PUBLISHABLE:
        request.open_to = key.program.origins
    return key


def shopper_of(request: ProgramRequest, token: str) -> Shopper:
    """:raises AuthenticationFailed: if the token is not ours, over, or its member gone"""
    shopper = read_token(token)
    if shopper is None:
        raise exceptions.AuthenticationFailed(
            "This member token is not valid.", code="invalid_token"
        )
    # A script has to learn that its token is over, or it cannot ask for another.
    request.open_to = shopper.member.program.origins
    if shopper.is_over(clock.real_now()):
        raise exceptions.AuthenticationFailed(
            "This member token has expired.", code="token_expired"
        )
    return shopper


class HasFittingKind(BasePermission):
    """A publishable key lies open in browsers, so it opens little."""

    code = "wrong_key_kind"
    message = "A publishable key does not open this address; use a secret key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = request.auth
        if isinstance(key, Shopper):
            raise exceptions.PermissionDenied(FOR_TOKENS, self.code)
        if not isinstance(key, ApiKey):
            return False
        return key.kind == ApiKey.Kind.SECRET or getattr(view, "in_browsers", False)


class IsShopper(BasePermission):
    """What belongs to a shopper is asked for with the shopper's own token."""

    code = HasFittingKind.code
    message = FOR_SHOPPERS

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Shopper)


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
