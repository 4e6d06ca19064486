"""Who brought whom, as staff say; and what staff have said by a slip."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from core.errors import NotFound, invalid
from core.locks import lock_names
from core.transactions import retrying
from loyalty.models import Member
from loyalty.queries.members import survivor_of
from loyalty.services.ledger import open_book
from loyalty.services.statuses import MemberClosed
from referrals.models import Referral
from referrals.queries.live import WITHDRAWN, Friend, known_referrals, was_withdrawn
from referrals.queries.programs import referral_setup_of
from referrals.rules.attribution import Source, Touch
from referrals.rules.refusals import REFUSALS, ReferralExpired
from referrals.rules.states import Reason, State, WrongState, after
from referrals.services.agreeing import settle_referrals
from referrals.services.claiming import Claiming, make_claim
from referrals.services.codes import code_of_advocate, refuse_ended
from referrals.services.digests import digests_of_member
from referrals.services.reviews import Decided
from referrals.services.settling import Settling, Why, take_step, write_referrals


@retrying
def attribute_friend(
    *,
    advocate: Member,
    friend: Member,
    referral_program: str | None = None,
    came_at: datetime,
    decided: Decided,
    at: datetime,
) -> Referral:
    """Note that an advocate brought a member at `came_at`, as staff say.

    It takes the place of any claim that has not qualified. What the friend has ordered
    since counts, and what is due is given. The same again is the same referral.

    :raises NotFound: if there is no such referral program
    :raises InvalidInput: if `came_at` is yet to come
    :raises MemberClosed: if one of the two takes part no more
    :raises ReferralExpired: if that is longer ago than the program's window, or the claim
        would have run out by now
    :raises ReferralRejected: if this claim was turned down before
    :raises SelfReferral: if the two are one
    :raises ExistingCustomer: if the friend had ordered before `came_at`
    :raises AlreadyReferred: if somebody else has referred the friend, and that holds
    :raises CapReached: if there is nothing to be had for it
    """
    if came_at > at:
        raise invalid("/came_at", "in_the_future", "expected a time that has passed")
    advocate, friend = _lock(advocate, friend)
    code = code_of_advocate(member=advocate, referral_program=referral_program, at=at)
    setup = referral_setup_of(friend.program)
    book = open_book(setup.setup, members={advocate.pk, friend.pk}, at=at)
    settling = Settling(friend.program, setup, book, at)
    claiming = Claiming(
        code,
        Source.STAFF,
        touched_at=came_at,
        claimed_at=came_at,
        friend=friend,
        email=friend.email or "",
        digests=digests_of_member(friend),
        by=decided.by,
        note=decided.note[:255],
    )
    _refuse_old(settling, claiming)
    referral = make_claim(settling, claiming)
    _refuse_over(referral)
    return referral


def _lock(advocate: Member, friend: Member) -> tuple[Member, Member]:
    """Lock all that a claim of this friend is made under; return who the two are now.

    :raises NotFound: if the advocate is of another program
    :raises MemberClosed: if one of them takes part no more
    """
    program = friend.program
    lock_names(program.pk, {friend.external_id, friend.email or "", friend.phone or ""} - {""})
    rows = Member.objects.select_for_update(no_key=True).filter(program=program)
    friend = rows.get(pk=friend.pk)
    friend.program, advocate = program, survivor_of(advocate)
    if advocate.program_id != program.pk:
        raise NotFound("There is no such member in this program.")
    for person in (advocate, friend):
        if not person.is_open:
            raise MemberClosed(f"member {person.external_id} is {person.status}")
    return advocate, friend


def _refuse_old(settling: Settling, claiming: Claiming) -> None:
    """Hold staff to the window that claims are held to."""
    terms = settling.setup.newest(refuse_ended(settling.setup, claiming.code))
    touch = Touch(Source.STAFF, claiming.touched_at, claiming.code.pk)
    if not terms.attribution.counts(touch, at=settling.at, zone=settling.book.setup.zone):
        raise ReferralExpired("it is too long ago that the friend came")


def _refuse_over(referral: Referral) -> None:
    """Refuse what has ended; all that was written is undone then."""
    if referral.state == State.EXPIRED:
        raise ReferralExpired("the claim would have run out by now")
    if referral.state == State.REJECTED:
        detail = f"{referral} was turned down before: reinstate it, if that was wrong"
        raise REFUSALS[referral.reason](detail, referral=str(referral))


def withdraw_attribution(*, referral: Referral, decided: Decided, at: datetime) -> Referral:
    """Take back what staff have stated by a slip, and what was given for it.

    The claim that gave way to it stands again. Doing it again changes nothing.

    :raises WrongState: if it was not staff who stated it, or it has ended otherwise
    :raises AlreadyReferred: if the friend has been referred by somebody else since
    """
    gave_way = _gave_way_to(referral)
    numbers = [referral.pk, *([gave_way] if gave_way else [])]
    decision = partial(_withdraw, number=referral.pk, decided=decided)
    settled = settle_referrals(
        program=referral.program,
        referrals=numbers,
        at=at,
        cause=WITHDRAWN,
        decision=decision,
    )
    return next(each for each in settled if each.pk == referral.pk)


def _gave_way_to(referral: Referral) -> int | None:
    """Return the claim, by number, that ended when this one was stated."""
    first = referral.steps.order_by("number").first()
    friend = referral.friend
    if first is None or friend is None:
        return None
    digests = list(digests_of_member(friend).values())
    known = known_referrals(
        Friend(referral.program_id, friend.pk, digests=digests), referral.referral_program_id
    )
    for other in reversed(known):
        last = other.steps.order_by("-number").first()
        is_of_it = last is not None and (last.cause, last.reason, last.at) == (
            Source.STAFF.value,
            Reason.ALREADY_REFERRED.value,
            first.at,
        )
        if is_of_it and other.pk != referral.pk:
            return other.pk
    return None


def _withdraw(
    settling: Settling, referrals: Sequence[Referral], *, number: int, decided: Decided
) -> None:
    why = (decided.by, decided.note[:255])
    stated = next(each for each in referrals if each.pk == number)
    if stated.source != Source.STAFF:
        raise WrongState(f"{stated} was not stated by staff", state=stated.state)
    if was_withdrawn(stated):
        return
    state = after(State(stated.state), "reject")
    take_step(settling, stated, state, Why(WITHDRAWN, Reason.REJECTED.value, *why))
    # Written first: of a friend there is one live claim at a time.
    write_referrals(settling, [stated])
    for other in referrals:
        if other.pk == number or other.state != State.REJECTED:
            continue
        back = State.CLAIMED if other.signed_up_at is None else State.SIGNED_UP
        back = State.FLAGGED if other.resumes else back
        state = after(State.REJECTED, "reinstate", to=back)
        take_step(settling, other, state, Why(WITHDRAWN, "", *why))
