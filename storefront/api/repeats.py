"""The Idempotency-Key header: claiming it, and keeping what was answered."""

from hashlib import sha256

import structlog
from django.db import DatabaseError
from django.http import HttpResponse

from core import clock
from core.errors import invalid
from storefront.api.auth import ProgramRequest
from storefront.models import IdempotencyKey
from storefront.services.idempotency import Answer, claim_key, release_key, store_answer

logger = structlog.get_logger(__name__)

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LONGEST_KEY = 255


class AlreadyAnsweredError(Exception):
    """The request was answered before; `answer` has the bytes."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


def claim_request(request: ProgramRequest, *, required: bool) -> IdempotencyKey | None:
    """Claim the request's Idempotency-Key, if it has one.

    :raises AlreadyAnsweredError: if it was answered before
    :raises InvalidInput: if the key is missing where it is required, or malformed
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if request.method not in UNSAFE or (key is None and not required):
        return None
    if key is None:
        detail = "This request moves points: it needs the header Idempotency-Key."
        raise invalid("", "idempotency_key_required", detail)
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
        detail = f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters."
        raise invalid("", "invalid_idempotency_key", detail)
    row = claim_key(
        api_key=request.api_key,
        member=request.shopper,
        key=key,
        fingerprint=fingerprint(request),
        at=clock.real_now(),
    )
    if row.status is not None:
        raise AlreadyAnsweredError(replay(row))
    return row


def fingerprint(request: ProgramRequest) -> bytes:
    """Return what tells this request from another with the same key."""
    address = f"{request.method} {request.get_full_path()}\n"
    return sha256(address.encode() + request.body).digest()


def replay(row: IdempotencyKey) -> HttpResponse:
    """Return the bytes that were answered first."""
    answer = HttpResponse(
        bytes(row.body or b""),
        status=row.status,
        content_type=row.content_type,
        headers={"Idempotent-Replayed": "true"},
    )
    if not row.content_type:
        # There was nothing to read, as in a 204.
        del answer["Content-Type"]
    return answer


def settle_request(row: IdempotencyKey, response: HttpResponse) -> None:
    """Keep an answer that stands: success, or a rule that said no.

    What was malformed may be mended and sent again under the same key. The
    caller has an answer by now, so a database that fails here only means that a
    repeat waits until the key is given up.
    """
    status = response.status_code
    try:
        if status < 300 or status == 409:
            answer = Answer(status, response.get("Content-Type", ""), response.content)
            store_answer(row=row, answer=answer)
        else:
            release_key(row=row, broke_off=status >= 500)
    except DatabaseError:
        logger.exception("idempotency_key_not_settled")
