"""What becomes of referrals when a member is erased."""

from collections.abc import Sequence

from referrals.models import Referral, ReferralCode, ReferralStep
from referrals.services.identities import forget_person


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
