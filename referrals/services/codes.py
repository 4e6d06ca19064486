"""The codes of advocates: made when first asked for, changed, and never lost."""

from datetime import datetime

from core.errors import NotFound
from core.transactions import retrying
from loyalty.models import Member, Program
from loyalty.services.statuses import MemberClosed
from referrals.models import ReferralCode
from referrals.queries.codes import current_code
from referrals.queries.programs import ReferralSetup, referral_setup_of
from referrals.rules.codes import CodeTaken, checked_vanity, compared, make_code
from referrals.rules.refusals import ProgramEnded


@retrying
def code_of_advocate(
    *, member: Member, referral_program: str | None = None, at: datetime
) -> ReferralCode:
    """Return a member's code of a referral program, or of the first; make it if need be.

    :raises NotFound: if there is no such referral program
    :raises MemberClosed: if the member takes part no more
    """
    number = referral_program_of(referral_setup_of(member.program), referral_program)
    if found := current_code(member, number):
        return found
    _lock(member)
    return current_code(member, number) or _write(member, number, make_code(), at)


@retrying
def rotate_code(
    *, member: Member, referral_program: str | None = None, at: datetime
) -> ReferralCode:
    """Give a member another code. The one before goes on working.

    :raises NotFound: if there is no such referral program
    :raises MemberClosed: if the member takes part no more
    """
    number = referral_program_of(referral_setup_of(member.program), referral_program)
    _lock(member)
    _retire(member, number, at)
    return _write(member, number, make_code(), at)


@retrying
def choose_code(
    *, member: Member, code: str, referral_program: str | None = None, at: datetime
) -> ReferralCode:
    """Give a member a code of their own choice. The one before goes on working.

    Choosing the code that one has changes nothing; one that one had comes back.

    :raises CodeNotAllowed: if it cannot be a code, or is reserved
    :raises CodeTaken: if somebody else has it, or had it
    :raises NotFound: if there is no such referral program
    :raises MemberClosed: if the member takes part no more
    """
    shown = checked_vanity(code)
    number = referral_program_of(referral_setup_of(member.program), referral_program)
    _lock(member)
    known = ReferralCode.objects.filter(program=member.program_id, code=compared(shown)).first()
    if known is None:
        _retire(member, number, at)
        return _write(member, number, shown, at, is_vanity=True)
    if (known.member_id, known.referral_program_id) != (member.pk, number):
        raise CodeTaken(f"{shown} is somebody else's")
    if known.retired_at is not None:
        _retire(member, number, at)
        known.retired_at = None
        known.save(update_fields=["retired_at"])
    return known


def referral_program_of(setup: ReferralSetup, code: str | None) -> int:
    """Return the number of a live referral program: the one named, or the first.

    :raises NotFound: if there is none
    """
    wanted = setup.default if code is None else code
    number = setup.programs.get(wanted or "")
    if number is None:
        detail = (
            f"There is no referral program {code!r} here."
            if code
            else "This program has no referral programs."
        )
        raise NotFound(detail)
    return number


def refuse_ended(setup: ReferralSetup, code: ReferralCode) -> str:
    """Return the referral program that a code belongs to.

    :raises ProgramEnded: if nobody can be referred by it any more
    """
    name = setup.code_of(code.referral_program_id)
    if name is None:
        raise ProgramEnded("nobody can be referred by this program any more")
    return name


def _lock(member: Member) -> None:
    """Let one request at a time be about the codes of a member."""
    row = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not row.is_open:
        raise MemberClosed(f"member {row.external_id} is {row.status}")


def _retire(member: Member, referral_program: int, at: datetime) -> None:
    current = ReferralCode.objects.filter(
        member=member, referral_program=referral_program, retired_at=None
    )
    current.update(retired_at=at)


def _write(
    member: Member, referral_program: int, shown: str, at: datetime, *, is_vanity: bool = False
) -> ReferralCode:
    # Where two come to one code after all, the constraint says so and it is tried again.
    return ReferralCode.objects.create(
        program_id=member.program_id,
        referral_program_id=referral_program,
        member=member,
        code=compared(shown),
        shown=shown,
        is_vanity=is_vanity,
        made_at=at,
    )


def known_code(program: Program, typed: str) -> ReferralCode:
    """Return the code that somebody typed or followed.

    :raises NotFound: if there is no such code
    """
    found = ReferralCode.objects.filter(program=program, code=compared(typed)[:24])
    code = found.select_related("member").first()
    if code is None or not typed:
        raise NotFound("There is no such referral code.")
    code.member.program = program
    return code
