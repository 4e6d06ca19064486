"""Where staff edit ladders, and look at who is in which tier and why. One file per noun."""

from tiers.admin import access, kept, ladders, member_page, rounds, standings, trying

__all__ = ["access", "kept", "ladders", "member_page", "rounds", "standings", "trying"]
