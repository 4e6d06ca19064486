"""Suspending, reactivating and closing members."""

from collections.abc import Mapping, Sequence
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
        _announce(member, "member.suspended", at, _said(member))
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


def take_suspension(merged: Member, survivor: Member, *, at: datetime) -> dict[str, Any]:
    """Hold a survivor to what the merged member was suspended from as well.

    Nobody comes free by becoming another. Both rows are locked by the caller; returns
    how the survivor stood before and how it stands now, for an undo.
    """
    before = _suspension_of(survivor)
    if merged.status == Member.Status.SUSPENDED:
        if survivor.status != Member.Status.SUSPENDED:
            survivor.status = Member.Status.SUSPENDED
            survivor.suspension_reason = merged.suspension_reason
        survivor.earning_suspended |= merged.earning_suspended
        survivor.redeeming_suspended |= merged.redeeming_suspended
        _announce_suspension(survivor, before, at)
    return {"before": before, "after": _suspension_of(survivor)}


def give_back_suspension(survivor: Member, taken: Mapping[str, Any], *, at: datetime) -> None:
    """Take from the survivor again what it was held to, unless staff decided since."""
    after = _suspension_of(survivor)
    if taken["before"] == taken["after"] or after != taken["after"]:
        return
    for name, value in zip(SUSPENSION, taken["before"], strict=True):
        setattr(survivor, name, value)
    # What there was to celebrate meanwhile is not made up for.
    survivor.celebrated_until = max(at, survivor.celebrated_until or at)
    survivor.save(update_fields=["celebrated_until"])
    _announce_suspension(survivor, after, at)


def _suspension_of(member: Member) -> list[Any]:
    return [getattr(member, name) for name in SUSPENSION]


def _announce_suspension(member: Member, before: Sequence[Any], at: datetime) -> None:
    """Write what a member is suspended from now, and tell it if it is news."""
    if _suspension_of(member) == before:
        return
    member.save(update_fields=SUSPENSION)
    if member.status == Member.Status.ACTIVE:
        _announce(member, "member.reactivated", at, {})
    else:
        _announce(member, "member.suspended", at, _said(member))


def _said(member: Member) -> dict[str, Any]:
    return {
        "earning": member.earning_suspended,
        "redeeming": member.redeeming_suspended,
        "reason": member.suspension_reason,
    }


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
