"""Claims: tiers and benefits, signed, for others to check without asking us."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.response import Response

from core import clock
from loyalty.models import Member
from loyalty.rules.statements.reading import Fault, Parser
from loyalty.rules.statements.values import parse_label, parse_quantity, parse_whole
from storefront.api.auth import ProgramRequest
from storefront.api.ids import find_member
from storefront.api.program_view import ProgramView
from storefront.api.reading import read_fields, time_within
from storefront.api.shapes import claims as shapes
from storefront.api.shapes import query
from storefront.models import ClaimsKey
from storefront.services.claims import (
    ALGORITHM,
    DEFAULT_AUDIENCE,
    DEFAULT_LIFE,
    LONGEST_LIFE,
    TYPE,
    claims_keys,
    make_claim,
    rotate_claims_key,
    secret_of,
)

# Names that begin so are for tokens of other kinds.
RESERVED = "perennial:"
DEFAULT_OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)


def parse_life(value: object) -> timedelta:
    """Return how long a claim is to be good, in seconds, up to an hour."""
    return time_within(parse_quantity(value), LONGEST_LIFE)


def parse_overlap(value: object) -> timedelta:
    """Return how long an old key still signs, in seconds; 0 ends it at once."""
    return time_within(parse_whole(value), LONGEST_OVERLAP)


def parse_audience(value: object) -> str:
    """Return for whom a claim is meant: a name that its checkers agree on."""
    audience = parse_label(value)
    if audience.startswith(RESERVED):
        raise Fault.of("reserved", f"must not begin with {RESERVED}")
    return audience


CLAIM: Mapping[str, Parser] = {"ttl": parse_life, "audience": parse_audience}
ROTATION: Mapping[str, Parser] = {"overlap": parse_overlap}


class ClaimView(ProgramView):
    """Making claims."""

    tag = "Tiers"
    noun = "claim"
    scopes = frozenset({"tiers"})

    @extend_schema(
        request=shapes.ClaimStatement,
        responses={201: OpenApiResponse(shapes.ClaimAnswer, "Made. It is kept nowhere.")},
        examples=[
            OpenApiExample("For a chat", shapes.CLAIM, request_only=True),
            OpenApiExample("Made", shapes.MADE, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest, member_id: str) -> Response:
        """Vouch for a member's tiers and benefits to somebody who does not ask us.

        A JSON Web Token with `iss` (the program), `aud`, `sub` (the member), `tiers` by
        ladder, `benefits`, `iat`, `exp` and `jti`. It is good for five minutes unless
        `ttl` says otherwise, by real time in a sandbox too, and never longer than the
        tiers in it last. `GET /program/claims-key` has what it is checked with. It
        opens nothing here. 404 also for a member who has left.
        """
        return claim_answer(request, find_member(request.program, member_id))


class ClaimsKeyView(ProgramView):
    """What claims are checked with."""

    tag = "Tiers"
    noun = "claims_key"
    scopes = frozenset({"admin", "program"})
    parameters = {"audience": parse_audience}

    @extend_schema(
        parameters=query.AUDIENCE,
        responses=shapes.ClaimsKeys,
        examples=[OpenApiExample("One key", shapes.KEYS, response_only=True)],
    )
    def get(self, request: ProgramRequest) -> Response:
        """Get the secrets that claims for an audience are checked with.

        A claim's header names its key (`kid`). While a rotation is under way there are
        two. Whoever has a secret can make claims for that audience: hand it to servers
        that you trust with it, and never to a browser.
        """
        keys = claims_keys(program=request.program, at=clock.real_now())
        return Response(_keys_body(request, keys))


class ClaimsKeyRotationView(ProgramView):
    """Changing what claims are signed with."""

    tag = "Tiers"
    noun = "claims_key_rotation"
    scopes = frozenset({"admin", "program"})

    @extend_schema(
        request=shapes.RotationStatement,
        responses=OpenApiResponse(shapes.ClaimsKeyFaces, "Both keys, the new one first."),
        examples=[
            OpenApiExample("Within a day", shapes.ROTATION, request_only=True),
            OpenApiExample("Two keys", shapes.ROTATED, response_only=True),
        ],
    )
    def post(self, request: ProgramRequest) -> Response:
        """Announce a new key, for all audiences, that signs after `overlap` seconds.

        A day unless stated: the time for checkers to fetch its secret. The old one ends
        an hour after that. `overlap` 0 is for a secret that leaked: the new key signs at
        once, and what the others signed is no longer good. 409 `rotation_under_way`.
        """
        stated = read_fields(request.data, ROTATION)
        keys = rotate_claims_key(
            program=request.program,
            overlap=stated.get("overlap", DEFAULT_OVERLAP),
            at=clock.real_now(),
        )
        # Answers to a POST may be kept, and secrets are kept nowhere.
        return Response({"keys": [_key_face(key) for key in keys]})


def claim_answer(request: ProgramRequest, member: Member) -> Response:
    """Answer with a claim about a member, as the request asks for it."""
    stated = read_fields(request.data, CLAIM)
    claim = make_claim(
        member=member,
        audience=stated.get("audience", DEFAULT_AUDIENCE),
        life=stated.get("ttl", DEFAULT_LIFE),
        now=clock.real_now(),
        at=request.program.now(),
    )
    return Response({"claim": claim.text, "expires_at": claim.expires_at}, status=201)


def _keys_body(request: ProgramRequest, keys: Sequence[ClaimsKey]) -> dict[str, Any]:
    audience = request.query.get("audience", DEFAULT_AUDIENCE)
    return {
        "issuer": request.program.slug,
        "audience": audience,
        "algorithm": ALGORITHM,
        "type": TYPE,
        "keys": [_key_face(key) | {"secret": secret_of(key, audience)} for key in keys],
    }


def _key_face(key: ClaimsKey) -> dict[str, Any]:
    return {"kid": key.kid, "signs_from": key.signs_from, "ends_at": key.ends_at}
