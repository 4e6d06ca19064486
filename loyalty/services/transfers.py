"""Transfers: points that one member passes on to another."""

from dataclasses import replace
from functools import partial

from core.errors import DomainError
from core.events import NewEvent, record_events
from core.transactions import retrying
from loyalty.models import Entry, Member, PointType
from loyalty.queries.setup import setup_of
from loyalty.rules.movements import grant, spend
from loyalty.rules.redemption import MemberSuspended
from loyalty.rules.wallets import Cause, Draft, NewLot
from loyalty.services.adjustments import Requested
from loyalty.services.ledger import Posting, open_book, post


class SameMember(DomainError):
    """Points cannot be transferred to the member who sends them."""

    code = "same_member"


@retrying
def transfer_points(
    *,
    sender: Member,
    recipient: Member,
    point_type: PointType,
    points: int,
    requested: Requested,
) -> Entry:
    """Pass points from one member to another; lots keep their expiry.

    A repeated key returns the first transfer's entry (the sender's).

    :raises InsufficientPoints: if the sender has fewer available
    :raises SameMember: if sender and recipient are one
    :raises MemberSuspended: if the sender may not redeem or the recipient not earn
    """
    if sender.pk == recipient.pk:
        raise SameMember("a transfer needs two members")
    if not sender.may_redeem or not recipient.may_earn:
        raise MemberSuspended("one of the members is suspended or closed")
    setup = setup_of(sender.program)
    book = open_book(
        setup,
        members=[sender.pk, recipient.pk],
        point_types=[point_type.pk],
        at=requested.at,
    )
    key = f"transfer:{requested.key}"
    earlier = Entry.objects.filter(program=sender.program, key=f"{key}:out").first()
    if earlier:
        return earlier
    source = ("transfer", requested.key)
    out = Cause(f"{key}:out", source, requested.at)
    movement = partial(spend, kind="transfer_out", points=points, cause=out)
    wallet = (sender.pk, point_type.pk)
    sent = post(book, [Posting(wallet, movement)])[0][0]
    idle_at = book.wallets[wallet].idle_at
    # Each lot arrives with the expiry that it had.
    lots = [NewLot(move.spent, expires_at=move.lot.ends_at(idle_at)) for move in sent.moves]
    received = partial(
        grant, kind="transfer_in", lots=lots, cause=replace(out, key=f"{key}:in")
    )
    post(book, [Posting((recipient.pk, point_type.pk), received, reads="wallet")])
    _announce_transfer(sender, recipient, point_type, sent)
    return Entry.objects.get(pk=sent.id)


def _announce_transfer(
    sender: Member, recipient: Member, point_type: PointType, sent: Draft
) -> None:
    data = {
        "from": sender.external_id,
        "to": recipient.external_id,
        "point_type": point_type.code,
        "points": -sent.available,
    }
    record_events(
        [
            NewEvent(
                sender.program_id,
                member.pk,
                "points.transferred",
                data,
                sent.cause.occurred_at,
            )
            for member in (sender, recipient)
        ]
    )
