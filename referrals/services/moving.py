"""What becomes of referrals when two members become one, or one is erased."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.transactions import retrying
from loyalty.models import Member, Program
from loyalty.services.ledger import open_book
from referrals.models import Identity, Payout, Referral, ReferralCode, ReferralStep
from referrals.queries.programs import referral_setup_of
from referrals.rules.states import OVER, Reason, State
from referrals.services.identities import forget_person
from referrals.services.settling import Settling, Why, take_step, write_referrals


@retrying
def merge_referrals(*, program: Program, merged: Member, into: Member, at: datetime) -> None:
    """Let a member's codes, friends and rewards be the survivor's, who it is now.

    Where the two were advocate and friend, or friends of two advocates, the claim that is
    no good any more ends: nobody refers themselves, and nobody is referred twice. What
    was paid stays paid. Doing it again changes nothing.
    """
    book = open_book(referral_setup_of(program).setup, members=[into.pk], at=at)
    settling = Settling(program, referral_setup_of(program), book, at)
    _move_codes(merged, into, at)
    own = Referral.objects.select_for_update().filter(program=program)
    theirs = own.filter(friend=merged) | own.filter(advocate=merged)
    referrals = list(theirs.order_by("pk"))
    settling.load(referrals)
    settling.members |= {into.pk: into, merged.pk: merged}
    taken = set(
        own.filter(friend=into)
        .exclude(state__in=[state.value for state in OVER])
        .values_list("referral_program_id", flat=True)
    )
    for referral in referrals:
        if reason := _why_over(referral, merged, into, taken):
            take_step(settling, referral, State.REJECTED, Why("merge", reason.value))
    write_referrals(settling, referrals)
    movable = [r.pk for r in referrals if not _is_of_both(r, merged, into)]
    Referral.objects.filter(pk__in=movable, friend=merged).update(friend=into)
    Referral.objects.filter(pk__in=movable, advocate=merged).update(advocate=into)
    _move_payouts(merged, into)
    Identity.objects.filter(member=merged).update(member=into)


def _move_codes(merged: Member, into: Member, at: datetime) -> None:
    """Let the survivor have both codes: its own to pass on, the other to go on working."""
    kept = ReferralCode.objects.filter(member=into, retired_at=None)
    both = kept.values_list("referral_program_id", flat=True)
    codes = ReferralCode.objects.filter(member=merged)
    codes.filter(retired_at=None, referral_program__in=list(both)).update(retired_at=at)
    codes.update(member=into)


def _is_of_both(referral: Referral, merged: Member, into: Member) -> bool:
    return {referral.advocate_id, referral.friend_id} == {merged.pk, into.pk}


def _why_over(
    referral: Referral, merged: Member, into: Member, taken: Iterable[int]
) -> Reason | None:
    """Say why the survivor cannot have a claim; None if it can."""
    if referral.state in OVER:
        return None
    if _is_of_both(referral, merged, into):
        return Reason.SELF_REFERRAL
    if referral.friend_id == merged.pk and referral.referral_program_id in taken:
        return Reason.ALREADY_REFERRED
    return None


def _move_payouts(merged: Member, into: Member) -> None:
    """Let the survivor have what was paid; of a milestone that both reached, once."""
    own = Payout.objects.filter(member=merged)
    own.filter(referral__isnull=False).update(member=into)
    reached = Payout.objects.filter(member=into, referral=None, taken_back_at=None)
    known = set(reached.values_list("referral_program_id", "milestone", "count"))
    for payout in own.filter(referral=None):
        place = (payout.referral_program_id, payout.milestone, payout.count)
        if payout.taken_back_at is not None or place not in known:
            payout.member = into
            payout.save(update_fields=["member"])


def forget_referrals(*, members: Sequence[int]) -> None:
    """Forget what tells who erased members, by number, were: hashes, ids and codes.

    Their referrals stay, so that what was paid can be explained, without saying of whom.
    """
    forget_person(members=members)
    Referral.objects.filter(friend__in=members).update(friend_ref="")
    for side in ("advocate", "friend"):
        told = ReferralStep.objects.filter(**{f"referral__{side}__in": members})
        told.exclude(note="").update(note="")
    for code in ReferralCode.objects.filter(member__in=members, is_vanity=True):
        # A code of one's own choice may be one's name.
        code.code = code.shown = f"ERASED{code.pk}"
        code.save(update_fields=["code", "shown"])
