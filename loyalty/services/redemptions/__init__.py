"""Redemptions: points exchanged for rewards, or paid with at a checkout.

A redemption is held, then captured, voided or over by itself; what was captured may
come back. Locks are taken in one order everywhere: the member's wallets, the reward,
the redemption, its voucher.
"""

from loyalty.services.redemptions.asking import RedemptionRequest
from loyalty.services.redemptions.expiring import expire_redemptions
from loyalty.services.redemptions.fulfilment import NothingToFulfil, set_fulfilment
from loyalty.services.redemptions.quoting import quote_redemption
from loyalty.services.redemptions.redeeming import redeem_reward
from loyalty.services.redemptions.returning import (
    restore_points,
    reverse_captured,
    reverse_redemption,
)
from loyalty.services.redemptions.settling import (
    CHANGING,
    Settlement,
    capture_held,
    capture_redemption,
    join_settlement,
    open_settlement,
    void_held,
    void_redemption,
)

__all__ = [
    "CHANGING",
    "NothingToFulfil",
    "RedemptionRequest",
    "Settlement",
    "capture_held",
    "capture_redemption",
    "expire_redemptions",
    "join_settlement",
    "open_settlement",
    "quote_redemption",
    "redeem_reward",
    "restore_points",
    "reverse_captured",
    "reverse_redemption",
    "set_fulfilment",
    "void_held",
    "void_redemption",
]
