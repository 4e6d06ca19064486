"""What referrals remember: programs and their terms, codes, clicks, referrals, payouts."""

from referrals.models.codes import Click, ReferralCode, Sharing
from referrals.models.merges import MergedReferrals
from referrals.models.payouts import Payout
from referrals.models.programs import ReferralProgram, ReferralTerms
from referrals.models.referrals import Identity, Referral, ReferralStep

__all__ = [
    "Click",
    "Identity",
    "MergedReferrals",
    "Payout",
    "Referral",
    "ReferralCode",
    "ReferralProgram",
    "ReferralStep",
    "ReferralTerms",
    "Sharing",
]
