"""Where staff look at members and points, and edit what earns them. One file per noun."""

from loyalty.admin import adjustments, decisions, earning, ledger, members, orders, programs

__all__ = ["adjustments", "decisions", "earning", "ledger", "members", "orders", "programs"]
