"""Answering a repeated request with what was answered first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Q
from django.utils.crypto import salted_hmac

from core.errors import DomainError
from loyalty.models import Member
from storefront.models import ApiKey, IdempotencyKey

KEPT = timedelta(days=30)
# No request takes longer; one that seems to has died with its process.
GIVEN_UP = timedelta(minutes=1)
# Old rows are cleared away in passing, once in so many new ones.
CLEAR_EVERY = 200


class KeyInProgress(DomainError):
    """A request with the same key is still being worked on."""

    code = "in_progress"


class KeyReused(DomainError):
    """The key was used before, for another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Answer:
    """The bytes of an answer, with its status."""

    status: int
    content_type: str
    body: bytes


def claim_key(
    *,
    api_key: ApiKey | None,
    member: Member | None = None,
    key: str,
    fingerprint: bytes,
    at: datetime,
) -> IdempotencyKey:
    """Begin to work on a request, or return what was answered before (`status`).

    The key is the API key's own, or the member's where a shopper asks.

    :raises KeyInProgress: if the same request is being worked on now
    :raises KeyReused: if the key stands for another request
    """
    known_as = (key, unnamed(key))
    rows = IdempotencyKey.objects.filter(api_key=api_key, member=member, key__in=known_as)
    rows.filter(created_at__lte=at - KEPT).delete()
    try:
        row, made = rows.get_or_create(
            defaults={
                "api_key": api_key,
                "member": member,
                "key": key,
                "fingerprint": fingerprint,
                "claimed_at": at,
                "created_at": at,
            }
        )
    except IntegrityError:
        # It was there, and gone when we looked: released this very moment.
        raise KeyInProgress("A request with this key has just ended; repeat it.") from None
    if made:
        _clear_old(row, at)
        return row
    if bytes(row.fingerprint) != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request.")
    if row.status is None:
        _take_over(row, at)
    return row


def unnamed(key: str) -> str:
    """Return as what a key is kept that named somebody who was erased: it still answers."""
    digest = salted_hmac("storefront.services.idempotency", key, algorithm="sha256")
    return f"erased {digest.hexdigest()}"


def store_answer(*, row: IdempotencyKey, answer: Answer) -> None:
    """Keep what was answered, for as long as the key is kept."""
    IdempotencyKey.objects.filter(pk=row.pk).update(
        status=answer.status, content_type=answer.content_type, body=answer.body
    )


def release_key(*, row: IdempotencyKey, broke_off: bool) -> None:
    """Let the key be used again, after a request that did nothing.

    After one that broke off nobody knows what it did: then the row stays, and
    the next repeat of the same request does it under the same `work_key`.
    """
    if broke_off:
        IdempotencyKey.objects.filter(pk=row.pk).update(claimed_at=None)
    else:
        IdempotencyKey.objects.filter(pk=row.pk).delete()


def _take_over(row: IdempotencyKey, at: datetime) -> None:
    free = Q(claimed_at=None) | Q(claimed_at__lte=at - GIVEN_UP)
    taken = IdempotencyKey.objects.filter(free, pk=row.pk, status=None).update(claimed_at=at)
    if not taken:
        raise KeyInProgress("A request with this key is still being worked on.")


def _clear_old(row: IdempotencyKey, at: datetime) -> None:
    if row.pk % CLEAR_EVERY == 0:
        IdempotencyKey.objects.filter(created_at__lte=at - KEPT).delete()
