"""Orders, refunds and rules as Hypothesis draws them."""

from hypothesis import strategies as st

from tests.loyalty.rules.bodies import line, order, refund

CATEGORIES = ["tea", "coffee", ""]

amounts = st.integers(0, 5000) | st.integers(0, 50)
maybe = st.none() | amounts


@st.composite
def lines(draw, line_id):
    quantity, price = draw(st.integers(1, 5)), draw(amounts)
    category = draw(st.sampled_from(CATEGORIES))
    return line(
        line_id,
        categories=[category] if category else [],
        quantity=quantity,
        unit_price=price,
        discount=draw(st.integers(0, quantity * price)),
        gift_card=draw(st.booleans() if draw(st.booleans()) else st.just(False)),
    )


@st.composite
def plain_orders(draw):
    """Orders with line and order discounts, and nothing else to share out."""
    wares = [draw(lines(str(n))) for n in range(draw(st.integers(1, 4)))]
    goods = sum(each["quantity"] * each["unit_price"] - each["discount"] for each in wares)
    return order(*wares, discount=draw(st.integers(0, goods)))


@st.composite
def orders(draw):
    """Orders with everything, refunds of more than there is included."""
    body = draw(plain_orders())
    for each in body["lines"]:
        each["tax"] = draw(maybe) if draw(st.booleans()) else None
        each["refunded_quantity"] = draw(st.integers(0, each["quantity"] + 1))
        each["refunded_amount"] = draw(maybe) if draw(st.booleans()) else None
    return body | {
        "tax": draw(amounts),
        "tax_included": draw(st.booleans()),
        "shipping": draw(amounts),
        "refunded_amount": draw(amounts) if draw(st.booleans()) else 0,
        "refunded_shipping": draw(amounts) if draw(st.booleans()) else 0,
        "paid_with_points": draw(amounts) if draw(st.booleans()) else 0,
        "paid_with_gift_cards": draw(amounts) if draw(st.booleans()) else 0,
    }


def refunds():
    units = st.dictionaries(st.sampled_from(["_0", "_1", "_2"]), st.integers(1, 3), max_size=2)
    one = st.builds(lambda amount, given: refund("r", amount, **given), amounts, units)
    return st.lists(one, max_size=3)


def money(least=1):
    return st.integers(least, 3000).map(lambda cents: f"{cents // 100}.{cents % 100:02}")


rates = st.integers(0, 20) | st.integers(1, 300).map(lambda n: f"{n / 100:.2f}")
filters = st.none() | st.sampled_from(
    [f'line.category == "{category}"' for category in CATEGORIES]
)
roundings = st.sampled_from(["floor", "half_up", "half_even", "ceil"])


@st.composite
def bands(draw):
    starts = sorted(draw(st.sets(st.integers(0, 6000), min_size=1, max_size=3)))
    return {
        "bands": [
            {"from": f"{start // 100}.{start % 100:02}", "points": draw(rates),
             "per": draw(money())}
            for start in starts
        ]
    }  # fmt: skip


by_amount = st.fixed_dictionaries(
    {"points": rates, "per": money()}, optional={"whole_steps": st.booleans()}
)
by_item = st.fixed_dictionaries({"points": rates, "per_item": st.just(True)})
fixed = st.fixed_dictionaries(
    {"points": st.integers(0, 500)},
    optional={"on_partial_refund": st.sampled_from(["keep", "prorate"])},
)
switches = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ["tax", "shipping", "points_paid", "gift_cards_paid", "gift_card_products"],
        st.booleans(),
    ),
)
keys = {
    "lines": filters,
    "base": switches,
    "order_discounts": st.sampled_from(["share", "ignore"]),
    "rounding": roundings,
    "round_base": roundings,
    "multipliers": st.booleans(),
    "tier_multiplier": st.booleans(),
    "priority": st.integers(-1, 1),
    "group": st.sampled_from(["g", "h"]),
    "exclusive": st.booleans(),
}


def awards():
    per_line = {"round_per": st.sampled_from(["order", "line"])}
    measures = st.fixed_dictionaries({"award": by_amount | by_item}, optional=keys | per_line)
    others = st.fixed_dictionaries({"award": bands() | fixed}, optional=keys)
    return measures | others


multiplies = st.fixed_dictionaries(
    {"multiply": st.integers(0, 4) | st.sampled_from(["0.5", "1.5", "1.333333"])},
    optional={"lines": filters, "group": st.sampled_from(["g", "h"])},
)


def rule_sets():
    return st.dictionaries(
        st.sampled_from("abcdefgh"), awards() | multiplies, min_size=1, max_size=5
    )


bonuses = st.lists(st.sampled_from(["0.5", "1", "1.25", "2"]), max_size=2)
