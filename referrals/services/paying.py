"""Pay what referrals have come to, and take back what they have not: made to agree.

To be called with the wallets of those who are paid locked in the book: that is what
keeps caps and milestones from being counted twice at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from core.events import record_events
from core.periods import add_period
from loyalty.models import Member, Voucher
from loyalty.rules.codes import compared, make_code
from loyalty.rules.gives import Gives
from loyalty.rules.rewards import VoucherTerms
from loyalty.services.gifts import Gift, give_gifts, take_back_gifts
from loyalty.services.redemptions.announcing import told_of_voucher
from referrals.models import Payout, Referral, ReferralProgram
from referrals.queries.advocates import paid_in_window
from referrals.rules.payouts import Cap, cost_of, milestones_due
from referrals.rules.programs import CompiledReferrals, Side
from referrals.rules.states import State
from referrals.services.settling import Settling

ADVOCATE, FRIEND = Payout.Side.ADVOCATE, Payout.Side.FRIEND
GIVEN = Payout.Outcome.GIVEN

# While a referral stands so, what its friend was given at the claim is the friend's. One
# that waits for review keeps what it has and gets nothing.
CLAIMED = frozenset(
    {State.CLAIMED, State.SIGNED_UP, State.QUALIFIED, State.REWARDED, State.EXPIRED}
)
QUALIFIED = frozenset({State.QUALIFIED, State.REWARDED})


def settle_payouts(
    settling: Settling, referrals: Sequence[Referral], *, are_new: bool = False
) -> None:
    """Pay both sides of the (locked) referrals what their states ask for, as they fell due.

    Those that `are_new` have nothing yet.
    """
    standing = {} if are_new else _standing(referrals)
    recounted: dict[tuple[int, int], CompiledReferrals] = {}
    for referral in sorted(referrals, key=_turn):
        if referral.state == State.FLAGGED:
            continue
        terms = settling.terms(referral)
        for side in (FRIEND, ADVOCATE):
            _settle_side(settling, referral, side, standing.get((referral.pk, side)))
        recounted[referral.advocate_id, referral.referral_program_id] = terms
    for (advocate_id, program_id), terms in recounted.items():
        if terms.milestones:
            settle_milestones(settling, advocate_id, program_id, terms)


def _turn(referral: Referral) -> tuple[datetime, int]:
    return referral.due_at or referral.claimed_at, referral.pk


def _standing(referrals: Sequence[Referral]) -> dict[tuple[int, str], Payout]:
    rows = Payout.objects.filter(referral__in=referrals, taken_back_at=None)
    return {(row.referral_id or 0, row.side): row for row in rows.select_related("voucher")}


def _settle_side(
    settling: Settling, referral: Referral, side: str, payout: Payout | None
) -> None:
    wanted = _wanted(settling.terms(referral), referral, side)
    if payout is None:
        if wanted is not None and not _reinstate(referral, side, wanted):
            _pay_side(settling, referral, side, wanted)
        return
    if wanted is None:
        if not (settling.terms(referral).keeps and payout.outcome == GIVEN):
            take_back(settling, payout)
            if side == ADVOCATE:
                _fill_room(settling, referral, payout.due_at)
    elif _has_changed(settling, referral, payout, wanted):
        # Points by the amount of an order that has changed: the ledger shows both.
        take_back(settling, payout)
        _pay_side(settling, referral, side, wanted)


def _has_changed(settling: Settling, referral: Referral, payout: Payout, wanted: Gives) -> bool:
    is_given = payout.outcome == GIVEN and not settling.terms(referral).keeps
    return is_given and payout.gives != dict(wanted.form)


def _wanted(terms: CompiledReferrals, referral: Referral, side: str) -> Gives | None:
    """Return what a side is to have; None is nothing."""
    state = State(referral.state)
    if side == ADVOCATE:
        has_it = terms.advocate is not None and state == State.REWARDED
    else:
        has_it = terms.friend is not None and state in (
            CLAIMED if terms.friend_at_claim else QUALIFIED
        )
    chosen = _side(terms, side)
    gives = chosen.gift.for_amount(referral.amount) if has_it and chosen else None
    if gives is None or referral.friend_id is not None or gives.yields_voucher:
        return gives
    # A code can be used by anybody; whatever else it is, the friend must be a member.
    return None


def _side(terms: CompiledReferrals, side: str) -> Side | None:
    return terms.advocate if side == ADVOCATE else terms.friend


def _pay_side(settling: Settling, referral: Referral, side: str, gives: Gives) -> None:
    terms = settling.terms(referral)
    at_claim = side == FRIEND and terms.friend_at_claim
    due_at = referral.claimed_at if at_claim else referral.qualified_at
    if side == ADVOCATE:
        due_at = referral.due_at
    assert due_at is not None, "what is paid has a time from which on it is due"
    member_id = referral.advocate_id if side == ADVOCATE else referral.friend_id
    payout = Payout(
        program=settling.program,
        referral_program_id=referral.referral_program_id,
        referral=referral,
        # A friend who has not enrolled has no row yet; the code is on the advocate's.
        member_id=member_id or referral.advocate_id,
        side=side,
        count=max(referral.version, 1),
        due_at=due_at,
    )
    chosen = _side(terms, side)
    voucher = chosen.voucher if chosen else VoucherTerms()
    _pay(settling, payout, Offer(terms, gives, voucher, is_bare=member_id is None))


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be paid under which terms; a bare code is for somebody with no row."""

    terms: CompiledReferrals
    gives: Gives
    voucher: VoucherTerms = VoucherTerms()  # noqa: RUF009 - it is frozen
    is_bare: bool = False


def _pay(settling: Settling, payout: Payout, offer: Offer) -> None:
    """Pay it, unless that is over the cap or the budget; and write which it was."""
    payout.gives = dict(offer.gives.form)
    payout.points, payout.money = cost_of(offer.gives)
    payout.given_at = settling.at
    payout.outcome = _outcome(settling, payout, offer)
    payout.save()
    if payout.outcome != GIVEN:
        return
    payout.key = f"referral:{payout.pk}"
    if offer.is_bare:
        payout.voucher = _bare_voucher(settling, payout, offer.voucher)
    else:
        payout.voucher = _give(settling, payout, offer)
    payout.save(update_fields=["key", "voucher"])


def _outcome(settling: Settling, payout: Payout, offer: Offer) -> str:
    if not offer.is_bare and not settling.members[payout.member_id].may_earn:
        return Payout.Outcome.WITHHELD
    cap = offer.terms.cap
    if payout.side == ADVOCATE and cap is not None and not _has_room(settling, payout, cap):
        return Payout.Outcome.CAPPED
    if not _spend(settling, payout, offer):
        return Payout.Outcome.OVER_BUDGET
    return GIVEN


def _has_room(settling: Settling, payout: Payout, cap: Cap) -> bool:
    owner = (payout.member_id, payout.referral_program_id)
    return cap.has_room(paid_in_window(settling.setup, *owner, cap, payout.due_at))


def _spend(settling: Settling, payout: Payout, offer: Offer) -> bool:
    """Take what is paid from the budget, under its lock; say whether it was there.

    It is the budget that the program has now, not the one of the time of the claim.
    """
    code = settling.setup.code_of(payout.referral_program_id)
    budget = settling.setup.newest(code).budget if code else offer.terms.budget
    if not budget.is_limited:
        return True
    rows = ReferralProgram.objects.select_for_update()
    row = rows.get(pk=payout.referral_program_id)
    cost = (payout.points, payout.money)
    if not budget.has_room((row.spent_points, row.spent_money), cost):
        return False
    _count_spent(payout, 1)
    return True


def _count_spent(payout: Payout, sign: int) -> None:
    ReferralProgram.objects.filter(pk=payout.referral_program_id).update(
        spent_points=F("spent_points") + sign * payout.points,
        spent_money=F("spent_money") + sign * payout.money,
    )


def _give(settling: Settling, payout: Payout, offer: Offer) -> Voucher | None:
    name = str(payout.referral) if payout.referral else f"milestone:{payout.milestone}"
    gift = Gift(
        member=settling.members[payout.member_id],
        gives=offer.gives,
        key=payout.key,
        source=("referral", name),
        given_at=min(payout.due_at, settling.at),
        voucher=offer.voucher,
    )
    return next(iter(give_gifts(settling.book, [gift], at=settling.at)), None)


def _bare_voucher(settling: Settling, payout: Payout, terms: VoucherTerms) -> Voucher:
    """Issue a code for somebody who has not enrolled."""
    shown, zone = make_code(terms.prefix), settling.book.setup.zone
    voucher = Voucher.objects.create(
        program=settling.program,
        code=compared(shown),
        shown=shown,
        source_type="referral",
        source_id=str(payout.referral),
        gives=payout.gives,
        uses=terms.uses,
        valid_until=add_period(payout.due_at, terms.valid, zone) if terms.valid else None,
        issued_at=settling.at,
    )
    record_events([told_of_voucher("voucher.issued", voucher, at=settling.at)])
    return voucher


def take_back_since(settling: Settling, referral: Referral, since: datetime) -> None:
    """Take back what a (written) referral gave since a moment, milestones included."""
    terms = settling.terms(referral)
    rows = Payout.objects.filter(referral=referral, taken_back_at=None, given_at__gte=since)
    for payout in rows.select_related("voucher") if not terms.keeps else ():
        take_back(settling, payout)
        if payout.side == ADVOCATE:
            _fill_room(settling, referral, payout.due_at)
    settle_milestones(settling, referral.advocate_id, referral.referral_program_id, terms)


def take_back(settling: Settling, payout: Payout) -> None:
    """Take back what was paid; what was used can only be written off."""
    payout.taken_back_at = settling.at
    if payout.outcome == GIVEN:
        payout.was_used = _is_gone(settling, payout) or _undo(settling, payout) == "used"
        if not payout.was_used:
            _count_unspent(payout)
    payout.save(update_fields=["taken_back_at", "was_used"])


def _is_gone(settling: Settling, payout: Payout) -> bool:
    """Say whether there is nobody any more from whom to take it: an erased member."""
    is_bare = payout.voucher is not None and payout.voucher.redemption_id is None
    held = {member for member, _ in settling.book.wallets}
    return not is_bare and payout.member_id not in held


def _undo(settling: Settling, payout: Payout) -> str:
    voucher = payout.voucher
    if voucher is not None and voucher.redemption_id is None:
        row = Voucher.objects.select_for_update().get(pk=voucher.pk)
        if row.voided_at is None:
            row.voided_at = settling.at
            row.save(update_fields=["voided_at"])
            record_events([told_of_voucher("voucher.voided", row, at=settling.at)])
        return "used" if row.used else "taken_back"
    became = take_back_gifts(settling.book, {payout.key: payout.member_id}, at=settling.at)
    return became.get(payout.key, "taken_back")


def _count_unspent(payout: Payout) -> None:
    """Give back to the budget what it was counted for."""
    ReferralProgram.objects.filter(
        pk=payout.referral_program_id,
        spent_points__gte=payout.points,
        spent_money__gte=payout.money,
    ).update(
        spent_points=F("spent_points") - payout.points,
        spent_money=F("spent_money") - payout.money,
    )


def _reinstate(referral: Referral, side: str, wanted: Gives) -> bool:
    """Let stand again what was written off: nobody is given twice what they have used."""
    used = Payout.objects.filter(referral=referral, side=side, was_used=True)
    return _stand_again(used.order_by("-pk").first(), wanted)


def _stand_again(payout: Payout | None, wanted: Gives) -> bool:
    if payout is None or payout.gives != dict(wanted.form):
        return False
    payout.taken_back_at, payout.was_used = None, False
    payout.save(update_fields=["taken_back_at", "was_used"])
    return True


def _fill_room(settling: Settling, referral: Referral, due_at: datetime) -> None:
    """Pay the earliest of those that the cap kept out, now that one was taken back."""
    cap = settling.terms(referral).cap
    if cap is None:
        return
    window = cap.window(due_at, settling.book.setup.zone)
    waiting = Payout.objects.filter(
        member=referral.advocate_id,
        referral_program=referral.referral_program_id,
        side=ADVOCATE,
        outcome=Payout.Outcome.CAPPED,
        taken_back_at=None,
        due_at__gte=window.start,
        due_at__lt=window.end,
    )
    for payout in waiting.order_by("due_at", "pk").select_related("referral"):
        if not _has_room(settling, payout, cap) or payout.referral is None:
            return
        terms = settling.terms(payout.referral)
        if terms.advocate is None:
            continue
        gives = terms.advocate.gift.for_amount(payout.referral.amount)
        if gives is not None:
            _pay(settling, payout, Offer(terms, gives, terms.advocate.voucher))


def settle_milestones(
    settling: Settling, advocate_id: int, program_id: int, terms: CompiledReferrals
) -> None:
    """Give an advocate the milestones that so many friends have reached, and no more."""
    own = Payout.objects.filter(
        member=advocate_id, referral_program=program_id, side=Payout.Side.MILESTONE
    )
    standing = list(own.filter(taken_back_at=None).order_by("milestone", "count"))
    friends = Referral.objects.filter(
        advocate=advocate_id, referral_program=program_id, state=State.REWARDED
    ).count()
    given = _counted(row.milestone for row in standing)
    for milestone, change in milestones_due(terms.milestones, friends, given):
        before = given.get(milestone.code, 0)
        for count in range(before + 1, before + change + 1):
            payout = Payout(
                program=settling.program,
                referral_program_id=program_id,
                member_id=advocate_id,
                side=Payout.Side.MILESTONE,
                milestone=milestone.code,
                count=count,
                due_at=settling.at,
            )
            if not _reinstate_milestone(payout, milestone.gives):
                _pay(settling, payout, Offer(terms, milestone.gives))
        if change < 0 and not terms.keeps:
            rows = [row for row in standing if row.milestone == milestone.code]
            for payout in rows[change:]:
                take_back(settling, payout)


def _reinstate_milestone(payout: Payout, gives: Gives) -> bool:
    used = Payout.objects.filter(
        member=payout.member_id,
        referral_program=payout.referral_program_id,
        milestone=payout.milestone,
        count=payout.count,
        was_used=True,
    )
    return _stand_again(used.order_by("-pk").first(), gives)


def _counted(codes: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for code in codes:
        counts[code] = counts.get(code, 0) + 1
    return counts


def members_to_lock(referrals: Iterable[Referral]) -> set[int]:
    """Return whose wallets must be held before these referrals are settled."""
    return {pk for r in referrals for pk in (r.advocate_id, r.friend_id) if pk}


def friend_voucher(referral: Referral) -> Voucher | None:
    """Return the code that a friend was given, if it still stands."""
    payouts = Payout.objects.filter(referral=referral, side=FRIEND, taken_back_at=None)
    payout = payouts.exclude(voucher=None).select_related("voucher").first()
    return payout.voucher if payout else None


def attach_voucher(referral: Referral, friend: Member) -> None:
    """Let a code that was issued to somebody without a row be this member's."""
    own = Payout.objects.filter(referral=referral, side=FRIEND).exclude(voucher=None)
    numbers = list(own.values_list("voucher_id", flat=True))
    if numbers:
        Voucher.objects.filter(pk__in=numbers, member=None).update(member=friend)
        own.update(member=friend)
