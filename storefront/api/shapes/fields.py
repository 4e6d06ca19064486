"""The kinds of value that requests and answers are made of."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MOST = 2**63 - 1

KINDS = [{"type": kind} for kind in ("string", "number", "boolean")]
SCALAR = {"nullable": True, "anyOf": KINDS}


class Shape(serializers.Serializer[Any]):
    """An object in an answer."""


class Statement(serializers.Serializer[Any]):
    """An object in a request: a field that it does not name is refused."""


class Text(serializers.CharField):
    """Text, 255 characters unless it says otherwise."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_length": 255} | options))


class Said(serializers.CharField):
    """Text in an answer."""


class Whole(serializers.IntegerField):
    """A whole number from 0 up: points, units, or money in minor units."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"min_value": 0, "max_value": MOST} | options))


class Change(serializers.IntegerField):
    """A whole number that may be below zero."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"min_value": -MOST, "max_value": MOST} | options))


class Flag(serializers.BooleanField):
    """True or false."""


class Time(serializers.DateTimeField):
    """An RFC 3339 time with a zone."""


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": 100,
        "additionalProperties": {
            "anyOf": [*KINDS, {"type": "array", "maxItems": 100, "items": SCALAR}],
            "nullable": True,
        },
    }
)
class Attributes(serializers.DictField):
    """Names of the storefront's own, each with text, a number, a flag, or a list of them."""


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Anything(serializers.DictField):
    """An object that says for itself what it has."""


class Word(serializers.CharField):
    """One of some stable words; `name` is what the document calls the choice."""

    def __init__(self, name: str, words: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.choice = name
        self.words = words


class Balances(Shape):
    available = Whole(help_text="May be spent now.")
    pending = Whole(help_text="Earned, but not released yet.")
    held = Whole(help_text="Reserved by an open redemption.")
    debt = Whole(help_text="Owed; only when nothing is available.")


class Movement(Shape):
    """What an entry changed in each bucket."""

    available = Change()
    pending = Change()
    held = Change()
    debt = Change()


class WalletNumbers(Balances):
    lifetime_earned = Whole()
    lifetime_redeemed = Whole()
    lifetime_expired = Whole()


class DatedPoints(Shape):
    at = Time()
    points = Whole()


def wallets(
    child: serializers.Field[Any, Any, Any, Any] | None = None,
) -> serializers.DictField:
    """Return a field with one wallet for each point type, by its code."""
    return serializers.DictField(child=child or Balances())


def listed(name: str, child: type[Shape]) -> type[Shape]:
    """Return the shape of a page of a list."""
    fields = {
        "__doc__": "One page of a list, newest first.",
        "results": child(many=True),
        "next": serializers.URLField(allow_null=True, help_text="Older; null at the end."),
        "previous": serializers.URLField(allow_null=True, help_text="Newer."),
    }
    return type(name, (Shape,), fields)
