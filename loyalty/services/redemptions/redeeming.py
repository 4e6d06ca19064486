"""Redeeming: the way from what is asked for to points that are held or spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from core import bulk
from core.events import record_events
from core.reading import any_of, one_of, read_rows
from core.transactions import retrying
from loyalty.models import Entry, Hold, Member, Redemption, Reward, Voucher
from loyalty.queries.member_facts import NO_TIERS
from loyalty.queries.rewards import facts_for, used_of
from loyalty.queries.setup import PointTypeSetup, Setup, setup_of
from loyalty.rules import movements
from loyalty.rules.expiry import active_until
from loyalty.rules.redemption import (
    AlreadyRedeemed,
    LimitReached,
    MemberSuspended,
    NotEligible,
    NotRedeemable,
    hold_end,
)
from loyalty.rules.rewards import CompiledReward
from loyalty.rules.wallets import Cause, Draft, InsufficientPoints
from loyalty.services.adjustments import Requested
from loyalty.services.ledger import Book, Posting, draft_postings, open_book, write
from loyalty.services.redemptions.announcing import told, told_of_voucher
from loyalty.services.redemptions.asking import (
    RedemptionRequest,
    price_asked,
    prices_of,
    reward_asked,
    with_known_total,
)
from loyalty.services.redemptions.exchanging import granting
from loyalty.services.redemptions.issuing import issue_voucher
from loyalty.services.redemptions.stock import (
    is_counted,
    lock_reward,
    refuse_sold_out,
    take_one,
)

COLUMNS = tuple(field.attname for field in Redemption._meta.concrete_fields)
OVER = (Redemption.Status.VOIDED, Redemption.Status.EXPIRED, Redemption.Status.REVERSED)


@dataclass(frozen=True, slots=True)
class Bargain:
    """Who wants which reward at what terms, when."""

    member: Member
    reward: CompiledReward
    request: RedemptionRequest
    requested: Requested
    facts: Mapping[str, Any]

    @property
    def at(self) -> datetime:
        return self.requested.at


@retrying
def redeem_reward(
    *,
    member: Member,
    request: RedemptionRequest,
    requested: Requested,
    tiers: Mapping[str, str] = NO_TIERS,
) -> Redemption:
    """Reserve points for a reward or a payment, or spend them at once.

    A repeated key returns the first redemption, however it stands now. What yields a
    code has its voucher from the start; using that captures the redemption. `tiers`
    are those that the member holds, by ladder: a reward may be for some only.

    :raises InvalidInput: with a pointer, if it is not clear what is wanted
    :raises MemberSuspended: if the member may not redeem
    :raises NotRedeemable: if the reward is not on offer now; NotEligible, if not to them
    :raises AlreadyRedeemed: if the order has the reward already, and may have it once
    :raises LimitReached: if one of the reward's limits leaves no room
    :raises InsufficientPoints: if fewer points are available
    :raises OutOfStock: if none is left
    :raises DomainError: below_minimum, not_a_step, above_maximum, for a payment
    """
    setup = setup_of(member.program)
    if request.is_claimed:
        request = with_known_total(member, request)
    reward = reward_asked(setup, request)
    facts = facts_for(setup, [reward], member, at=requested.at, tiers=tiers)
    bargain = Bargain(member, reward, request, requested, facts)
    types = [setup.point_types[code].id for code in _point_types(reward)]
    book = open_book(setup, members=[member.pk], point_types=types, at=requested.at)
    known = _known(setup, bargain)
    for redemption in known:
        if redemption.key == requested.key:
            return redemption
    _refuse(bargain, known)
    point_type, points = price_asked(book, member.pk, reward, request)
    available = book.wallets[member.pk, point_type.id].available
    if points > available:
        raise InsufficientPoints(points - available, available=available)
    row = _reserve(setup, bargain, points)
    redemption = _spend(book, bargain, point_type, points)
    _finish(book, bargain, redemption, row)
    return redemption


def _point_types(reward: CompiledReward) -> list[str]:
    """Return all point types that the redemption may move."""
    gives = reward.gives
    return [*prices_of(reward), *([gives.point_type] if gives.kind == "points" else [])]


def _known(setup: Setup, bargain: Bargain) -> Sequence[Redemption]:
    """Return, under lock, what this key has redeemed before, and what the order has."""
    asked = [one_of("key", [bargain.requested.key])]
    if bargain.request.order:
        asked.append(one_of("order_ref", [bargain.request.order]))
    return read_rows(Redemption, setup.program_id, any_of(*asked))


def _refuse(bargain: Bargain, known: Sequence[Redemption]) -> None:
    reward, at = bargain.reward, bargain.at
    if not bargain.member.may_redeem:
        raise MemberSuspended("this member may not redeem")
    why_not = reward.why_not_offered(at, bargain.facts)
    if why_not == "not_redeemable":
        raise NotRedeemable(f"{reward.code} is not on offer now")
    if why_not:
        raise NotEligible(f"{reward.code} is not for this member")
    if reward.several_per_order:
        return
    for earlier in known:
        if _is_the_same(earlier, bargain) and earlier.status_at(at) not in OVER:
            detail = f"order {earlier.order_ref} has redeemed this before"
            raise AlreadyRedeemed(detail, redemption=str(earlier))


def _is_the_same(earlier: Redemption, bargain: Bargain) -> bool:
    """Say whether another redemption of the order is of the same reward or payment."""
    if earlier.member_id != bargain.member.pk or earlier.reward_id != bargain.reward.id:
        return False
    return bargain.reward.id is not None or earlier.gives == bargain.reward.gives.form


def _reserve(setup: Setup, bargain: Bargain, points: int) -> Reward | None:
    """Lock the reward's row and make sure that one more may be had of it."""
    reward, at = bargain.reward, bargain.at
    if reward.id is None:
        return None
    row = lock_reward(setup, reward.id, alone=is_counted(reward))
    used = used_of(setup, [reward], bargain.member, at=at)
    limit = reward.limit_reached(used.get(reward.code, ()), points)
    if limit is not None:
        raise LimitReached(f"{reward.code} was redeemed to its limit", limit=limit.explain())
    refuse_sold_out(setup, row, at=at)
    return row


def _spend(book: Book, bargain: Bargain, point_type: PointTypeSetup, points: int) -> Redemption:
    """Move the points, and write the redemption beside the entries that moved them."""
    redemption = _drawn_up(book, bargain, point_type, points)
    postings = [_taking(book.setup, redemption, bargain)]
    if redemption.captured_points:
        cause = _cause(redemption, "earn", bargain.at)
        postings += granting(book.setup, redemption, cause)
    taken: Draft = draft_postings(book, postings)[0][0]
    write(book)
    if taken.hold is None:
        redemption.spent_by_id = taken.id
    else:
        redemption.hold_id = taken.hold.id
    values = [getattr(redemption, column) for column in COLUMNS]
    bulk.insert_rows(Redemption, COLUMNS, [values])
    redemption._state.adding = False
    return redemption


def _drawn_up(
    book: Book, bargain: Bargain, point_type: PointTypeSetup, points: int
) -> Redemption:
    request, reward, at = bargain.request, bargain.reward, bargain.at
    # What will be asked for later is fetched along with it.
    likely = {Redemption: 1, Entry: 1, Hold: not request.capture, Voucher: bool(reward.voucher)}
    book.numbers.reserve(likely)
    redemption = Redemption(
        pk=book.numbers.take(Redemption, 1)[0],
        program=bargain.member.program,
        member=bargain.member,
        point_type_id=point_type.id,
        reward_id=reward.id,
        key=bargain.requested.key,
        status=Redemption.Status.HELD,
        points=points,
        discount=_discount(reward, request, points),
        claimed_total=request.order_total if request.is_claimed else None,
        gives=reward.gives.form,
        order_ref=request.order,
        held_at=at,
        expires_at=hold_end(at, request.ttl),
    )
    if request.capture:
        redemption.status = Redemption.Status.CAPTURED
        redemption.captured_points = points
        redemption.expires_at, redemption.settled_at = None, at
        if reward.gives.needs_work:
            redemption.fulfilment = Redemption.Fulfilment.OPEN
    return redemption


def _discount(reward: CompiledReward, request: RedemptionRequest, points: int) -> int | None:
    if reward.gives.pay is not None:
        return reward.gives.pay.worth(points)
    return reward.gives.discount(request.order_total)


def _taking(setup: Setup, redemption: Redemption, bargain: Bargain) -> Posting:
    """Return what takes the points out of what is available."""
    wallet = (redemption.member_id, redemption.point_type_id)
    points, at = redemption.points, bargain.at
    if redemption.expires_at is not None:
        cause = _cause(redemption, "hold", at)
        hold = partial(
            movements.hold, points=points, expires_at=redemption.expires_at, cause=cause
        )
        return Posting(wallet, hold, reads="spending", spends=points)
    cause = _cause(redemption, "redeem", at)
    spend = partial(movements.spend, kind="redeem", points=points, cause=cause)
    expiry = setup.point_type(redemption.point_type_id).expiry
    until = active_until(expiry, "redeem", at, setup.zone)
    return Posting(wallet, spend, reads="spending", spends=points, active_until=until)


def _cause(redemption: Redemption, what: str, at: datetime) -> Cause:
    return Cause(f"{what}:{redemption}", ("redemption", str(redemption)), at)


def _finish(book: Book, bargain: Bargain, redemption: Redemption, row: Reward | None) -> None:
    """Take one from the stock, issue the voucher, and tell the outside."""
    at = bargain.at
    redemption.reward = row
    word = "redemption.held" if redemption.expires_at else "redemption.captured"
    events = [told(book.setup, word, redemption, at=at)]
    if row is not None:
        take_one(row)
    if bargain.reward.voucher is not None:
        voucher = issue_voucher(book, redemption, bargain.reward.voucher, at=at)
        events.append(told_of_voucher("voucher.issued", voucher, at=at))
    record_events(events)
