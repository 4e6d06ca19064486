"""Whose facts must take turns because the same advocate is paid for them."""

from collections.abc import Iterable

from loyalty.models import Program
from referrals.models import Referral, ReferralCode
from referrals.queries.live import MOVABLE
from referrals.queries.programs import referral_setup_of
from referrals.rules.codes import LONGEST, compared


def advocates_of_friends(program: Program, ids: Iterable[str]) -> list[tuple[str, str]]:
    """Return friend and advocate (the storefront's ids) for those who were referred.

    A cap leaves room for the one whose fact was stated first: facts of two friends of
    one advocate must not travel in one wave.
    """
    if not referral_setup_of(program).has_any:
        return []
    rows = Referral.objects.filter(MOVABLE, program=program, friend__external_id__in=list(ids))
    pairs = rows.values_list("friend__external_id", "advocate__external_id")
    return [(friend, advocate) for friend, advocate in pairs if friend]


def advocates_of_codes(program: Program, codes: Iterable[str]) -> dict[str, str]:
    """Return whose codes (as typed) these are, for those that are anybody's."""
    typed = {code: compared(code)[:LONGEST] for code in codes}
    if not typed or not referral_setup_of(program).has_any:
        return {}
    rows = ReferralCode.objects.filter(program=program, code__in=set(typed.values()))
    owners = dict(rows.values_list("code", "member__external_id"))
    return {code: owners[text] for code, text in typed.items() if text in owners}
