"""Suspending, reactivating and closing members."""

from datetime import datetime
from typing import Any

from core.errors import DomainError, invalid
from core.events import NewEvent, record_events
from core.transactions import retrying
from loyalty.models import Member, Merge

SUSPENSION = ("status", "earning_suspended", "redeeming_suspended", "suspension_reason")


class MemberClosed(DomainError):
    """The member was closed or erased and takes no more statements."""

    code = "member_closed"


class MemberErased(DomainError):
    """The member was erased; nobody can have this id again."""

    code = "member_erased"


@retrying
def suspend_member(
    *, member: Member, earning: bool, redeeming: bool, reason: str = "", at: datetime
) -> Member:
    """Stop a member from earning, from redeeming, or both.

    Facts are recorded and earn nothing; they are not made up later. Suspending again
    replaces what was suspended before.

    :raises InvalidInput: if neither is to be suspended
    :raises MemberClosed: if the member is closed or was merged into another
    :raises MemberErased: if the member was erased
    """
    if not earning and not redeeming:
        raise invalid("", "nothing_suspended", "say what: earning, redeeming or both")
    locked = _lock_open(member)
    wanted = (Member.Status.SUSPENDED, earning, redeeming, reason)
    if _take_over(member, locked, wanted):
        said = {"earning": earning, "redeeming": redeeming, "reason": reason}
        _announce(member, "member.suspended", at, said)
    return member


@retrying
def reactivate_member(*, member: Member, at: datetime) -> Member:
    """Let a suspended or closed member earn and redeem again.

    :raises MemberClosed: if the member was merged into another
    :raises MemberErased: if the member was erased
    """
    locked = _lock(member)
    if _take_over(member, locked, (Member.Status.ACTIVE, False, False, "")):
        # What there was to celebrate meanwhile is not made up for.
        member.celebrated_until = max(at, locked.celebrated_until or at)
        member.save(update_fields=["celebrated_until"])
        _announce(member, "member.reactivated", at, {})
    return member


@retrying
def close_member(*, member: Member, reason: str = "", at: datetime) -> Member:
    """Close a member for good: facts are recorded, and nothing is earned or redeemed.

    What it has stays until it expires, since a member can be reactivated.

    :raises MemberClosed: if the member was merged into another
    :raises MemberErased: if the member was erased
    """
    locked = _lock(member)
    wanted = (
        Member.Status.CLOSED,
        locked.earning_suspended,
        locked.redeeming_suspended,
        reason or locked.suspension_reason,
    )
    if _take_over(member, locked, wanted):
        _announce(member, "member.closed", at, {})
    return member


def _lock(member: Member) -> Member:
    locked = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if locked.status == Member.Status.ERASED:
        raise MemberErased("the member was erased")
    if Merge.objects.filter(merged=locked, undone_at=None).exists():
        raise MemberClosed(f"member {locked.external_id} was merged into another")
    return locked


def _lock_open(member: Member) -> Member:
    locked = _lock(member)
    if not locked.is_open:
        raise MemberClosed(f"member {locked.external_id} is closed")
    return locked


def _take_over(member: Member, locked: Member, wanted: tuple[Any, ...]) -> bool:
    """Give the member these values; say whether that changes anything."""
    changed = tuple(getattr(locked, name) for name in SUSPENSION) != wanted
    for name, value in zip(SUSPENSION, wanted, strict=True):
        setattr(member, name, value)
    if changed:
        member.save(update_fields=SUSPENSION)
    return changed


def _announce(member: Member, kind: str, at: datetime, said: dict[str, Any]) -> None:
    data = {"member": member.external_id} | said
    record_events([NewEvent(member.program_id, member.pk, kind, data, at)])
