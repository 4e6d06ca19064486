"""What is known of referrals. One file per noun."""
