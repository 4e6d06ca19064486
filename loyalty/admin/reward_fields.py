"""The fields in which staff write a reward: one for every key of the file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.readable import ReadableTexts
from loyalty.admin.rule_fields import ConditionWidget
from loyalty.admin.snippets import SnippetField
from loyalty.rules.fields import LINE_FIELDS, MEMBER_FIELDS, ORDER_FIELDS

LARGEST = 2**63 - 1

GIVES_KINDS = (
    ("fixed", "An amount off the order"),
    ("percent", "A percentage off the order"),
    ("free_product", "A product for free"),
    ("free_shipping", "Free shipping"),
    ("buy_get", "Buy some, get some"),
    ("gift_card", "A gift card"),
    ("pay", "Pay the order with points"),
    ("points", "Points of another type"),
    ("entitlement", "An entitlement, such as 500 MB"),
    ("donation", "A donation"),
    ("physical", "Something to send"),
    ("custom", "Something of your own, to be done by hand"),
)
# What each kind has to say, by its keys below `gives`; the first makes it that kind.
GIVES_KEYS: Mapping[str, Sequence[str]] = {
    "fixed": ("fixed", "minimum_order"),
    "percent": ("percent", "at_most"),
    "free_product": ("free_product",),
    "free_shipping": (),
    "buy_get": ("buy", "get", "percent", "lines"),
    "gift_card": ("gift_card",),
    "pay": (),
    "points": ("points", "point_type"),
    "entitlement": ("entitlement", "quantity"),
    "donation": ("donation", "to"),
    "physical": ("physical",),
    "custom": ("custom",),
}
MOMENTS = "<code>2026-05-01</code> is midnight; or write <code>2026-05-01 09:00</code>."
PAY_KEYS = ("point_type", "rate", "minimum", "step", "at_most_percent")
NEEDED: Mapping[str, Sequence[str]] = {
    "fixed": ("gives_fixed",),
    "percent": ("gives_percent",),
    "free_product": ("gives_free_product",),
    "buy_get": ("gives_buy", "gives_get"),
    "gift_card": ("gives_gift_card",),
    "points": ("gives_points",),
    "entitlement": ("gives_entitlement",),
    "donation": ("gives_donation",),
    "physical": ("gives_physical",),
    "custom": ("gives_custom",),
}


class PricesWidget(forms.Widget):
    """A number for each point type, with its name beside it."""

    template_name = "admin/prices.html"
    use_fieldset = True

    def __init__(self, codes: Sequence[str] = ()) -> None:
        super().__init__()
        self.codes = codes

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> Any:
        prices = value if isinstance(value, Mapping) else {}
        rows = [(f"{name}_{code}", code, prices.get(code) or "") for code in self.codes]
        return super().get_context(name, value, attrs) | {"rows": rows}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        texts = {code: str(data.get(f"{name}_{code}", "")).strip() for code in self.codes}
        return {code: text for code, text in texts.items() if text}

    def id_for_label(self, id_: str) -> str:
        return ""


class PricesField(forms.Field):
    """How many points of which type; any one of them pays."""

    widget = PricesWidget

    def to_python(self, value: Any) -> dict[str, int]:
        prices = {}
        for code, text in (value or {}).items():
            if not (text.isascii() and text.isdecimal()) or int(text[:25]) > LARGEST:
                raise ValidationError(f"{code}: expected a whole number of points.")
            prices[code] = int(text)
        return prices


def _text(size: int = 20, longest: int = 255, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"size": str(size), "spellcheck": "false"})
    return forms.CharField(required=False, widget=widget, max_length=longest, **kwargs)


def _whole(**kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=LARGEST, **kwargs)


class RewardFields(ReadableTexts, forms.ModelForm):  # type: ignore[type-arg]
    """Every key of a reward. Field names are the file's, joined by `_`."""

    cost = PricesField(
        label="Price",
        required=False,
        help_text="In points. With several prices, any one of them pays.",
    )
    gives_kind = forms.ChoiceField(
        label="Gives", choices=GIVES_KINDS, help_text="The fields below follow from it."
    )
    gives_fixed = _text(label="Amount off", help_text="In major units: <code>10.00</code>.")
    gives_minimum_order = _text(
        label="Orders from",
        help_text="Goods of at least this amount, as <code>40.00</code>. Empty: any order.",
    )
    gives_percent = _text(label="Percent off", help_text="Above 0 and up to 100.")
    gives_at_most = _text(label="At most", help_text="As <code>20.00</code>. Empty: no cap.")
    gives_free_product = _text(label="Product", help_text="Its SKU in the shop.")
    gives_buy = _whole(label="Buy")
    gives_get = _whole(label="Get", help_text="How many of them are reduced, or free.")
    gives_lines = forms.CharField(
        label="Of these goods",
        required=False,
        widget=ConditionWidget(
            [("Lines", LINE_FIELDS), ("Orders", ORDER_FIELDS), ("Members", MEMBER_FIELDS)]
        ),
        help_text="Asked of every line of the order. Empty: all goods.",
    )
    gives_gift_card = _text(label="Value", help_text="In major units: <code>25.00</code>.")
    gives_pay_point_type = forms.ChoiceField(label="Points", required=False)
    gives_pay_rate = _text(
        label="One point is worth",
        help_text="In major units: <code>0.01</code>. Empty: as the point type says.",
    )
    gives_pay_minimum = _whole(label="At least", help_text="Points in one payment.")
    gives_pay_step = _whole(label="In steps of", help_text="Points; empty is 1.")
    gives_pay_at_most_percent = _text(
        label="At most percent of the order", help_text="Empty is 100."
    )
    gives_points = _whole(label="How many points")
    gives_point_type = forms.ChoiceField(label="Of which type", required=False)
    gives_entitlement = _text(
        label="What", longest=60, help_text="Its name in the shop, as <code>storage_mb</code>."
    )
    gives_quantity = _whole(label="How much", help_text="Empty is 1.")
    gives_donation = _text(label="Amount", help_text="In major units: <code>1.00</code>.")
    gives_to = _text(size=40, longest=120, label="To whom")
    gives_physical = _text(
        size=40, label="What is sent", help_text="It appears on the work list when redeemed."
    )
    gives_custom = SnippetField(
        label="What is done",
        help_text="Whatever your own systems or staff have to know: <code>{calendar: dinners, "
        "seats: 2}</code>. It appears on the work list when redeemed.",
    )
    visible_from = _text(label="Visible from", help_text="Empty: at once.")
    visible_until = _text(label="Until", help_text="Exclusive. Empty: without end.")
    redeemable_from = _text(label="Redeemable from", help_text="Empty: as it is visible.")
    redeemable_until = _text(label="Until", help_text="Exclusive. Empty: as it is visible.")
    when = forms.CharField(
        label="Only for members",
        required=False,
        strip=True,
        widget=ConditionWidget([("Members", MEMBER_FIELDS)]),
        help_text="Who may have it. Empty: everybody. Money is in minor units (cents).",
    )
    limits = SnippetField(
        rows=2,
        help_text="How often: <code>[{times: 1, per: day}]</code>, <code>[{times: 100, per: "
        "month, of: program}]</code>. <code>per</code> is hour, day, week, month, quarter, "
        "year or lifetime; <code>of: program</code> counts all members together.",
    )
    several_per_order = forms.BooleanField(
        label="Several on one order",
        required=False,
        help_text="Otherwise one order redeems it once.",
    )
    voucher_valid = _text(
        label="Valid for", help_text="As <code>30 days</code>. Empty: for ever."
    )
    voucher_uses = _whole(label="Uses", help_text="Empty is 1.")
    voucher_prefix = _text(
        label="Prefix", longest=12, help_text="Codes begin with it: <code>HC</code>-7K2M-…"
    )
    voucher_codes = forms.ChoiceField(
        label="Codes",
        required=False,
        choices=[("generated", "Made by us"), ("pool", "Imported, from the reward's pool")],
    )


FIELDSETS: Any = (
    (None, {"fields": ("program", "code", "name")}),
    ("Price", {"fields": ("cost",)}),
    (
        "What it gives",
        {
            "fields": (
                "gives_kind",
                *("gives_fixed", "gives_minimum_order", "gives_percent", "gives_at_most"),
                *("gives_free_product", "gives_buy", "gives_get", "gives_gift_card"),
                *(f"gives_pay_{key}" for key in PAY_KEYS),
                *("gives_points", "gives_point_type", "gives_entitlement", "gives_quantity"),
                *("gives_donation", "gives_to", "gives_physical", "gives_custom"),
                "gives_lines",
            )
        },
    ),
    ("How many there are", {"fields": ("stock",)}),
    (
        "When",
        {
            "fields": (
                ("visible_from", "visible_until"),
                ("redeemable_from", "redeemable_until"),
            ),
            "description": f"By the clock of the program: {MOMENTS}",
        },
    ),
    ("For whom, and how often", {"fields": ("when", "limits", "several_per_order")}),
    (
        "Its codes",
        {"fields": ("voucher_codes", "voucher_valid", "voucher_uses", "voucher_prefix")},
    ),
)
