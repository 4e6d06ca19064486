"""What two members who are one person have of referrals: made one, and two again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.transactions import retrying
from loyalty.models import Member, Merge
from loyalty.services.ledger import open_book
from referrals.models import Identity, MergedReferrals, Payout, Referral, ReferralCode
from referrals.queries.programs import referral_setup_of
from referrals.rules.states import OVER, Reason, State
from referrals.services.agreeing import settle_referrals
from referrals.services.paying import ADVOCATE, FRIEND, settle_milestones, take_back
from referrals.services.settling import Settling, Why, take_step, write_referrals

UNDONE = "merge_undone"
Taken = Mapping[str, Any]


@retrying
def join_referrals(*, merge: Merge, at: datetime) -> None:
    """Let a merged member's codes, friends and rewards be the survivor's.

    Where the two were advocate and friend, or friends of two advocates, the claim that is
    no good any more ends: nobody refers themselves, and nobody is referred twice. What
    was paid stays paid. To be called after the merge, in its transaction; a repeat changes
    nothing.
    """
    program, merged, into = merge.program, merge.merged, merge.into
    setup = referral_setup_of(program)
    if not setup.has_any:
        return
    book = open_book(setup.setup, members=[into.pk], at=at)
    if MergedReferrals.objects.filter(merge=merge).exists():
        return
    settling = Settling(program, setup, book, at, members={into.pk: into, merged.pk: merged})
    taken = _take_codes(merge, at)
    own = Referral.objects.select_for_update().filter(program=program)
    theirs = own.filter(friend=merged) | own.filter(advocate=merged)
    referrals = list(theirs.order_by("pk"))
    settling.load(referrals)
    taken["ended"] = _end(settling, referrals, merge)
    movable = [r for r in referrals if {r.advocate_id, r.friend_id} != {merged.pk, into.pk}]
    for side in ("advocate", "friend"):
        numbers = [r.pk for r in movable if getattr(r, f"{side}_id") == merged.pk]
        Referral.objects.filter(pk__in=numbers).update(**{side: into})
        taken[side] = numbers
    taken["payouts"] = _take_payouts(merge)
    known = Identity.objects.filter(member=merged)
    taken["identities"] = list(known.values_list("pk", flat=True))
    known.update(member=into)
    MergedReferrals.objects.create(merge=merge, program=program, taken=taken)


def _take_codes(merge: Merge, at: datetime) -> dict[str, Any]:
    """Let the survivor have both codes: its own to pass on, the other to go on working."""
    kept = ReferralCode.objects.filter(member=merge.into, retired_at=None)
    both = list(kept.values_list("referral_program_id", flat=True))
    codes = ReferralCode.objects.filter(member=merge.merged)
    retired = codes.filter(retired_at=None, referral_program__in=both)
    taken = {
        "codes": list(codes.values_list("pk", flat=True)),
        "retired": list(retired.values_list("pk", flat=True)),
    }
    retired.update(retired_at=at)
    codes.update(member=merge.into)
    return taken


def _end(
    settling: Settling, referrals: Sequence[Referral], merge: Merge
) -> list[tuple[int, str]]:
    """End what the survivor cannot have; return how each had stood."""
    taken = set(
        Referral.objects.filter(program=settling.program, friend=merge.into)
        .exclude(state__in=[state.value for state in OVER])
        .values_list("referral_program_id", flat=True)
    )
    ended = []
    for referral in referrals:
        if reason := _why_over(referral, merge, taken):
            ended.append((referral.pk, referral.state))
            take_step(settling, referral, State.REJECTED, Why("merge", reason.value))
    write_referrals(settling, referrals)
    return ended


def _why_over(referral: Referral, merge: Merge, taken: Iterable[int]) -> Reason | None:
    """Say why the survivor cannot have a claim; None if it can."""
    if referral.state in OVER:
        return None
    if {referral.advocate_id, referral.friend_id} == {merge.merged_id, merge.into_id}:
        return Reason.SELF_REFERRAL
    if referral.friend_id == merge.merged_id and referral.referral_program_id in taken:
        return Reason.ALREADY_REFERRED
    return None


def _take_payouts(merge: Merge) -> list[int]:
    """Let the survivor have what was paid; of a milestone that both reached, once."""
    reached = Payout.objects.filter(member=merge.into, referral=None, taken_back_at=None)
    known = set(reached.values_list("referral_program_id", "milestone", "count"))
    taken = [
        payout.pk
        for payout in Payout.objects.filter(member=merge.merged).order_by("pk")
        if payout.referral_id is not None
        or payout.taken_back_at is not None
        or (payout.referral_program_id, payout.milestone, payout.count) not in known
    ]
    Payout.objects.filter(pk__in=taken).update(member=merge.into)
    return taken


def gifts_of_merged(merge: Merge) -> list[str]:
    """Return the keys of what referrals had given the merged member before."""
    row = MergedReferrals.objects.filter(merge=merge).first()
    payouts = (
        Payout.objects.filter(pk__in=row.taken["payouts"]) if row else Payout.objects.none()
    )
    return list(payouts.exclude(key="").values_list("key", flat=True))


@retrying
def part_referrals(*, merge: Merge, at: datetime) -> None:
    """Give back what the survivor of an undone merge took over, and look at it anew.

    What has come since by the survivor's own doing stays the survivor's. What was paid
    since for friends who go back is paid to whose friends they are. To be called after
    the undo, in its transaction; a repeat changes nothing.
    """
    program, both = merge.program, [merge.merged_id, merge.into_id]
    setup = referral_setup_of(program)
    if not setup.has_any:
        return
    book = open_book(setup.setup, members=both, at=at, even_closed=True)
    row = MergedReferrals.objects.filter(merge=merge, is_undone=False).first()
    if row is None:
        return
    settling = Settling(program, setup, book, at)
    taken = row.taken
    _give_back_codes(merge, taken)
    misplaced = _give_back_referrals(merge, taken)
    for payout in misplaced:
        take_back(settling, payout)
    reinstated = _reinstate(settling, merge, taken)
    row.taken, row.is_undone = {}, True
    row.save(update_fields=["taken", "is_undone"])
    anew = {*taken["friend"], *reinstated, *(each.referral_id for each in misplaced)}
    settle_referrals(
        program=program, referrals=sorted(pk for pk in anew if pk), at=at, cause=UNDONE
    )
    _recount(merge, at)


def _give_back_codes(merge: Merge, taken: Taken) -> None:
    codes = ReferralCode.objects.filter(pk__in=taken["codes"], member=merge.into)
    codes.update(member=merge.merged)
    # One that the survivor has taken up since is current already.
    retired = ReferralCode.objects.filter(pk__in=taken["retired"], member=merge.merged)
    current = ReferralCode.objects.filter(member=merge.merged, retired_at=None)
    has_one = list(current.values_list("referral_program_id", flat=True))
    retired.exclude(referral_program__in=has_one).update(retired_at=None)


def _give_back_referrals(merge: Merge, taken: Taken) -> list[Payout]:
    """Make rows the merged member's again; return what the survivor was paid for them."""
    Payout.objects.filter(pk__in=taken["payouts"], member=merge.into).update(
        member=merge.merged
    )
    misplaced: list[Payout] = []
    for side, paid_as in (("advocate", ADVOCATE), ("friend", FRIEND)):
        rows = Referral.objects.filter(pk__in=taken[side], **{side: merge.into})
        numbers = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        Referral.objects.filter(pk__in=numbers).update(**{side: merge.merged})
        since = Payout.objects.filter(
            referral__in=numbers, side=paid_as, member=merge.into, taken_back_at=None
        )
        misplaced += since.select_related("voucher", "referral").order_by("pk")
    known = Identity.objects.filter(pk__in=taken["identities"], member=merge.into)
    known.update(member=merge.merged)
    return misplaced


def _reinstate(settling: Settling, merge: Merge, taken: Taken) -> list[int]:
    """Let claims that ended with the merge stand as they did, unless others hold now."""
    before = dict(taken["ended"])
    rows = Referral.objects.select_for_update().filter(
        pk__in=before, state=State.REJECTED.value
    )
    ended = list(rows.order_by("pk"))
    settling.load(ended)
    live = Referral.objects.filter(friend__in=[merge.merged_id, merge.into_id]).exclude(
        state__in=[state.value for state in OVER]
    )
    held = set(live.values_list("referral_program_id", "friend_id"))
    back = [r for r in ended if (r.referral_program_id, r.friend_id) not in held]
    for referral in back:
        take_step(settling, referral, State(before[referral.pk]), Why(UNDONE))
    write_referrals(settling, back)
    return [referral.pk for referral in back]


def _recount(merge: Merge, at: datetime) -> None:
    """Count the milestones of both anew: together they may have reached more."""
    program = merge.program
    setup = referral_setup_of(program)
    both = [merge.merged_id, merge.into_id]
    book = open_book(setup.setup, members=both, at=at, even_closed=True)
    members = Member.objects.in_bulk(both)
    settling = Settling(program, setup, book, at, members=members)
    for code, number in setup.programs.items():
        for member in both:
            settle_milestones(settling, member, number, setup.newest(code))
