"""The fields in which staff write a ladder: one for every key of the file."""

from typing import Any

from django import forms

from core.readable import ReadableTexts
from tiers.admin.tier_rows import TierRowsField

METRICS = (
    ("spend", "Money spent on goods"),
    ("points", "Points earned"),
    ("orders", "Orders"),
    ("active_months", "Months with an order"),
    ("balance", "Points on the account now"),
)
WINDOWS = (
    ("lifetime", "A lifetime: everything since joining"),
    ("rolling", "The last days or months"),
    ("calendar", "A part of the calendar, then from nothing again"),
    ("anniversary", "From one anniversary of joining to the next"),
)
UNITS = (
    ("year", "Year"),
    ("half_year", "Half year"),
    ("quarter", "Quarter"),
    ("month", "Month"),
)
VALIDITIES = (
    ("", "As the window suggests"),
    ("end_of_period", "To the end of the period in which it was reached"),
    ("end_of_next_period", "To the end of the period after that"),
    ("length", "A time from entry on"),
)
DOWNGRADES = (
    ("to_fit", "To the tier that the value reaches"),
    ("one_step", "By one tier"),
    ("to_lowest", "To the lowest tier"),
    ("never", "Nobody falls"),
)


def _text(size: int = 14, longest: int = 40, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"size": str(size), "spellcheck": "false"})
    return forms.CharField(required=False, widget=widget, max_length=longest, **kwargs)


class LadderFields(ReadableTexts, forms.ModelForm):  # type: ignore[type-arg]
    """Every key of a ladder. Field names are the file's, joined by `_`."""

    metric = forms.ChoiceField(
        label="What counts",
        choices=METRICS,
        initial="spend",
        help_text="Net of refunds. Spending points or letting them expire moves nobody, "
        "but where the account itself counts.",
    )
    point_type = forms.ChoiceField(
        label="Which points", required=False, help_text="Status points count for tiers only."
    )
    count = forms.ChoiceField(
        label="Pending points",
        required=False,
        choices=[("earned", "Count when earned"), ("released", "Count when released")],
    )
    window_kind = forms.ChoiceField(label="Counted over", choices=WINDOWS, initial="lifetime")
    window_rolling = _text(
        label="How long", help_text="As <code>12 months</code> or <code>90 days</code>."
    )
    window_calendar = forms.ChoiceField(label="Which part", required=False, choices=UNITS)
    window_starts = _text(
        size=8,
        label="The year begins on",
        help_text="Month and day: <code>04-06</code>. Empty is 1 January.",
    )
    upgrade = forms.ChoiceField(
        label="A rise counts",
        required=False,
        choices=[("immediate", "At once"), ("next_period", "From the next period on")],
    )
    valid_for = forms.ChoiceField(
        label="A tier lasts",
        required=False,
        choices=VALIDITIES,
        help_text="The window suggests: the period after the one in which it was reached; of "
        "the last 12 months, 12 months; of a lifetime, for ever.",
    )
    valid_for_length = _text(
        label="How long it lasts", help_text="As <code>12 months</code>, from entry on."
    )
    downgrade = forms.ChoiceField(label="A fall goes", required=False, choices=DOWNGRADES)
    grace = _text(
        label="Grace",
        help_text="How long a fall waits: <code>30 days</code>. Who makes up for it "
        "meanwhile stays. Empty is none.",
    )
    carry_over = forms.BooleanField(
        required=False,
        label="Carry over",
        help_text="What was above the threshold counts in the next period.",
    )
    on_refund = forms.ChoiceField(
        label="A refund below the threshold",
        required=False,
        choices=[
            ("undo", "Takes the tier back at once, its entry reward included"),
            ("keep_until", "Leaves the tier until its time is up"),
        ],
    )
    tiers = TierRowsField(
        label="Tiers",
        help_text="From the lowest to the highest. Start with one whose threshold is 0 if "
        "everybody is to have a tier.",
    )
    applies_from = _text(
        size=18,
        label="Applies from",
        help_text="<code>2026-06-01</code> is midnight; or <code>2026-06-01 09:00</code>. "
        "Empty: at once. The change counts for the whole of that day.",
    )


FIELDSETS: Any = (
    (None, {"fields": ("program", "code", "name")}),
    (
        "What counts",
        {
            "fields": (
                *("metric", "point_type", "count"),
                *("window_kind", "window_rolling", "window_calendar", "window_starts"),
            )
        },
    ),
    ("Tiers", {"fields": ("tiers",)}),
    (
        "Rising, staying and falling",
        {
            "fields": (
                *("upgrade", "valid_for", "valid_for_length", "downgrade", "grace"),
                *("carry_over", "on_refund"),
            )
        },
    ),
    ("The change", {"fields": ("applies_from",)}),
)
