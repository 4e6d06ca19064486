"""Where staff look at referrals, and decide about those that something speaks against."""
