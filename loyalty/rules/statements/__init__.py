"""Facts as a storefront states them, checked and brought into one form.

What comes in is decoded JSON; what goes out is a statement, or `InvalidInput`
with everything that is wrong and where. Nothing here knows what was stated
before: versions, members and what is left to refund are for the services.
"""

from loyalty.rules.statements.events import (
    EVENT_FIELDS,
    RESERVED_TYPES,
    EventStatement,
    parse_event,
)
from loyalty.rules.statements.members import (
    MEMBER_FIELDS,
    MemberStatement,
    parse_member,
)
from loyalty.rules.statements.orders import (
    GUEST_FIELDS,
    LINE_FIELDS,
    ORDER_FIELDS,
    STATUSES,
    OrderStatement,
    parse_order,
)
from loyalty.rules.statements.reading import MOST_PROBLEMS
from loyalty.rules.statements.refunds import (
    REFUND_FIELDS,
    REFUND_LINE_FIELDS,
    RefundStatement,
    parse_refund,
)
from loyalty.rules.statements.values import MAX_NUMBER

__all__ = [
    "EVENT_FIELDS",
    "GUEST_FIELDS",
    "LINE_FIELDS",
    "MAX_NUMBER",
    "MEMBER_FIELDS",
    "MOST_PROBLEMS",
    "ORDER_FIELDS",
    "REFUND_FIELDS",
    "REFUND_LINE_FIELDS",
    "RESERVED_TYPES",
    "STATUSES",
    "EventStatement",
    "MemberStatement",
    "OrderStatement",
    "RefundStatement",
    "parse_event",
    "parse_member",
    "parse_order",
    "parse_refund",
]
