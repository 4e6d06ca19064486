"""Making a claim: one holds; the others are refused by name, or give way to a better one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.errors import NotFound
from loyalty.models import Member
from loyalty.queries.members import survivor_of
from referrals.models import Payout, Referral, ReferralCode
from referrals.queries.advocates import paid_in_window
from referrals.queries.evidence import Person, evidence_of
from referrals.queries.friends import Buyer, has_ordered
from referrals.queries.live import Friend, known_referrals, was_withdrawn
from referrals.rules.attribution import Source, Touch
from referrals.rules.fraud import Outcome, Score, score
from referrals.rules.programs import CompiledReferrals
from referrals.rules.refusals import (
    AlreadyReferred,
    CapReached,
    ExistingCustomer,
    ReferralExpired,
    SelfReferral,
)
from referrals.rules.states import UNDECIDED, Reason, State
from referrals.services.codes import refuse_ended
from referrals.services.digests import Digests, digests_of_member
from referrals.services.identities import remember_more, rows_of_claim
from referrals.services.paying import GIVEN, settle_payouts, take_back
from referrals.services.settling import (
    Settling,
    Why,
    flag,
    settle_states,
    take_step,
    write_referrals,
)
from referrals.services.weighing import person_of

# Somebody, or what was found, said no: claiming the friend again is no way around it.
TURNED_DOWN = (Reason.REJECTED, Reason.SELF_REFERRAL)


@dataclass(slots=True)
class Claiming:
    """A claim on its way: by which code, when touched and when made, of whom."""

    code: ReferralCode
    source: Source
    touched_at: datetime
    claimed_at: datetime
    friend: Member | None = None
    friend_ref: str = ""
    email: str = ""
    phone: str = ""
    digests: Digests = field(default_factory=dict)
    channel: str = ""
    checkout: str = ""
    by: str = ""
    note: str = ""

    @property
    def known_by(self) -> list[bytes]:
        return [self.digests[kind] for kind in ("email", "phone") if kind in self.digests]

    @property
    def known_as(self) -> Friend:
        number = self.friend.pk if self.friend else None
        return Friend(self.code.program_id, number, self.friend_ref, self.known_by)


def advocate_of(code: ReferralCode) -> Member:
    """Return whose friends come by a code now.

    :raises NotFound: if its owner takes part no more
    """
    advocate = survivor_of(code.member)
    if not advocate.is_open:
        raise NotFound("There is no such referral code.")
    return advocate


def make_claim(settling: Settling, claiming: Claiming) -> Referral:
    """Write a claim, with the wallets of advocate and friend in the book; or refuse it.

    Nothing is written if it is refused, so that a caller may go on without it.
    """
    setup = settling.setup
    name = refuse_ended(setup, claiming.code)
    terms = setup.newest(name)
    advocate = advocate_of(claiming.code)
    number = claiming.code.referral_program_id
    known = known_referrals(claiming.known_as, number, lock=True)
    settling.load(known)
    _expire(settling, known)
    for earlier in known:
        if earlier.advocate_id == advocate.pk and _still_holds(earlier):
            remember_more(settling.program, earlier.pk, claiming.digests, settling.at)
            return earlier
    live = [earlier for earlier in known if not earlier.is_over]
    _refuse(settling, claiming, terms, advocate)
    for earlier in live:
        _refuse_unless_better(settling, claiming, terms, earlier)
    for earlier in live:
        _supersede(settling, earlier, claiming)
    return _write(settling, claiming, terms, advocate)


def _expire(settling: Settling, known: Sequence[Referral]) -> None:
    """Note which claims have run out: nobody may have looked since."""
    over = [r for r in known if not r.is_over and r.state_at(settling.at) == State.EXPIRED]
    for referral in over:
        why = Why("time", Reason.EXPIRED.value, at=referral.expires_at)
        take_step(settling, referral, State.EXPIRED, why)
    write_referrals(settling, over)


def _still_holds(referral: Referral) -> bool:
    """Say whether claiming the friend again leads to this: who was turned down stays so."""
    if referral.reason not in TURNED_DOWN:
        return not referral.is_over
    # A slip of the staff's that they took back is as if it had never been.
    return referral.source != Source.STAFF or not was_withdrawn(referral)


def _refuse(
    settling: Settling, claiming: Claiming, terms: CompiledReferrals, advocate: Member
) -> None:
    zone = settling.book.setup.zone
    if claiming.friend is not None and claiming.friend.pk == advocate.pk:
        raise SelfReferral("nobody can refer themselves")
    touch = Touch(claiming.source, claiming.touched_at, claiming.code.pk)
    if not terms.attribution.counts(touch, at=claiming.claimed_at, zone=zone):
        raise ReferralExpired("it is too long ago that the friend came by this code")
    if _is_existing(settling, claiming, terms):
        raise ExistingCustomer("the friend was a customer before")
    if terms.friend is None and terms.cap is not None:
        owner = (advocate.pk, claiming.code.referral_program_id)
        paid = paid_in_window(settling.setup, *owner, terms.cap, settling.at)
        if not terms.cap.has_room(paid):
            raise CapReached("the advocate has been paid for as many friends as may be")


def _is_existing(settling: Settling, claiming: Claiming, terms: CompiledReferrals) -> bool:
    """Say whether the friend was a customer before the claim.

    Whoever types a code at the checkout may have enrolled a moment ago for that very
    order: there it is the first order that tells, if they joined within the window.
    """
    friend, claimed_at = claiming.friend, claiming.claimed_at
    if friend is None:
        return _has_ordered_before(settling, claiming)
    if claiming.source == Source.CHECKOUT:
        joined = Touch(claiming.source, friend.joined_at, 0)
        zone = settling.book.setup.zone
        is_new = friend.joined_at >= claimed_at or terms.attribution.counts(
            joined, at=claimed_at, zone=zone
        )
    else:
        is_new = claiming.source in (Source.ENROLMENT, Source.STAFF) or (
            friend.joined_at >= claimed_at
        )
    return not is_new or _has_ordered_before(settling, claiming)


def _has_ordered_before(settling: Settling, claiming: Claiming) -> bool:
    """Say whether the friend has bought, as a member or as a guest nobody has claimed yet."""
    friend = claiming.friend
    buyer = Buyer(
        settling.program.pk,
        friend.pk if friend else None,
        friend.external_id if friend else claiming.friend_ref,
        {claiming.email, (friend and friend.email) or ""} - {""},
        {claiming.phone, (friend and friend.phone) or ""} - {""},
    )
    by = claiming.claimed_at
    if friend is not None:
        # Facts of one moment come in any order: it may be what the friend was brought for.
        by -= timedelta.resolution
    return has_ordered(buyer, by=by, but=claiming.checkout)


def _refuse_unless_better(
    settling: Settling, claiming: Claiming, terms: CompiledReferrals, earlier: Referral
) -> None:
    """Refuse a claim that does not take the place of an earlier one."""
    said = Touch(Source(earlier.source), earlier.touched_at, earlier.code_id)
    new = Touch(claiming.source, claiming.touched_at, claiming.code.pk)
    is_open = earlier.state in UNDECIDED and earlier.version == 0
    if not is_open or terms.attribution.winner([said, new]) != new or _is_used(earlier):
        raise AlreadyReferred("somebody else has referred this friend", referral=str(earlier))


def _is_used(referral: Referral) -> bool:
    """Say whether the friend has used what was given at the claim."""
    payouts = Payout.objects.filter(referral=referral, taken_back_at=None, outcome=GIVEN)
    return any(
        payout.voucher is None or payout.voucher.used
        for payout in payouts.select_related("voucher")
    )


def _supersede(settling: Settling, earlier: Referral, claiming: Claiming) -> None:
    """End a claim because a better one was made; what it gave is taken back."""
    for payout in Payout.objects.filter(referral=earlier, taken_back_at=None):
        take_back(settling, payout)
    why = _why(claiming, Reason.ALREADY_REFERRED.value)
    take_step(settling, earlier, State.REJECTED, why)
    write_referrals(settling, [earlier])


def _write(
    settling: Settling, claiming: Claiming, terms: CompiledReferrals, advocate: Member
) -> Referral:
    # Weighed before it is written, or it would speak against itself.
    found = _weighed(settling, claiming, terms, advocate)
    referral = _insert(settling, claiming, terms, advocate)
    settling.weighed.add(referral.pk)
    referral.score, referral.reasons = found.points, list(found.reasons)
    referral.outcome = found.outcome(terms.fraud).value
    settling.load([referral])
    for state in _first_states(claiming):
        take_step(settling, referral, state, _why(claiming))
    if referral.outcome == Outcome.REVIEW:
        flag(settling, referral)
    elif referral.outcome == Outcome.BLOCK:
        why = Why("fraud", found.shown_reason.value, note=" ".join(found.reasons)[:255])
        take_step(settling, referral, State.REJECTED, why)
    settle_states(settling, [referral], cause=claiming.source.value)
    settle_payouts(settling, [referral], are_new=True)
    return referral


def _why(claiming: Claiming, reason: str = "") -> Why:
    return Why(claiming.source.value, reason, claiming.by, claiming.note)


def _first_states(claiming: Claiming) -> Sequence[State]:
    is_click = claiming.source == Source.CLICK
    return (State.CLICKED, State.CLAIMED) if is_click else (State.CLAIMED,)


def _insert(
    settling: Settling, claiming: Claiming, terms: CompiledReferrals, advocate: Member
) -> Referral:
    friend, zone = claiming.friend, settling.book.setup.zone
    referral = Referral.objects.create(
        program=settling.program,
        referral_program_id=claiming.code.referral_program_id,
        terms_id=settling.setup.terms[terms.code],
        code=claiming.code,
        advocate=advocate,
        friend=friend,
        friend_ref="" if friend else claiming.friend_ref,
        state=State.CLAIMED.value,
        source=claiming.source.value,
        channel=claiming.channel,
        checkout=claiming.checkout,
        touched_at=claiming.touched_at,
        claimed_at=claiming.claimed_at,
        signed_up_at=max(friend.joined_at, claiming.claimed_at) if friend else None,
        expires_at=terms.expires_at(claiming.claimed_at, zone),
    )
    settling.identities += rows_of_claim(
        settling.program, referral.pk, claiming.digests, settling.at
    )
    return referral


def _weighed(
    settling: Settling, claiming: Claiming, terms: CompiledReferrals, advocate: Member
) -> Score:
    """Return what speaks against a claim. What staff say is not doubted."""
    if claiming.source == Source.STAFF:
        return Score(0, ())
    digests = set(claiming.digests.items())
    if claiming.friend is not None:
        digests |= digests_of_member(claiming.friend).items()
    evidence = evidence_of(
        settling.program.pk,
        person_of(advocate),
        Person(claiming.friend, digests, claiming.email),
        settling.at,
    )
    return score(evidence, terms.fraud)
