"""The tiers of a ladder as rows of a table: one form each, all in one field of the page."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory

from core.errors import DomainError, Problem
from core.money import to_major, to_minor
from core.readable import ReadableTexts
from loyalty.admin.rule_form import number
from loyalty.admin.snippets import SnippetField, written
from tiers.rules.ladder_forms import MOST_TIERS

PREFIX = "tiers"
# What is not the same for every tier from the start.
FILLED = ("code", "name", "threshold", "multiplier", "entry", "benefits")
SPARE = 2  # empty rows, to be filled where there are no scripts

Form = dict[str, Any]
if TYPE_CHECKING:
    Rows = BaseFormSet["TierRow"]
else:
    Rows = BaseFormSet


class BenefitsField(SnippetField):
    """Named values, one on a line, as the program file writes them."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {written(each)}" for name, each in value.items())
        return super().prepare_value(value)


class EntryField(SnippetField):
    """What entering a tier gives: a number of points, or anything else that can be given."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            plain = {key: each for key, each in value.items() if key != "once"}
            return str(plain["points"]) if list(plain) == ["points"] else written(plain)
        return super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        gives = super().to_python(value)
        is_number = isinstance(gives, int) and not isinstance(gives, bool)
        return {"points": gives} if is_number else gives


def _text(size: int, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"size": str(size), "spellcheck": "false"})
    return forms.CharField(required=False, widget=widget, **kwargs)


class TierRow(ReadableTexts, forms.Form):
    """One tier. An empty row is none."""

    code = forms.SlugField(
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"size": "14", "spellcheck": "false", "class": "code"}),
    )
    name = _text(18, max_length=120)
    operator = forms.ChoiceField(
        required=False,
        label="How the threshold is reached",
        choices=[("at_least", "at least"), ("over", "more than")],
    )
    threshold = _text(9, max_length=40)
    multiplier = _text(4, max_length=20)
    entry = EntryField(rows=1, label="Given on entry")
    once = forms.ChoiceField(
        required=False,
        label="How often it is given",
        choices=[("lifetime", "once for ever"), ("each_time", "each time")],
    )
    benefits = BenefitsField(rows=3)

    @property
    def is_there(self) -> bool:
        """Say whether the row is a tier, and not left empty or taken away."""
        return not self._said("DELETE") and any(map(self._said, FILLED))

    def full_clean(self) -> None:
        super().full_clean()
        # What could not even be read is told, and then nothing else about it.
        self.unread = frozenset(self.errors)

    def _said(self, key: str) -> str:
        return str(self.data.get(self.add_prefix(key), "")).strip()

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not code and self.is_there:
            raise ValidationError("Give it a code, such as gold; or tick Remove.")
        return code


TierRows = formset_factory(
    TierRow, extra=SPARE, max_num=MOST_TIERS, validate_max=True, can_delete=True
)


class TierRowsWidget(forms.Widget):
    """The rows with all their fields."""

    template_name = "admin/tiers/tier_rows.html"
    use_fieldset = True
    rows: Rows

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> Any:
        return super().get_context(name, value, attrs) | {"rows": self.rows}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> None:
        return None

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""


class TierRowsField(forms.Field):
    """Where the rows stand on the page; what they say is read from themselves."""

    widget = TierRowsWidget
    rows: Rows

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def show(self, rows: Rows) -> None:
        widget: Any = self.widget
        self.rows = widget.rows = rows

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.rows.has_changed()


def tiers_of(rows: Rows, metric: str, currency: str, stored: Mapping[str, Form]) -> Form:
    """Return the rows' tiers in the program file's form, in their order.

    `stored` are the tiers as they were: what a row says the same of stays as it was
    written.
    """
    tiers: Form = {}
    for code, row in keyed(rows).items():
        tier, before = _tier_of(row.cleaned_data, metric, currency), stored.get(code)
        is_same = before is not None and row_of("", before) == row_of("", tier)
        tiers[code] = before if is_same else tier
    return tiers


def keyed(rows: Rows) -> dict[str, TierRow]:
    """Return the rows that are tiers by code; by their number where that is wrong."""
    found: dict[str, TierRow] = {}
    for place, row in enumerate((each for each in rows.forms if each.is_there), 1):
        code = row.cleaned_data.get("code") or ""
        found[code if code and code not in found else f"row {place}"] = row
    return found


def _tier_of(said: Mapping[str, Any], metric: str, currency: str) -> Form:
    """Return a tier as a row says it, without what could not be read."""
    entry = said.get("entry")
    if isinstance(entry, Mapping) and said.get("once") == "each_time":
        entry = dict(entry) | {"once": "each_time"}
    multiplier = number(said.get("multiplier", ""))
    tier: Form = {
        "name": said.get("name") or None,
        "threshold": _threshold(said.get("threshold", ""), metric, currency),
        "operator": "over" if said.get("operator") == "over" else None,
        "multiplier": multiplier if multiplier != 1 else None,
        "entry": entry,
        "benefits": said.get("benefits") or None,
    }
    return {key: value for key, value in tier.items() if value is not None}


def _threshold(text: str, metric: str, currency: str) -> Any:
    if metric != "spend":
        return number(text)
    try:
        amount = to_minor(text.strip(), currency)
    except DomainError:
        return text.strip() or None  # whoever compiles it says why
    return to_major(amount, currency) if amount else 0


def row_of(code: str, tier: Mapping[str, Any]) -> Form:
    """Return what the fields of a tier's row hold."""
    entry: Mapping[str, Any] | None = tier.get("entry")
    multiplier, threshold = tier.get("multiplier"), tier.get("threshold")
    return {
        "code": code,
        "name": tier.get("name") or "",
        "threshold": "" if threshold is None else str(threshold),
        "operator": tier.get("operator") or "at_least",
        "multiplier": "1" if multiplier is None else str(multiplier),
        "entry": {key: entry[key] for key in entry if key != "once"} if entry else None,
        "once": (entry or {}).get("once") or "lifetime",
        "benefits": tier.get("benefits") or None,
    }


def refuse_doubles(rows: Rows) -> None:
    """Say at its code where a tier stands twice."""
    for key, row in keyed(rows).items():
        code = row.cleaned_data.get("code")
        if code and code != key:
            row.add_error("code", "Another tier has this code.")


def are_wrong(rows: Rows) -> bool:
    """Say whether anything is marked in a row that is not taken away."""
    return any(row.errors for row in keyed(rows).values())


def place_in_row(rows: Rows, problem: Problem, steps: Sequence[str]) -> bool:
    """Put a problem into the row that it is about; say whether there is one.

    `steps` are those of its pointer from the tier's code on.
    """
    row = keyed(rows).get(steps[0])
    if row is None:
        return False
    field = steps[1] if len(steps) > 1 else "threshold"
    field = "once" if steps[1:] == ["entry", "once"] else field
    where = f"{', '.join(steps[2:])}: " if len(steps) > 2 and field != "once" else ""
    place = field if field in row.fields else "code"
    if place not in row.unread:
        row.add_error(place, f"{where}{problem.detail}")
    return True
