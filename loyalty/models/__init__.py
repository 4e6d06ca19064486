"""What loyalty remembers. One file per noun; import from here."""

from loyalty.models.adjustments import Adjustment
from loyalty.models.earning import EarningRule, LimitUse, RuleSet
from loyalty.models.jobs import ExpiryReminder, JobRun
from loyalty.models.ledger import Allocation, Entry, Hold, Lot, Wallet
from loyalty.models.lives import ConsentChange, Merge, MergeRecord, Tombstone
from loyalty.models.members import Member
from loyalty.models.orders import Decision, MemberEvent, Order
from loyalty.models.programs import PointType, Program
from loyalty.models.rewards import Redemption, Reward, Voucher, VoucherUse

__all__ = [
    "Adjustment",
    "Allocation",
    "ConsentChange",
    "Decision",
    "EarningRule",
    "Entry",
    "ExpiryReminder",
    "Hold",
    "JobRun",
    "LimitUse",
    "Lot",
    "Member",
    "MemberEvent",
    "Merge",
    "MergeRecord",
    "Order",
    "PointType",
    "Program",
    "Redemption",
    "Reward",
    "RuleSet",
    "Tombstone",
    "Voucher",
    "VoucherUse",
    "Wallet",
]
