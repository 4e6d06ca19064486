"""Codes, and whose they are."""

from loyalty.models import Member
from referrals.models import ReferralCode


def current_code(member: Member, referral_program: int) -> ReferralCode | None:
    """Return the code that a member passes on now, if there is one."""
    codes = ReferralCode.objects.filter(member=member, referral_program=referral_program)
    return codes.filter(retired_at=None).first()
