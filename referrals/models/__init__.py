"""What referrals remember: programs and their terms, codes, clicks, referrals and payouts."""

from referrals.models.codes import Click, ReferralCode
from referrals.models.payouts import Payout
from referrals.models.programs import ReferralProgram, ReferralTerms
from referrals.models.referrals import Identity, Referral, ReferralStep

__all__ = [
    "Click",
    "Identity",
    "Payout",
    "Referral",
    "ReferralCode",
    "ReferralProgram",
    "ReferralStep",
    "ReferralTerms",
]
