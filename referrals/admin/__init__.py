"""Where staff look at referrals, and decide about those that something speaks against."""

from referrals.admin import codes, kept, member_page, payouts, programs, referrals

__all__ = ["codes", "kept", "member_page", "payouts", "programs", "referrals"]
