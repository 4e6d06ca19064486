"""Claims as storefronts make them: by which code or click, and of which friend."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from core.errors import invalid
from core.locks import lock_names
from core.transactions import retrying
from loyalty.models import Member, Program
from loyalty.queries.members import survivors_of
from loyalty.services.ledger import open_book
from referrals.models import Referral, ReferralCode
from referrals.queries.programs import referral_setup_of
from referrals.rules.attribution import Source
from referrals.services.claiming import Claiming, advocate_of, make_claim
from referrals.services.codes import known_code
from referrals.services.digests import Context, digests_of
from referrals.services.settling import Settling
from referrals.services.tokens import read_click


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What a storefront says: by which code or click, which friend, seen how.

    The friend is known by an id, an e-mail address or a phone, or by several of them.
    """

    code: str = ""
    click_token: str = ""
    friend_id: str = ""
    email: str = ""
    phone: str = ""
    context: Context = field(default_factory=Context)
    occurred_at: datetime | None = None


@retrying
def claim_friend(*, program: Program, request: ClaimRequest, at: datetime) -> Referral:
    """Note that a friend came by an advocate's code, and give what is given for that.

    The same friend again by the same advocate is the same referral, however it stands.
    One that is turned down for what speaks against it is returned as `rejected`.

    :raises InvalidInput: if it does not say by what, or whom; or has a token not of ours
    :raises NotFound: if there is no such code
    :raises ProgramEnded: if nobody can be referred by it any more
    :raises ReferralExpired: if the friend came by it too long ago
    :raises SelfReferral: if the friend is the advocate
    :raises ExistingCustomer: if the friend has ordered or joined before
    :raises AlreadyReferred: if somebody else has referred the friend, and that holds
    :raises CapReached: if there is nothing to be had for it
    """
    claiming = _claiming(program, request, at)
    names = {
        request.friend_id,
        request.email,
        request.phone,
        *map(bytes.hex, claiming.known_by),
    }
    lock_names(program.pk, names - {""})
    claiming.friend = _member_of(program, request)
    advocate = advocate_of(claiming.code)
    members = {advocate.pk} | ({claiming.friend.pk} if claiming.friend else set())
    setup = referral_setup_of(program)
    book = open_book(setup.setup, members=members, at=at)
    settling = Settling(program, setup, book, at)
    return make_claim(settling, claiming)


def _claiming(program: Program, request: ClaimRequest, at: datetime) -> Claiming:
    if bool(request.code) == bool(request.click_token):
        raise invalid("", "one_of", "say either a code or a click_token")
    if not (request.friend_id or request.email or request.phone):
        raise invalid("/friend", "required", "say the friend's id, email or phone")
    claimed_at = request.occurred_at or at
    touched_at, channel, source = claimed_at, "", Source.ADDRESS
    if request.code:
        code = known_code(program, request.code)
    else:
        touch = read_click(program.pk, request.click_token)
        touched_at, channel, source = touch.at, touch.channel, Source.CLICK
        code = _code_of_click(program, touch.code)
    digests = digests_of(
        program.pk, email=request.email, phone=request.phone, context=request.context
    )
    return Claiming(
        code,
        source,
        touched_at,
        claimed_at,
        friend_ref=request.friend_id,
        email=request.email,
        phone=request.phone,
        digests=digests,
        channel=channel,
    )


def _code_of_click(program: Program, number: int) -> ReferralCode:
    code = ReferralCode.objects.filter(program=program, pk=number).select_related("member")
    found = code.first()
    if found is None:
        raise invalid("/click_token", "unknown_token", "its code is no more")
    found.member.program = program
    return found


def _member_of(program: Program, request: ClaimRequest) -> Member | None:
    """Return the member that is meant, who was merged as the survivor; locked.

    An order of the friend's that is being stated has not found this claim, and is not
    found by it, before one of the two has committed.
    """
    asked = Q(external_id=request.friend_id) if request.friend_id else Q()
    if request.email:
        asked |= Q(email=request.email)
    if request.phone:
        asked |= Q(phone=request.phone)
    rows = Member.objects.select_for_update(no_key=True).filter(program=program)
    found = list(rows.filter(asked).order_by("pk"))
    now = survivors_of(found)
    by_id = [one for one in found if one.external_id == request.friend_id]
    member = next(iter(by_id or found), None)
    survivor = now.get(member.pk) if member else None
    return rows.get(pk=survivor.pk) if survivor else member
