"""What loyalty remembers. One file per noun; import from here."""

from loyalty.models.adjustments import Adjustment
from loyalty.models.earning import EarningRule, LimitUse, RuleSet
from loyalty.models.ledger import Allocation, Entry, Hold, Lot, Wallet
from loyalty.models.members import Member
from loyalty.models.orders import Decision, MemberEvent, Order
from loyalty.models.programs import PointType, Program

__all__ = [
    "Adjustment",
    "Allocation",
    "Decision",
    "EarningRule",
    "Entry",
    "Hold",
    "LimitUse",
    "Lot",
    "Member",
    "MemberEvent",
    "Order",
    "PointType",
    "Program",
    "RuleSet",
    "Wallet",
]
