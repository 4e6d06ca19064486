"""What is known of tiers. One file per noun."""
