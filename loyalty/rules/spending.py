"""How much of what was spent on an order comes back with its goods."""

from loyalty.rules.orders import OrderFacts

NEVER, ONLY_IN_FULL = "never", "full_refund_only"


def returned_so_far(spent: int, facts: OrderFacts, *, policy: str) -> int:
    """Return how many of the points spent on an order its refunds give back in all.

    In proportion to the goods that came back, by their value after discounts;
    fractions are dropped, and the last goods bring back the rest. `policy` is the
    point type's `restore_on_refund`.
    """
    if policy == NEVER:
        return 0
    if facts.status == "cancelled" or not facts.goods_left:
        return spent
    if policy == ONLY_IN_FULL or not facts.goods_after_discounts:
        return 0
    return spent * facts.refunded_goods // facts.goods_after_discounts
