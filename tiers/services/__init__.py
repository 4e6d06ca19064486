"""What writes tiers. One file per noun."""
