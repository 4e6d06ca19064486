"""What friends have done that may qualify them: orders and events, as they stand now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from loyalty.models import MemberEvent, Order
from referrals.rules.qualification import Friend, FriendOrder


@dataclass(slots=True)
class News:
    """What is being stated about friends and not written yet, by the friend's number."""

    orders: dict[int, dict[str, FriendOrder]] = field(default_factory=lambda: defaultdict(dict))
    events: dict[int, list[tuple[datetime, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )


@dataclass(frozen=True, slots=True)
class Deeds:
    """What is known of some friends: orders, and events with their types."""

    orders: Mapping[int, Sequence[FriendOrder]]
    events: Mapping[int, Sequence[tuple[datetime, str, str]]]

    def of(self, friend_id: int, kind: str, signed_up_at: datetime | None) -> Friend:
        """Return what a friend has done, as far as a program that asks for `kind` cares."""
        events = [(at, by) for at, by, type_ in self.events.get(friend_id, ()) if type_ == kind]
        return Friend(signed_up_at, self.orders.get(friend_id, ()), events)


def deeds_of(friends: Iterable[int], kinds: Iterable[str], news: News) -> Deeds:
    """Return what these friends have done: what is being stated, and all from before.

    `kinds` are the event types that somebody asks for.
    """
    ids = set(friends)
    orders: dict[int, dict[str, FriendOrder]] = defaultdict(dict)
    events: dict[int, dict[str, tuple[datetime, str, str]]] = defaultdict(dict)
    if ids:
        for order in Order.objects.filter(member__in=ids, counts=True).values(
            "member_id", "external_id", "paid_at", "placed_at", "subtotal"
        ):
            at = _moment(order["paid_at"], order["placed_at"])
            known = FriendOrder(order["external_id"], at, order["subtotal"], counts=True)
            orders[order["member_id"]][known.id] = known
    wanted = set(kinds)
    if ids and wanted:
        for event in MemberEvent.objects.filter(member__in=ids, type__in=wanted).values(
            "member_id", "external_id", "occurred_at", "type"
        ):
            found = (event["occurred_at"], f"event:{event['external_id']}", event["type"])
            events[event["member_id"]][found[1]] = found
    for friend_id in ids:
        orders[friend_id] |= news.orders.get(friend_id, {})
        events[friend_id] |= {event[1]: event for event in news.events.get(friend_id, ())}
    return Deeds(
        {friend_id: list(theirs.values()) for friend_id, theirs in orders.items()},
        {friend_id: list(theirs.values()) for friend_id, theirs in events.items()},
    )


@dataclass(frozen=True, slots=True)
class Buyer:
    """By what somebody who has bought may be known: as a member, by an id, as a guest."""

    program: int
    member: int | None = None
    ref: str = ""
    emails: Collection[str] = ()
    phones: Collection[str] = ()


def has_ordered(buyer: Buyer, *, by: datetime, but: str = "") -> bool:
    """Say whether somebody has an order worth something of up to `by`, other than `but`.

    A guest's order counts however long ago it was: it may be too old to be claimed by
    enrolling, and whose it is has bought here all the same.
    """
    worth = Order.objects.filter(program=buyer.program, counts=True).exclude(external_id=but)
    places = [Q(member=buyer.member)] if buyer.member is not None else []
    # Apart, since no index serves all of them.
    places += [Q(waiting=True, member_ref=buyer.ref)] if buyer.ref else []
    places += [Q(waiting=True, guest_email=email) for email in buyer.emails]
    places += [Q(waiting=True, guest_phone=phone) for phone in buyer.phones]
    times = [worth.filter(place).values_list("paid_at", "placed_at") for place in places]
    return any(_moment(*both) <= by for both in times[0].union(*times[1:], all=True))


def _moment(paid_at: datetime | None, placed_at: datetime | None) -> datetime:
    """Return the business time of an order that is worth something."""
    moment = paid_at or placed_at
    if moment is None:
        raise AssertionError("An order that was stated was placed at some time")
    return moment
