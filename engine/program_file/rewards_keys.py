"""The keys of `rewards`, as the program file writes them."""

import re
from typing import Any

from engine.program_file.earning_keys import LIMIT
from engine.program_file.forms import (
    Code,
    Condition,
    Flag,
    ListOf,
    Moment,
    Money,
    Only,
    Rate,
    Schema,
    Span,
    Text,
    Whole,
    Word,
    attempt,
)
from engine.program_file.mappings import CODE, ByCode, Fields, Key, OneOf
from engine.program_file.spot import Refused, Spot, quoted
from engine.program_file.text import Float, Listing, Scalar, Table, is_null

MAX_DEPTH = 5

_PREFIX = re.compile(r"[A-Za-z0-9]{1,12}")


class Prices:
    """Points by point type. Any one of them pays."""

    points = Whole(1)

    def read(self, spot: Spot) -> dict[str, Any]:
        if not isinstance(spot.node, Table):
            raise Refused("expected points by point type, as {points: 100}")
        prices = {}
        for code, (place, node) in spot.node.entries.items():
            attempt(Code("a point type"), spot.below(code, Scalar(code, code, place)))
            below = spot.below(code, node)
            if not is_null(node):
                prices[code] = attempt(self.points, below)
        return {code: price for code, price in prices.items() if price is not None}

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": Code().schema(),
            "additionalProperties": self.points.schema(),
            "examples": [{"points": 100}],
        }


class Prefix:
    """What codes begin with, in capitals."""

    def read(self, spot: Spot) -> str:
        scalar = spot.scalar("a prefix such as HC")
        if not isinstance(scalar.value, str) or not _PREFIX.fullmatch(scalar.value):
            raise Refused(f"expected up to 12 letters and digits, not {quoted(scalar)}")
        return scalar.value.upper()

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_PREFIX.pattern}$", "examples": ["HC"]}


class Anything:
    """A mapping of one's own: texts, whole numbers, flags, and lists and mappings of them."""

    def read(self, spot: Spot) -> Any:
        if not isinstance(spot.node, Table):
            raise Refused("expected a mapping such as {key: value}")
        return self._read(spot, MAX_DEPTH)

    def _read(self, spot: Spot, depth: int) -> Any:
        node = spot.node
        if isinstance(node, Scalar):
            return self._value(node)
        if not depth:
            raise Refused(f"expected at most {MAX_DEPTH} levels", "too_deep")
        if isinstance(node, Listing):
            return [
                self._read(spot.below(index, item), depth - 1)
                for index, item in enumerate(node.items)
            ]
        return {
            key: self._read(spot.below(key, item), depth - 1)
            for key, (_, item) in node.entries.items()
            if not is_null(item)
        }

    def _value(self, scalar: Scalar) -> Any:
        if isinstance(scalar.value, Float):
            detail = f'write it in quotes, "{scalar.text}": without them it would be rounded'
            raise Refused(detail, "float")
        if len(scalar.text) > 1000:
            raise Refused("at most 1000 characters", "too_long")
        return scalar.value

    def schema(self) -> Schema:
        return {"type": "object", "examples": [{"key": "value"}]}


PAY = Fields(
    {
        "point_type": Key(Code(), "Which points. Left out: the first spendable ones."),
        "rate": Key(
            Rate(), "What one point pays, in major units. Left out: the point type's value."
        ),
        "minimum": Key(Whole(1), "The fewest points.", 1),
        "step": Key(Whole(1), "A multiple of so many points.", 1),
        "at_most_percent": Key(Rate(3), "The most of an order, in percent.", 100),
    }
)
# By the first key that is there, which is why `buy` stands before `percent`.
GIVES = OneOf(
    mappings={
        "fixed": Fields(
            {
                "fixed": Key(Money(least=1), "So much off the order.", required=True),
                "minimum_order": Key(Money(), "Orders of at least this. Left out: any."),
            }
        ),
        "buy": Fields(
            {
                "buy": Key(Whole(1, 1000), "Buy so many …", required=True),
                "get": Key(Whole(1, 1000), "… and get so many more …", required=True),
                "percent": Key(Rate(3), "… for so many percent less.", 100),
                "lines": Key(
                    Condition('line.category == "coffee"'),
                    "Which lines it is about. Left out: all.",
                ),
            }
        ),
        "percent": Fields(
            {
                "percent": Key(Rate(3), "So many percent off the order.", required=True),
                "at_most": Key(Money(least=1), "No more than this. Left out: no cap."),
            }
        ),
        "pay": Fields({"pay": Key(PAY, "Points pay at the checkout.", required=True)}),
        "free_product": Fields({"free_product": Key(Text(255), "Its SKU.", required=True)}),
        "free_shipping": Fields({"free_shipping": Key(Only(True), "true", required=True)}),
        "gift_card": Fields(
            {"gift_card": Key(Money(least=1), "What is on the card.", required=True)}
        ),
        "entitlement": Fields(
            {
                "entitlement": Key(Text(60), "What it is a right to.", required=True),
                "quantity": Key(Whole(1), "How much of it.", 1),
            }
        ),
        "donation": Fields(
            {
                "donation": Key(Money(least=1), "What is given …", required=True),
                "to": Key(Text(), "… and to whom."),
            }
        ),
        "points": Fields(
            {
                "points": Key(Whole(1), "So many points …", required=True),
                "point_type": Key(
                    Code(), "… of this type. Left out: the first spendable ones."
                ),
            }
        ),
        "physical": Fields({"physical": Key(Text(255), "What is sent.", required=True)}),
        "custom": Fields({"custom": Key(Anything(), "What you like.", required=True)}),
    },
    example='{fixed: "10.00"}',
)
LIMIT_OF_REWARD = Fields(
    {
        "points": Key(Whole(), "At most so many points …"),
        "times": Key(Whole(1), "… or so many times …"),
        "per": Key(
            Word(("hour", "day", "week", "month", "quarter", "year", "lifetime")),
            "… within this.",
            required=True,
        ),
        "of": LIMIT.keys["of"],
        "window": LIMIT.keys["window"],
        "on_overflow": Key(Word(("refuse",)), "A reward cannot be had in part.", "refuse"),
    },
    one_of=("points", "times"),
)
VOUCHER = Fields(
    {
        "valid": Key(Span("30 days"), "How long the code is good. Left out: without end."),
        "uses": Key(Whole(1, 1_000_000), "How often the code can be used.", 1),
        "prefix": Key(Prefix(), "What the code begins with."),
        "codes": Key(
            Word(("generated", "pool")), "Made up, or taken from those imported.", "generated"
        ),
    }
)


def _window(opening: str, closing: str) -> Fields:
    return Fields({"from": Key(Moment(), opening), "until": Key(Moment(), closing)})


REWARD = Fields(
    {
        "name": Key(Text(), "For people. Left out: the code.", CODE),
        "cost": Key(Prices(), "Its price by point type; any one of them pays.", {}),
        "gives": Key(GIVES, "What it gives.", required=True),
        "stock": Key(Whole(), "How many there are in all. Left out: any number."),
        "several_per_order": Key(
            Flag(), "Whether one order may redeem it more than once.", default=False
        ),
        "limits": Key(ListOf(LIMIT_OF_REWARD, most=20), "How often and for how much.", []),
        "visible": Key(
            _window("The first moment; a date is its local midnight.", "When it is over."),
            "When the catalogue shows it. Left out: always.",
            {},
        ),
        "redeemable": Key(
            _window("Left out: when it becomes visible.", "Left out: when it stops being so."),
            "When it can be redeemed. Left out: while it is visible.",
            {},
        ),
        "when": Key(
            Condition('member.tier.vip in ["gold"]'), "Who may have it. Left out: everybody."
        ),
        "voucher": Key(VOUCHER, "What its code is like, where it gives one.", {}),
    }
)

REWARDS = ByCode(REWARD, called="rewards")
