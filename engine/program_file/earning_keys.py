"""The keys of `earning_rules`, as the program file writes them."""

from typing import Any

from engine.program_file.forms import (
    Code,
    Condition,
    Flag,
    Hours,
    ListOf,
    Moment,
    Money,
    Only,
    Rate,
    Span,
    Text,
    Whole,
    Word,
)
from engine.program_file.mappings import CODE, ByCode, Fields, Key, OneOf
from engine.program_file.program_keys import AFTER, HOLD, OTHER_EXPIRIES
from engine.program_file.spot import Spot
from loyalty.rules.wallets import MOST_POINTS

ROUNDINGS = ("floor", "half_up", "half_even", "ceil")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

BY_AMOUNT = {
    "points": Key(Rate(), "So many points …", required=True),
    "per": Key(Money(least=1), "… per so much money.", required=True),
}
FIXED = Fields(
    {
        "points": Key(Whole(most=MOST_POINTS), "So many points for each fact.", required=True),
        "on_partial_refund": Key(
            Word(("keep", "prorate")), "What a refund of a part leaves of them.", "keep"
        ),
    }
)
AWARD = OneOf(
    mappings={
        "bands": Fields(
            {
                "bands": Key(
                    ListOf(
                        Fields(
                            {"from": Key(Money(), "Where the slice begins.", required=True)}
                            | BY_AMOUNT
                        ),
                        least=1,
                    ),
                    "Slices of the amount, each with a rate of its own.",
                    required=True,
                )
            }
        ),
        "points_from": Fields(
            {
                "points_from": Key(
                    Text(255, "a name such as event.properties.minutes"),
                    "As many points as this property says …",
                    required=True,
                ),
                "times": Key(Rate(), "… times this.", 1),
            }
        ),
        "per_item": Fields(
            {
                "points": Key(Rate(), "So many points for each unit.", required=True),
                "per_item": Key(Only(True), "For each unit that counts.", required=True),
            }
        ),
        "per": Fields(
            BY_AMOUNT | {"whole_steps": Key(Flag(), "Count full steps only.", default=False)}
        ),
        "points": FIXED,
    },
    example='{points: 1, per: "1.00"}',
)
LIMIT = Fields(
    {
        "points": Key(Whole(), "At most so many points …"),
        "times": Key(Whole(1), "… or so many times …"),
        "per": Key(
            Word(("fact", "hour", "day", "week", "month", "quarter", "year", "lifetime")),
            "… within this.",
            required=True,
        ),
        "of": Key(Word(("member", "program")), "Each member, or all together.", "member"),
        "window": Key(
            Word(("calendar", "rolling")), "The calendar's, or the last so long.", "calendar"
        ),
        "on_overflow": Key(
            Word(("clip", "refuse")), "Give what still fits, or nothing.", "clip"
        ),
    },
    one_of=("points", "times"),
)
VALID = Fields(
    {
        "from": Key(Moment(), "The first moment; a date is its local midnight."),
        "until": Key(Moment(), "The first moment at which it is over."),
        "weekdays": Key(
            ListOf(Word(WEEKDAYS), least=1, most=7, rank=WEEKDAYS.index), "On these days only."
        ),
        "hours": Key(Hours(), "At these local hours only; they may cross midnight."),
    }
)
BASE = Fields(
    {
        "tax": Key(Flag(), "Count tax.", default=False),
        "shipping": Key(Flag(), "Count shipping.", default=False),
        "points_paid": Key(Flag(), "Count what was paid with points.", default=False),
        "gift_cards_paid": Key(Flag(), "Count what was paid with gift cards.", default=False),
        "gift_card_products": Key(Flag(), "Count gift cards that were bought.", default=False),
    }
)
# What a rule says of its points' expiry has no past to keep or change.
RULE_EXPIRY = OneOf(
    words=("never",),
    mappings={"after": Fields(AFTER), **OTHER_EXPIRIES},
    example="{after: 3 months}",
)


class Rule(Fields):
    """An earning rule. Whether multipliers act on it depends on its award."""

    def read(self, spot: Spot) -> dict[str, Any]:
        rule = super().read(spot)
        award = rule.get("award") or {}
        measured = not award.keys().isdisjoint({"per", "per_item", "bands"})
        if "award" in rule and rule.get("multipliers") is measured:
            del rule["multipliers"]
        return rule


RULE = Rule(
    {
        "name": Key(Text(), "For people. Left out: the code.", CODE),
        "on": Key(
            Text(60, "order, signup, birthday, anniversary or an event of your own"),
            "What earns: order, signup, birthday, anniversary, or an event of your own.",
            "order",
        ),
        "point_type": Key(Code(), "Which points. Left out: the first spendable ones."),
        "award": Key(AWARD, "What it gives."),
        "multiply": Key(Rate(), "Multiplies what the other rules of its points give."),
        "lines": Key(
            Condition('line.category == "coffee"'), "Which lines count. Left out: all."
        ),
        "when": Key(Condition("order.subtotal >= 1000"), "When it counts. Left out: always."),
        "base": Key(BASE, "What else is counted into the amount.", {}),
        "order_discounts": Key(
            Word(("share", "ignore")), "Whether order discounts lower the amount.", "share"
        ),
        "rounding": Key(Word(ROUNDINGS), "How the points become whole.", "floor"),
        "round_per": Key(
            Word(("order", "line")), "Once for the order, or for each line.", "order"
        ),
        "round_base": Key(
            Word(ROUNDINGS), "Round before multipliers as well. Left out: do not."
        ),
        "multipliers": Key(
            Flag(),
            "Whether multipliers act on it. Left out: on awards by amount and by item.",
        ),
        "tier_multiplier": Key(
            Flag(), "Whether the tier's multiplier acts on it.", default=True
        ),
        "group": Key(Code(), "Only the best of a group counts."),
        "exclusive": Key(Flag(), "Silences the rules of lower priority.", default=False),
        "priority": Key(Whole(-1_000_000, 1_000_000), "Higher comes first.", 0),
        "limits": Key(ListOf(LIMIT, most=20), "How much and how often.", []),
        "valid": Key(VALID, "When it counts by the calendar. Left out: always.", {}),
        "hold": Key(HOLD, "How long its points stay pending. Left out: the point type's."),
        "expiry": Key(RULE_EXPIRY, "When its points expire. Left out: the point type's."),
        "known_for": Key(
            Span("30 days", may_be_zero=True),
            "How long a birthday has to have been on file.",
        ),
    },
    one_of=("award", "multiply"),
)

EARNING_RULES = ByCode(RULE, called="earning rules")
