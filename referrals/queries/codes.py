"""Codes, and whose they are."""

from django.db.models import QuerySet

from loyalty.models import Member, Program
from referrals.models import ReferralCode
from referrals.rules.codes import compared


def current_code(member: Member, referral_program: int) -> ReferralCode | None:
    """Return the code that a member passes on now, if there is one."""
    codes = ReferralCode.objects.filter(member=member, referral_program=referral_program)
    return codes.filter(retired_at=None).first()


def codes_like(typed: str, program: str = "") -> QuerySet[ReferralCode]:
    """Return the codes of the whole server that are meant by what was typed, oldest first.

    Each program has at most one. Those of one program, if its slug is named.
    """
    programs = Program.objects.filter(slug=program) if program else Program.objects.all()
    # By their numbers, so that the index of programs and codes serves.
    numbers = list(programs.values_list("pk", flat=True))
    codes = ReferralCode.objects.filter(program__in=numbers, code=compared(typed))
    return codes.select_related("program").order_by("pk")


def is_first_of_its_kind(code: ReferralCode) -> bool:
    """Say whether a link may leave out which program it is of: codes stay for ever."""
    return codes_like(code.code).values_list("pk", flat=True)[:1].get() == code.pk
