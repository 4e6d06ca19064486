"""Erasing a member: everything that identifies a person goes, the ledger stays."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from core.events import NewEvent, events_about, record_events, rewrite_events
from core.locks import lock_names
from core.transactions import LookAgain, retrying
from loyalty.models import Adjustment, ConsentChange, Entry, Member, Merge, Redemption, Voucher
from loyalty.queries.members import merged_into, survivor_of
from loyalty.queries.setup import setup_of
from loyalty.rules import movements
from loyalty.rules.erasure import renamed, scrubbed_data
from loyalty.rules.wallets import Cause
from loyalty.services.adjustments import Requested
from loyalty.services.forgetting import (
    forget_decisions,
    forget_events,
    forget_log,
    forget_orders,
)
from loyalty.services.identity import ADDRESSES
from loyalty.services.ledger import Posting, close_wallets, open_book, post
from loyalty.services.redemptions import void_redemption
from loyalty.services.statuses import MemberErased
from loyalty.services.tombstones import bury

# What is left of a member: its number, its random id and how long it was one.
BLANK: dict[str, Any] = {
    "status": Member.Status.ERASED,
    "earning_suspended": True,
    "redeeming_suspended": True,
    "suspension_reason": "",
    "name": "",
    "email": None,
    "phone": None,
    "card": None,
    "birthday": None,
    "birthday_known_since": None,
    "born_on": None,
    "joined_on": None,
    "locale": "",
    "timezone": "",
    "attributes": {},
    "consents": {},
}


@retrying
def erase_member(*, member: Member, at: datetime) -> list[int]:
    """Erase a person: this member, and all who were merged into one with it.

    Ledger rows stay, under a random id; open holds end. The ids can never enrol again,
    and facts about them are recorded without personal data and earn nothing. Ids of
    orders, lines, refunds and events are the shop's own and stay, as do the reasons of
    adjustments, which the ledger seals. Returns the numbers of all who were this person.

    :raises MemberErased: if it was erased before
    """
    program = member.program
    family = _lock_family(member)
    known_as = {one.external_id: f"erased-{uuid4().hex}" for one in family}
    numbers = [one.pk for one in family]
    _end_holds(family, at)
    close_wallets(numbers)
    bury(program, known_as, at=at)
    order_numbers = forget_orders(family, program)
    forget_events(family, program)
    forget_decisions(family, program)
    _forget_particulars(numbers, at)
    forget_log(numbers, order_numbers)
    for one in family:
        Member.objects.filter(pk=one.pk).update(external_id=known_as[one.external_id], **BLANK)
    _rewrite_announcements(family, known_as)
    member.refresh_from_db()
    data = {"member": member.external_id}
    record_events([NewEvent(program.pk, member.pk, "member.erased", data, at)])
    return numbers


def identifying_texts(member: Member) -> set[str]:
    """Return every text by which stored answers would tell who a member is."""
    family = _family_of(member)
    names = ("external_id", "name", *ADDRESSES)
    texts = {getattr(one, name) for one in family for name in names}
    numbers = [one.pk for one in family]
    adjusted = Entry.objects.filter(adjustment__member__in=numbers)
    texts |= {f"ent_{pk}" for pk in adjusted.values_list("pk", flat=True)}
    redeemed = Redemption.objects.filter(member__in=numbers)
    texts |= {f"red_{pk}" for pk in redeemed.values_list("pk", flat=True)}
    vouchers = Voucher.objects.filter(member__in=numbers)
    texts |= set(vouchers.values_list("shown", flat=True))
    return {text for text in texts if text}


def _lock_family(member: Member) -> list[Member]:
    """Lock everybody who is this person, and their ids against being stated now."""
    program = member.program
    family = _family_of(member)
    names = ("external_id", *ADDRESSES)
    texts = {getattr(one, name) for one in family for name in names}
    lock_names(program.pk, {text for text in texts if text})
    rows = Member.objects.select_for_update(no_key=True).order_by("pk")
    locked = list(rows.filter(pk__in=[one.pk for one in family]))
    for one in locked:
        one.program = program
    if any(one.status == Member.Status.ERASED for one in locked):
        raise MemberErased("the member was erased before")
    if {one.pk for one in _family_of(member)} != {one.pk for one in locked}:
        # Merged with somebody, or taken apart, before the rows were locked.
        raise LookAgain
    return locked


def _family_of(member: Member) -> list[Member]:
    """Return everybody who is this person now."""
    survivor = survivor_of(Member.objects.get(pk=member.pk))
    return [survivor, *merged_into(survivor)]


def _end_holds(family: Sequence[Member], at: datetime) -> None:
    """Give back what is held: nobody will come for it."""
    numbers = [one.pk for one in family]
    program = family[0].program
    held = Redemption.objects.filter(member__in=numbers, status=Redemption.Status.HELD)
    for redemption in held.order_by("pk"):
        if redemption.status_at(at) == Redemption.Status.HELD:
            void_redemption(redemption=redemption, requested=Requested("erased", at))
    book = open_book(setup_of(program), members=numbers, at=at, even_closed=True)
    postings = [
        Posting(key, partial(_void_all, at=at))
        for key, wallet in book.wallets.items()
        if wallet.held
    ]
    post(book, postings)


def _void_all(wallet: Any, new_id: Any, *, at: datetime) -> Sequence[Any]:
    drafts: list[Any] = []
    for hold in list(wallet.holds.values()):
        if hold.open_points:
            cause = Cause(f"erased:{wallet.id}:{hold.id}", ("hold", str(hold.id)), at)
            points = hold.open_points
            drafts += movements.void(wallet, new_id, hold=hold, points=points, cause=cause)
    return drafts


def _forget_particulars(numbers: Sequence[int], at: datetime) -> None:
    """Empty what people wrote about a member, and what only this member could use."""
    ConsentChange.objects.filter(member__in=numbers).delete()
    adjustments = Adjustment.objects.filter(member__in=numbers)
    adjustments.update(note="")
    adjustments.filter(status=Adjustment.Status.AWAITING).update(
        status=Adjustment.Status.REJECTED, decided_at=at
    )
    Redemption.objects.filter(member__in=numbers).update(fulfilment_note="")
    for voucher in Voucher.objects.filter(member__in=numbers):
        # Whoever still has the code has a thing of value, and would name its owner by it.
        voucher.code, voucher.shown = f"ERASED{voucher.pk}", "erased"
        voucher.voided_at = voucher.voided_at or at
        voucher.save(update_fields=["code", "shown", "voided_at"])
    for side in ("merged", "into"):
        for merge in Merge.objects.filter(**{f"{side}__in": numbers}):
            merge.reason = ""
            merge.moved = {"lifetimes": merge.moved.get("lifetimes", {})}
            merge.save(update_fields=["reason", "moved"])


def _rewrite_announcements(family: Sequence[Member], known_as: dict[str, str]) -> None:
    """Take the person out of the event log, and out of what still has to go out."""
    numbers = {one.pk for one in family}
    addresses = [getattr(one, name) for one in family for name in ADDRESSES]
    texts = [*known_as, *(address for address in addresses if address)]
    found = events_about(family[0].program_id, member_ids=sorted(numbers), texts=texts)
    rewritten = []
    for event in found:
        change = scrubbed_data if event.member_id in numbers else renamed
        data = change(event.data, known_as)
        if data != event.data:
            rewritten.append((event, data))
    rewrite_events(rewritten)
