"""Merging two members who are one person, and undoing it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from core.errors import DomainError, NotFound
from core.events import NewEvent, record_events
from core.transactions import retrying
from loyalty.models import (
    Adjustment,
    Decision,
    LimitUse,
    Member,
    MemberEvent,
    Merge,
    Order,
    Program,
    Redemption,
    Voucher,
)
from loyalty.queries.setup import setup_of
from loyalty.rules.wallets import Source
from loyalty.services.adjustments import Requested
from loyalty.services.identity import give_back_identity, take_identity
from loyalty.services.ledger import Book, close_wallets, open_book
from loyalty.services.moving import Move, move_points, renumbered, return_points
from loyalty.services.statuses import (
    MemberClosed,
    MemberErased,
    give_back_suspension,
    take_suspension,
)
from loyalty.services.transfers import SameMember

UNDO_WITHIN = timedelta(days=30)
STATES = ("status", "earning_suspended", "redeeming_suspended")
# Rows that are moved by number; decisions and uses of limits follow their facts.
BY_NUMBER: dict[str, Any] = {
    "orders": Order,
    "events": MemberEvent,
    "redemptions": Redemption,
    "vouchers": Voucher,
}
# Adjustments that wait for somebody, and those that were made, and may count for tiers.
ADJUSTED = {
    "adjustments": Adjustment.Status.AWAITING,
    "adjusted": Adjustment.Status.POSTED,
}
CHUNK = 1_000


class AlreadyMerged(DomainError):
    """The member was merged into another before."""

    code = "already_merged"


class RedemptionOpen(DomainError):
    """Points are reserved for a redemption that is still open."""

    code = "redemption_open"


class AlreadyUndone(DomainError):
    """The merge was undone before; that happens once."""

    code = "already_undone"


class UndoTooLate(DomainError):
    """A merge can be undone for 30 days."""

    code = "undo_too_late"


@retrying
def merge_members(
    *, member: Member, into: Member, requested: Requested, reason: str = ""
) -> Merge:
    """Let one member become another: points, debt, orders and all that goes with them.

    Lots keep their source and dates. From now on the merged id means the survivor.
    Give the rows of the two ids as they are, not whom they lead to. A repeated key
    returns the first merge.

    :raises SameMember: if the two are one
    :raises AlreadyMerged: if one of them was merged into another before
    :raises MemberClosed: if one of them is closed
    :raises MemberErased: if one of them was erased
    :raises RedemptionOpen: if one of them has points reserved for a checkout
    """
    program = member.program
    if into.program_id != program.pk:
        raise NotFound("There is no such member in this program.")
    merged, survivor = _lock(program, member.pk, into.pk)
    key = f"merge:{requested.key}"
    if earlier := Merge.objects.filter(program=program, key=key).first():
        return earlier
    _refuse_merged([merged, survivor])
    book = _open_book(program, [merged, survivor], requested.at)
    merge = Merge.objects.create(
        program=program,
        merged=merged,
        into=survivor,
        key=key,
        reason=reason,
        merged_at=requested.at,
        undo_until=requested.at + UNDO_WITHIN,
    )
    move = Move(merged.pk, survivor.pk, f"merge:{merge.pk}", _source(merge), requested.at)
    merge.moved = (
        {"state": [getattr(merged, name) for name in STATES]}
        | move_points(book, move)
        | _move_rows(merged, survivor)
        | {"suspension": take_suspension(merged, survivor, at=requested.at)}
        | {"identity": take_identity(merged, survivor)}
    )
    merge.save(update_fields=["moved"])
    close_wallets([merged.pk])
    _renumber_lots(merge, back=False)
    _announce(merge, "member.merged", requested.at)
    return merge


@retrying
def undo_merge(*, merge: Merge, at: datetime, gifts: Collection[str] = ()) -> Merge:
    """Make two members of one again, within 30 days.

    What is left of the moved lots goes back, and so does what was moved with them;
    spent points stay spent, and what the survivor did since stays the survivor's.
    `gifts` are the keys of those that the merged member was given.

    :raises AlreadyUndone: if it was undone before
    :raises UndoTooLate: after 30 days
    :raises AlreadyMerged: if the survivor was itself merged into another since
    :raises MemberErased: if they were erased since
    :raises RedemptionOpen: if one of them has points reserved for a checkout
    """
    program = merge.program
    merged, survivor = _lock(program, merge.merged_id, merge.into_id)
    merge = Merge.objects.select_for_update(no_key=True).get(pk=merge.pk)
    if merge.undone_at:
        raise AlreadyUndone("this merge was undone before")
    if at >= merge.undo_until:
        raise UndoTooLate(f"this merge could be undone until {merge.undo_until:%Y-%m-%d}")
    _refuse_merged([survivor], even_closed=True)
    book = _open_book(program, [merged, survivor], at)
    moved = merge.moved
    facts = _facts_of(moved)
    move = Move(survivor.pk, merged.pk, f"unmerge:{merge.pk}", _source(merge), at)
    moved["lifetimes"] = return_points(book, move, moved, facts, gifts)
    close_wallets([merged.pk], is_closed=False)
    _return_rows(merged, survivor, moved, facts)
    _renumber_lots(merge, back=True)
    for name, value in zip(STATES, moved["state"], strict=True):
        setattr(merged, name, value)
    give_back_suspension(survivor, moved["suspension"], at=at)
    give_back_identity(merged, survivor, moved["identity"], at=at)
    merged.save(update_fields=STATES)
    merge.undone_at = at
    merge.save(update_fields=["undone_at", "moved"])
    _announce(merge, "member.merge_undone", at)
    return merge


def _source(merge: Merge) -> Source:
    return "merge", f"mrg_{merge.pk}"


def _lock(program: Program, *numbers: int) -> list[Member]:
    """Lock member rows in id order; return them in the order of `numbers`.

    Before the wallets, as does whoever states a member.
    """
    if len(set(numbers)) < len(numbers):
        raise SameMember("a merge needs two members")
    locked = Member.objects.select_for_update(no_key=True).order_by("pk")
    rows = {member.pk: member for member in locked.filter(program=program, pk__in=numbers)}
    for member in rows.values():
        member.program = program
    return [rows[number] for number in numbers]


def _refuse_merged(members: Sequence[Member], *, even_closed: bool = False) -> None:
    """Refuse those who are somebody else now, or nobody."""
    open_merges = Merge.objects.filter(merged__in=[m.pk for m in members], undone_at=None)
    merge = open_merges.select_related("merged", "into").first()
    if merge is not None:
        raise AlreadyMerged(
            f"member {merge.merged.external_id} was merged into {merge.into.external_id}"
        )
    for member in members:
        if member.status == Member.Status.ERASED:
            raise MemberErased("the member was erased")
        if member.status == Member.Status.CLOSED and not even_closed:
            raise MemberClosed(f"member {member.external_id} is closed")


def _open_book(program: Program, members: Sequence[Member], at: datetime) -> Book:
    """Open both members' wallets, in which holds whose time is over have ended."""
    numbers = [member.pk for member in members]
    book = open_book(setup_of(program), members=numbers, at=at, even_closed=True)
    if any(wallet.held for wallet in book.wallets.values()):
        raise RedemptionOpen("points are reserved; capture or void the redemption first")
    return book


def _move_rows(merged: Member, survivor: Member) -> dict[str, Any]:
    """Make the rows of one member another's; return their numbers."""
    moved: dict[str, Any] = {}
    for name, model in BY_NUMBER.items():
        rows = model.objects.filter(member=merged)
        moved[name] = list(rows.order_by("pk").values_list("pk", flat=True))
        rows.update(member=survivor)
    for name, status in ADJUSTED.items():
        adjustments = Adjustment.objects.filter(member=merged, status=status)
        moved[name] = list(adjustments.order_by("pk").values_list("pk", flat=True))
        adjustments.update(member=survivor)
    for model in (Decision, LimitUse):
        model.objects.filter(member=merged).update(member=survivor)
    return moved


def _return_rows(
    merged: Member, survivor: Member, moved: dict[str, Any], facts: set[Source]
) -> None:
    for name, model in BY_NUMBER.items():
        for numbers in _chunks(moved[name]):
            rows = model.objects.filter(pk__in=numbers, member=survivor)
            rows.update(member=merged)
    # What was decided since was decided about the survivor.
    for name, status in ADJUSTED.items():
        adjustments = Adjustment.objects.filter(pk__in=moved[name], member=survivor)
        adjustments.filter(status=status).update(member=merged)
    for kind, words in (("order", ("order", "refund", "claim")), ("event", ("event", "claim"))):
        for ids in _chunks([fact_id for what, fact_id in facts if what == kind]):
            decisions = Decision.objects.filter(member=survivor, fact_type__in=words)
            decisions.filter(fact_id__in=ids).update(member=merged)
            uses = LimitUse.objects.filter(member=survivor, source_type=kind)
            uses.filter(source_id__in=ids).update(member=merged)


def _facts_of(moved: dict[str, Any]) -> set[Source]:
    """Return the orders, events and redemptions that were moved, as entries name them."""
    found: set[Source] = {("redemption", f"red_{pk}") for pk in moved["redemptions"]}
    for kind, name in (("order", "orders"), ("event", "events")):
        for numbers in _chunks(moved[name]):
            rows = BY_NUMBER[name].objects.filter(pk__in=numbers)
            found |= {(kind, row_id) for row_id in rows.values_list("external_id", flat=True)}
    return found


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _renumber_lots(merge: Merge, *, back: bool) -> None:
    """Let orders whose lots may yet get other dates know the numbers they have now."""
    numbers: dict[int, int] = {}
    for lots in merge.moved["lots"].values():
        for new, old in lots.items():
            numbers |= {int(new): old} if back else {old: int(new)}
    for chunk in _chunks(merge.moved["orders"]):
        waiting = Order.objects.filter(~Q(posted={}), pk__in=chunk).only("posted")
        for order in waiting:
            posted = renumbered(order.posted, numbers)
            if posted != order.posted:
                Order.objects.filter(pk=order.pk).update(posted=posted)


def _announce(merge: Merge, kind: str, at: datetime) -> None:
    data = {"member": merge.merged.external_id, "into": merge.into.external_id}
    record_events(
        [
            NewEvent(merge.program_id, member_id, kind, data, at)
            for member_id in (merge.merged_id, merge.into_id)
        ]
    )
