"""The fields in which staff write an earning rule: one for every key of the file."""

from typing import Any, ClassVar

from django import forms

from core.readable import ReadableTexts
from loyalty.admin.snippets import SnippetField
from loyalty.rules.fields import (
    EVENT_FIELDS,
    LINE_FIELDS,
    MEMBER_FIELDS,
    ORDER_FIELDS,
    Fields,
)
from loyalty.rules.ruleforms import ROUNDINGS
from loyalty.rules.validity import WEEKDAYS

AWARD_KINDS = (
    ("per", "Points by amount: so many per so much money"),
    ("points", "A fixed number of points"),
    ("per_item", "Points for each item"),
    ("points_from", "As many points as a property says"),
    ("bands", "Points by slices of the amount"),
    ("multiply", "None of its own: it multiplies what other rules give"),
)
ROUNDING_WORDS = {
    "floor": "Down",
    "half_up": "To the nearest, half up",
    "half_even": "To the nearest, half to even",
    "ceil": "Up",
}
ROUNDING_CHOICES = [(word, ROUNDING_WORDS[word]) for word in ROUNDINGS]
WEEKDAY_WORDS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# What each kind of award has to say, by the names of its fields.
AWARD_KEYS = {
    "per": ("points", "per", "whole_steps"),
    "points": ("points", "on_partial_refund"),
    "per_item": ("points",),
    "points_from": ("points_from", "times"),
    "bands": ("bands",),
    "multiply": (),
}
BASES = ("tax", "shipping", "points_paid", "gift_cards_paid", "gift_card_products")


class ConditionWidget(forms.Textarea):
    """A condition, with the names that it may use beside it."""

    template_name = "admin/condition.html"

    def __init__(self, groups: list[tuple[str, Fields]]) -> None:
        super().__init__(attrs={"rows": 8, "class": "code", "spellcheck": "false"})
        self.groups = groups

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> Any:
        names = [(title, list(fields.items())) for title, fields in self.groups]
        return super().get_context(name, value, attrs) | {"groups": names}


def _code(**kwargs: Any) -> forms.CharField:
    """Return a short text that is written as in the file."""
    attrs = {"class": "code", "size": "20", "spellcheck": "false"}
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(required=False, widget=widget, max_length=255, **kwargs)


def _flag(**kwargs: Any) -> forms.BooleanField:
    return forms.BooleanField(required=False, **kwargs)


class RuleFields(ReadableTexts, forms.ModelForm):  # type: ignore[type-arg]
    """Every key of an earning rule. Field names are the file's, joined by `_`."""

    point_type = forms.ChoiceField(
        required=False, help_text="Which points it gives, or whose awards it multiplies."
    )
    award_kind = forms.ChoiceField(
        label="Kind", choices=AWARD_KINDS, help_text="The fields below follow from it."
    )
    award_points = _code(
        label="Points", help_text="So many points: <code>1</code>, <code>0.5</code>."
    )
    award_per = _code(
        label="Per amount",
        help_text="For so much money, in major units: <code>1.00</code>.",
    )
    award_whole_steps = _flag(
        label="Full steps only", help_text="19.99 at 1 per 10.00 is then 1 point."
    )
    award_on_partial_refund = forms.ChoiceField(
        label="On a partial refund",
        required=False,
        choices=[("keep", "Keep all, while any goods are left"), ("prorate", "In proportion")],
    )
    award_points_from = _code(
        label="Property",
        help_text="The name of a number: <code>event.properties.minutes</code>.",
    )
    award_times = _code(label="Times", help_text="Multiplied by this; empty is 1.")
    award_bands = SnippetField(
        label="Slices",
        rows=3,
        help_text='Each slice begins above an amount: <code>[{from: "0.00", points: 1, per: '
        '"1.00"}, {from: "100.00", points: 2, per: "1.00"}]</code>',
    )
    multiply = _code(
        label="Multiply by",
        help_text="Multipliers add up: twice and half again make 2.5 times.",
    )
    when = forms.CharField(
        label="Condition",
        required=False,
        strip=True,
        widget=ConditionWidget(
            [("Orders", ORDER_FIELDS), ("Events", EVENT_FIELDS), ("Members", MEMBER_FIELDS)]
        ),
        help_text="When the rule counts. Empty: always. Money is in minor units (cents).",
    )
    lines = forms.CharField(
        label="Lines that count",
        required=False,
        strip=True,
        widget=ConditionWidget(
            [("Lines", LINE_FIELDS), ("Orders", ORDER_FIELDS), ("Members", MEMBER_FIELDS)]
        ),
        help_text="Asked of every line of the order. Empty: all lines.",
    )
    valid_from = _code(
        label="From", help_text="A date (<code>2026-05-01</code>) or a time with its zone."
    )
    valid_until = _code(label="Until", help_text="Exclusive: the first day it is over.")
    valid_weekdays = forms.MultipleChoiceField(
        label="On these days",
        required=False,
        choices=list(zip(WEEKDAYS, WEEKDAY_WORDS, strict=True)),
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: every day.",
    )
    valid_hours = _code(
        label="At these hours",
        help_text="<code>08:00-11:00</code>; may cross midnight. Empty: all day.",
    )
    known_for = _code(
        label="On file for",
        help_text="For birthdays and anniversaries: known at least so long, as "
        "<code>30 days</code>.",
    )
    base_tax = _flag(label="Tax")
    base_shipping = _flag(label="Shipping")
    base_points_paid = _flag(label="Paid with points")
    base_gift_cards_paid = _flag(label="Paid with gift cards")
    base_gift_card_products = _flag(label="Gift cards bought")
    order_discounts = forms.ChoiceField(
        required=False,
        choices=[("share", "Lower what counts"), ("ignore", "Are ignored")],
    )
    rounding = forms.ChoiceField(required=False, choices=ROUNDING_CHOICES)
    round_per = forms.ChoiceField(
        label="Rounded",
        required=False,
        choices=[("order", "Once for the order"), ("line", "For each line")],
    )
    round_base = forms.ChoiceField(
        label="Before multipliers",
        required=False,
        choices=[("", "Not rounded"), *ROUNDING_CHOICES],
    )
    multipliers = forms.ChoiceField(
        label="Multipliers act on it",
        required=False,
        choices=[("", "If it gives by amount or item"), ("true", "Yes"), ("false", "No")],
    )
    tier_multiplier = forms.BooleanField(
        label="The tier's multiplier acts on it", required=False, initial=True
    )
    group = _code(help_text="Of the rules in one group, only the best counts.")
    priority = forms.IntegerField(
        required=False, initial=0, help_text="Higher comes first.", widget=forms.NumberInput
    )
    exclusive = _flag(help_text="Silences every rule that comes after it.")
    limits = SnippetField(
        rows=3,
        help_text="How much and how often: <code>[{times: 1, per: day}]</code>, "
        "<code>[{points: 500, per: month, of: member, window: rolling, on_overflow: "
        "refuse}]</code>. <code>per</code> is fact, hour, day, week, month, quarter, year "
        "or lifetime.",
    )
    hold = SnippetField(
        help_text="How long its points stay pending: <code>none</code>, "
        "<code>{days: 14}</code>, <code>{after: fulfilled, days: 14, timeout: 60 days, "
        "on_timeout: release}</code>. Empty: as the point type says.",
    )
    expiry = SnippetField(
        help_text="When its points expire: <code>never</code>, <code>{after: 12 months, "
        "round_up_to: month}</code>, <code>{dates: [12-31], at_least: 15 days}</code>, "
        "<code>{inactivity: 6 months}</code>. Empty: as the point type says.",
    )

    ORDER_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"lines", "order_discounts", "round_per", *(f"base_{name}" for name in BASES)}
    )


FIELDSETS: Any = (
    (None, {"fields": ("program", "code", "name", "on", "point_type")}),
    (
        "What it gives",
        {
            "fields": (
                "award_kind",
                "award_points",
                "award_per",
                "award_whole_steps",
                "award_on_partial_refund",
                "award_points_from",
                "award_times",
                "award_bands",
                "multiply",
            )
        },
    ),
    (
        "When it counts",
        {
            "fields": (
                "when",
                ("valid_from", "valid_until"),
                "valid_weekdays",
                "valid_hours",
                "known_for",
            )
        },
    ),
    (
        "What it counts",
        {"fields": ("lines", tuple(f"base_{name}" for name in BASES), "order_discounts")},
    ),
    ("Limits", {"fields": ("limits",)}),
    (
        "Beside other rules",
        {
            "classes": ["collapse"],
            "fields": ("priority", "group", "exclusive", "multipliers", "tier_multiplier"),
        },
    ),
    (
        "Rounding",
        {"classes": ["collapse"], "fields": ("rounding", "round_per", "round_base")},
    ),
    (
        "Its points",
        {"classes": ["collapse"], "fields": ("hold", "expiry")},
    ),
)
