"""Whom we must not know any more: erased ids, and facts that still come in about them."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.crypto import salted_hmac

from core import bulk
from loyalty.models import Member, Program, Tombstone
from loyalty.rules.erasure import scrubbed_event, scrubbed_order
from loyalty.rules.statements import EventStatement, MemberStatement, OrderStatement
from loyalty.rules.words import WhyNot
from loyalty.services.facts import Fact, Wave
from loyalty.services.statuses import MemberErased


def bury(program: Program, external_ids: Iterable[str], *, at: datetime) -> None:
    """Remember that these ids were erased, without remembering them."""
    rows = [(program.pk, digest_of(program.pk, one), at) for one in external_ids]
    columns = ("program_id", "hash", "erased_at")
    bulk.insert_rows(Tombstone, columns, rows, unless_exists=True)


def is_erased(program: Program, external_id: str) -> bool:
    """Say whether a member of this id was erased."""
    return bool(_erased_among(program.pk, {external_id}))


def forget_erased(wave: Wave) -> None:
    """Take out of facts who they are about, where that member was erased.

    Such facts are recorded without personal data and move nothing; stating the member
    itself is refused.
    """
    strangers = {
        stated
        for fact in wave.facts
        if fact.member is None and (stated := getattr(fact.statement, "member", None))
    }
    strangers |= {
        fact.statement.id
        for fact in wave.facts
        if fact.member is None and isinstance(fact.statement, MemberStatement)
    }
    erased = _erased_among(wave.setup.program_id, strangers)
    for fact in wave.facts:
        if _is_about(fact, erased):
            _forget(fact)


def _is_about(fact: Fact, erased: set[str]) -> bool:
    if fact.member is not None:
        return fact.member.status == Member.Status.ERASED
    statement = fact.statement
    if isinstance(statement, MemberStatement):
        return statement.id in erased
    return getattr(statement, "member", None) in erased


def _forget(fact: Fact) -> None:
    statement = fact.statement
    fact.is_erased = True
    fact.member = None
    fact.why_nothing = WhyNot.MEMBER_ERASED
    if isinstance(statement, MemberStatement):
        fact.error = MemberErased(
            "the member with this id was erased; the id is not given again"
        )
    elif isinstance(statement, OrderStatement):
        fact.statement = scrubbed_order(statement)
    elif isinstance(statement, EventStatement):
        fact.statement = scrubbed_event(statement)


def _erased_among(program_id: int, external_ids: Iterable[str]) -> set[str]:
    hashes = {digest_of(program_id, one): one for one in external_ids}
    if not hashes:
        return set()
    found = Tombstone.objects.filter(program=program_id, hash__in=hashes)
    return {hashes[bytes(digest)] for digest in found.values_list("hash", flat=True)}


def digest_of(program_id: int, external_id: str) -> bytes:
    """Return what can be compared with an id, and not be turned back into one."""
    salt = f"perennial.tombstone.{program_id}"
    return salted_hmac(salt, external_id, algorithm="sha256").digest()
