"""Gifts: what a member is given for nothing, such as for entering a tier.

Points are granted as if they had been earned. Anything else is a redemption of no
points, so that its voucher, its work and its story are where those of rewards are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from core import bulk
from core.events import NewEvent, record_events
from core.reading import one_of, read_rows
from loyalty.models import Entry, Member, Redemption, Voucher
from loyalty.rules.expiry import NO_HOLD, active_until, schedule
from loyalty.rules.gives import Gives
from loyalty.rules.keys import key_of_return
from loyalty.rules.movements import claw_back, grant
from loyalty.rules.rewards import VoucherTerms
from loyalty.rules.wallets import Cause, NewLot, Source
from loyalty.services.ledger import Book, Posting, draft_postings, write
from loyalty.services.redemptions.announcing import told, told_of_voucher
from loyalty.services.redemptions.issuing import issue_voucher

COLUMNS = tuple(field.attname for field in Redemption._meta.concrete_fields)
NO_END = VoucherTerms()
UNDONE = (Redemption.Fulfilment.OPEN, Redemption.Fulfilment.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Gift:
    """What a member is given, and why. The same `key` is given once for ever.

    `source` names what it comes from, such as ("tier", "vip.gold"); `given_at` is its
    business time.
    """

    member: Member
    gives: Gives
    key: str
    source: Source
    given_at: datetime
    voucher: VoucherTerms = NO_END


def give_gifts(book: Book, gifts: Sequence[Gift], *, at: datetime) -> list[Voucher]:
    """Give members what they are to have; return the vouchers that were issued.

    The caller holds their wallets in `book`, in its own transaction, and makes sure by
    a row of its own that nothing is given twice.

    :raises IntegrityError: if a key was used before
    """
    draft_postings(book, [_granting(book, gift) for gift in gifts if _is_points(gift)])
    write(book)
    record_events([_told_of_points(gift) for gift in gifts if _is_points(gift)])
    others = [gift for gift in gifts if not _is_points(gift)]
    return [
        voucher
        for gift in others
        for voucher in _issue(book, gift, _redemption(book, gift), at)
    ]


def _is_points(gift: Gift) -> bool:
    return gift.gives.kind == "points"


def _granting(book: Book, gift: Gift) -> Posting:
    point_type = book.setup.point_types[gift.gives.point_type]
    zone, given_at = book.setup.zone, gift.given_at
    dates = schedule(NO_HOLD, point_type.expiry, paid_at=given_at, fulfilled_at=None, zone=zone)
    lot = NewLot(gift.gives.points, expires_at=dates.expires_at, idle=dates.idle)
    cause = Cause(gift.key, gift.source, given_at)
    return Posting(
        (gift.member.pk, point_type.id),
        partial(grant, kind="earn", lots=[lot], cause=cause),
        reads="wallet",
        active_until=active_until(point_type.expiry, "earn", given_at, zone),
    )


def _told_of_points(gift: Gift) -> NewEvent:
    kind, name = gift.source
    data: dict[str, Any] = {
        "member": gift.member.external_id,
        "point_type": gift.gives.point_type,
        "points": gift.gives.points,
        kind: name,
    }
    return NewEvent(
        gift.member.program_id, gift.member.pk, "points.earned", data, gift.given_at
    )


def _redemption(book: Book, gift: Gift) -> Redemption:
    """Write a redemption that took no points. Of the point types any one will do."""
    first = next(iter(book.setup.point_types.values()))
    likely = {Redemption: 1, Voucher: int(gift.gives.yields_voucher)}
    book.numbers.reserve(likely)
    redemption = Redemption(
        pk=book.numbers.take(Redemption, 1)[0],
        program_id=gift.member.program_id,
        member=gift.member,
        point_type_id=first.id,
        key=gift.key,
        status=Redemption.Status.CAPTURED,
        points=0,
        discount=gift.gives.discount(None),
        gives=dict(gift.gives.form),
        held_at=gift.given_at,
        settled_at=gift.given_at,
    )
    if gift.gives.needs_work:
        redemption.fulfilment = Redemption.Fulfilment.OPEN
    bulk.insert_rows(Redemption, COLUMNS, [[getattr(redemption, column) for column in COLUMNS]])
    redemption._state.adding = False
    return redemption


def _issue(book: Book, gift: Gift, redemption: Redemption, at: datetime) -> list[Voucher]:
    events = [told(book.setup, "redemption.captured", redemption, at=gift.given_at)]
    issued = []
    if gift.gives.yields_voucher:
        voucher = issue_voucher(book, redemption, gift.voucher, at=gift.given_at)
        events.append(told_of_voucher("voucher.issued", voucher, at=at))
        issued.append(voucher)
    record_events(events)
    return issued


def take_back_gifts(book: Book, owners: Mapping[str, int], *, at: datetime) -> dict[str, str]:
    """Take back what was given under these keys; say by key what became of it.

    `owners` tells by key whose wallets in `book` it is taken from: after a merge those
    of the survivor. `used` says that a voucher was used, or a thing sent, and can only
    be written off; else `taken_back`. Points that are gone follow the point type's debt
    policy. The caller asks once for each key.
    """
    program_id = book.setup.program_id
    entries = Entry.objects.filter(program=program_id, key__in=owners).select_related("wallet")
    draft_postings(book, [_clawback(entry, owners[entry.key], at) for entry in entries])
    write(book)
    became = dict.fromkeys((entry.key for entry in entries), "taken_back")
    for redemption in read_rows(Redemption, program_id, one_of("key", owners), lock=True):
        became[redemption.key] = _undo(book, redemption, at)
    return became


def _clawback(entry: Entry, owner: int, at: datetime) -> Posting:
    points = entry.available + entry.pending
    source = (entry.source_type, entry.source_id)
    cause = Cause(key_of_return(entry.key), source, at)
    wallet = (owner, entry.wallet.point_type_id)
    return Posting(wallet, partial(claw_back, points=points, cause=cause), source=source)


def _undo(book: Book, redemption: Redemption, at: datetime) -> str:
    if redemption.status == Redemption.Status.REVERSED:
        return "taken_back"
    was_used = Voucher.objects.filter(redemption=redemption, used__gt=0).exists()
    was_sent = redemption.fulfilment == Redemption.Fulfilment.FULFILLED
    redemption.status, redemption.settled_at = Redemption.Status.REVERSED, at
    if redemption.fulfilment in UNDONE:
        redemption.fulfilment = Redemption.Fulfilment.CANCELLED
    redemption.save(update_fields=["status", "settled_at", "fulfilment"])
    # Void all the same: it may have uses left.
    Voucher.objects.filter(redemption=redemption, voided_at=None).update(voided_at=at)
    record_events([told(book.setup, "redemption.reversed", redemption, at=at)])
    return "used" if was_used or was_sent else "taken_back"
