"""What writes referrals. One file per noun."""
