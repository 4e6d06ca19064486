"""What orders are paid with: points and vouchers, taken and given back."""

from loyalty.services.spending.settling import settle_redemptions

__all__ = ["settle_redemptions"]
