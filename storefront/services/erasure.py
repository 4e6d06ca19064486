"""Erasing a member at the door as well: answers that were kept for repeats tell of it."""

import json
import re
from collections.abc import Set
from datetime import datetime

from django.db.models import Q, QuerySet

from core.transactions import retrying
from engine.lives import erase_person
from loyalty.models import Member
from loyalty.services.erasing import identifying_texts
from storefront.models import IdempotencyKey
from storefront.services.claims import said_by_claim
from storefront.services.idempotency import unnamed

CONFLICT = 409
# So many characters are not in a key by chance.
DISTINCT = 4
PROBLEM = "application/problem+json"
ERASED = {
    "type": "urn:perennial:problem:member_erased",
    "title": "Conflict",
    "status": CONFLICT,
    "detail": "This was answered before, and erased with the member that it told of.",
    "code": "member_erased",
}


@retrying
def forget_member(*, member: Member, at: datetime) -> None:
    """Erase a member, and what was answered about it, under keys that name it as well.

    What was asked for stays done: who repeats it learns that the answer is gone.

    :raises MemberErased: if it was erased before
    """
    texts = identifying_texts(member)
    erase_person(member=member, at=at)
    _forget_answers(member, texts)
    _forget_keys(member, texts)


def _forget_answers(member: Member, texts: Set[str]) -> None:
    names, said = _as_values(texts), _as_words(texts)
    gone = {
        "status": CONFLICT,
        "content_type": PROBLEM,
        "body": json.dumps(ERASED).encode(),
    }
    for row in _rows_of(member).exclude(status=None).iterator():
        # Only a refusal tells something in a sentence.
        telling = said if row.status == CONFLICT else names
        answer = bytes(row.body or b"").decode()
        if telling.search(answer) or telling.search(said_by_claim(answer)):
            IdempotencyKey.objects.filter(pk=row.pk).update(**gone)


def _forget_keys(member: Member, texts: Set[str]) -> None:
    """Rename keys that name a member, so that a repeat under them is known as one."""
    named = re.compile("|".join(map(_within_a_key, texts)), re.IGNORECASE)
    for row in _rows_of(member).only("key").iterator():
        if named.search(row.key):
            IdempotencyKey.objects.filter(pk=row.pk).update(key=unnamed(row.key))


def _within_a_key(text: str) -> str:
    """Return what finds a text in a key; a short one would be in half of all keys."""
    found = re.escape(text)
    return found if len(text) >= DISTINCT else rf"(?<!\w){found}(?!\w)"


def _rows_of(member: Member) -> QuerySet[IdempotencyKey]:
    mine = Q(member__program=member.program_id) | Q(api_key__program=member.program_id)
    return IdempotencyKey.objects.filter(mine)


def _as_values(texts: Set[str]) -> re.Pattern[str]:
    """Return what finds one of these as a whole value of a JSON document."""
    values = (json.dumps(text, ensure_ascii=False) for text in texts)
    return re.compile("|".join(re.escape(value) for value in values))


def _as_words(texts: Set[str]) -> re.Pattern[str]:
    """Return what finds one of these anywhere, but not within a longer word."""
    words = sorted(texts, key=len, reverse=True)
    either = "|".join(re.escape(word) for word in words)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")
