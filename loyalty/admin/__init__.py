"""Where staff look at members and points, and edit what earns them. One file per noun."""

from loyalty.admin import (
    adjustments,
    decisions,
    earning,
    ledger,
    lives,
    members,
    orders,
    programs,
    redemptions,
    rewards,
    vouchers,
)

__all__ = [
    "adjustments",
    "decisions",
    "earning",
    "ledger",
    "lives",
    "members",
    "orders",
    "programs",
    "redemptions",
    "rewards",
    "vouchers",
]
