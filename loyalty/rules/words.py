"""Why a rule gave nothing: stable words, for decisions and those who read them."""

from enum import StrEnum


class WhyNot(StrEnum):
    """The reason, as decisions keep it.

    `GROUP_BEATEN` and `SILENCED_BY` are followed by a colon and the code of the
    rule that did it; the others stand alone.
    """

    # The rule was not looked into further.
    NOT_VALID_YET = "not_valid_yet"
    NOT_VALID_ANY_MORE = "not_valid_any_more"
    NOT_ON_THIS_WEEKDAY = "not_on_this_weekday"
    NOT_AT_THIS_HOUR = "not_at_this_hour"
    NOT_KNOWN_LONG_ENOUGH = "not_known_long_enough"
    LIMIT_REACHED = "limit_reached"
    CONDITION_FALSE = "condition_false"
    # It might have held: something it asks for is not known.
    CONDITION_UNKNOWN = "condition_unknown"

    # There is nothing in the fact that the rule could count.
    NO_LINES_MATCHED = "no_lines_matched"
    NO_GOODS_LEFT = "no_goods_left"
    PROPERTY_MISSING = "property_missing"
    PROPERTY_NOT_A_NUMBER = "property_not_a_number"
    PROPERTY_NEGATIVE = "property_negative"

    # It matched, and yet gives nothing.
    ZERO = "zero"
    GROUP_BEATEN = "group_beaten"
    SILENCED_BY = "silenced_by"

    # The fact as a whole earns nothing; no rule was asked.
    ORDER_PENDING = "order_pending"
    ORDER_CANCELLED = "order_cancelled"
    NO_MEMBER = "no_member"
    NO_RULES = "no_rules"
    MEMBER_SUSPENDED = "member_suspended"
    MEMBER_CLOSED = "member_closed"
    MEMBER_ERASED = "member_erased"

    def by(self, code: str) -> str:
        """Return the word with the code of the rule that caused it."""
        return f"{self}:{code}"
