"""The forms of programs and point types, checked by the functions that read the file."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError

from core.errors import DomainError, InvalidInput
from core.money import exponent, format_money
from core.periods import parse_period
from core.readable import ReadableTexts
from core.zones import parse_zone
from loyalty.admin.snippets import SnippetField
from loyalty.models import PointType, Program
from loyalty.queries.policies import PolicyPreview, preview_policy
from loyalty.queries.programs import POINT_TYPE_KEYS, PROGRAM_KEYS
from loyalty.rules.expiry import parse_expiry, parse_hold
from loyalty.services.programs import check_point_types, check_program

MOST_REMINDERS = 20
LONGEST_REMINDER = 3_650
DEBT_WORDS = ("allow", "clamp", "pending_only")


def checked(read: Callable[[Any], object], value: Any) -> Any:
    """Return the value if `read` can read it; else say at the field why not."""
    try:
        read(value)
    except InvalidInput as error:
        raise ValidationError([_said(p.pointer, p.detail) for p in error.problems]) from None
    except DomainError as error:
        raise ValidationError(error.detail) from None
    return value


def _said(pointer: str, detail: str) -> str:
    where = pointer.strip("/").replace("/", ", ")
    return f"{where}: {detail}" if where else detail


class ProgramForm(ReadableTexts, forms.ModelForm):  # type: ignore[type-arg]
    """A program's own settings."""

    origins = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "code"}),
        help_text="Sites that may call from a browser, one on a line: "
        "<code>https://shop.example</code>.",
    )

    class Meta:
        model = Program
        fields = PROGRAM_KEYS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["origins"] = "\n".join(self.instance.origins)
        self.program_form: dict[str, Any] = {}

    def clean_currency(self) -> Any:
        return checked(exponent, self.cleaned_data["currency"].upper())

    def clean_timezone(self) -> Any:
        return checked(parse_zone, self.cleaned_data["timezone"])

    def clean_locale(self) -> Any:
        return checked(
            lambda locale: format_money(0, "EUR", locale), self.cleaned_data["locale"]
        )

    def clean_guest_claim(self) -> Any:
        return checked(parse_period, self.cleaned_data["guest_claim"])

    def clean_adjustment_approval_above(self) -> int | None:
        most: int | None = self.cleaned_data["adjustment_approval_above"]
        if most is not None and most < 0:
            raise ValidationError("Write a number of points from 0 up.")
        return most

    def clean_origins(self) -> list[str]:
        origins = self.cleaned_data["origins"].split()
        for origin in origins:
            parts = urlsplit(origin)
            is_site = parts.scheme in ("http", "https") and parts.hostname
            if not is_site or origin != f"{parts.scheme}://{parts.netloc}".lower():
                raise ValidationError(
                    f"Expected a site such as https://shop.example, in small letters and "
                    f"without a path, not {origin:.80}."
                )
        return sorted(set(origins))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        kept = {key: getattr(self.instance, key) for key in PROGRAM_KEYS}
        self.program_form = kept | {key: cleaned[key] for key in PROGRAM_KEYS if key in cleaned}
        if self.instance.pk:
            stored = Program.objects.get(pk=self.instance.pk)
            _refuse(self, lambda: check_program(stored, self.program_form))
        return cleaned


class PointTypeForm(ReadableTexts, forms.ModelForm):  # type: ignore[type-arg]
    """A kind of points, with the policies that all its lots follow."""

    name_one = forms.CharField(label="Name of one", max_length=60, help_text="point")
    name_other = forms.CharField(label="Name of several", max_length=60, help_text="points")

    hold = SnippetField(
        help_text="How long points stay pending: <code>none</code>, <code>{days: 14}</code>, "
        "<code>{after: fulfilled, days: 14, timeout: 60 days, on_timeout: cancel}</code>."
    )
    expiry = SnippetField(
        help_text="When points expire: <code>never</code>, <code>{after: 12 months, "
        'round_up_to: month}</code>, <code>{dates: ["12-31"], at_least: 15 days}</code>, '
        '<code>{inactivity: 6 months, reset_by: [earn, redeem, "event:visit"]}</code>.'
    )
    debt = SnippetField(
        help_text="What taking back does when the points are gone: <code>allow</code>, "
        "<code>{allow_up_to: 500}</code>, <code>clamp</code> (stop at zero), "
        "<code>pending_only</code>."
    )
    expiry_reminders = SnippetField(
        help_text="Days before points expire on which members are reminded: "
        "<code>[30, 7, 1]</code>."
    )

    is_seen = forms.BooleanField(
        label="Change points that are there",
        required=False,
        help_text="Needed where the expiry says <code>existing: from_change</code>: preview "
        "it, then tick this.",
    )

    class Meta:
        model = PointType
        fields = ("program", "code", "name_one", "name_other", "value", *POINT_TYPE_KEYS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.initial.get("value"), Decimal):
            self.initial["value"] = format(self.initial["value"].normalize(), "f")
        self.point_type_form: dict[str, Any] = {}

    def clean_hold(self) -> Any:
        return checked(parse_hold, self.cleaned_data["hold"] or "none")

    def clean_expiry(self) -> Any:
        return checked(parse_expiry, self.cleaned_data["expiry"] or "never")

    def clean_debt(self) -> Any:
        debt = self.cleaned_data["debt"] or "allow"
        if debt in DEBT_WORDS:
            return debt
        most = debt.get("allow_up_to") if isinstance(debt, dict) and len(debt) == 1 else None
        if type(most) is not int or not 0 <= most < 2**63:
            raise ValidationError("Expected allow, clamp, pending_only or {allow_up_to: 500}.")
        return debt

    def clean_expiry_reminders(self) -> list[int]:
        days = self.cleaned_data["expiry_reminders"] or []
        is_list = isinstance(days, list) and len(days) <= MOST_REMINDERS
        if not is_list or not all(
            type(day) is int and 1 <= day <= LONGEST_REMINDER for day in days
        ):
            raise ValidationError("Expected a list of days, such as [30, 7, 1].")
        return sorted(set(days), reverse=True)

    def clean_value(self) -> Any:
        if self.cleaned_data["value"] < 0:
            raise ValidationError("A point is worth nothing or more.")
        return self.cleaned_data["value"]

    def clean_decimals(self) -> Any:
        if self.cleaned_data["decimals"] > 6:
            raise ValidationError("At most 6 decimals.")
        return self.cleaned_data["decimals"]

    def clean_min_validity_after_return(self) -> Any:
        return checked(parse_period, self.cleaned_data["min_validity_after_return"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        name = {"one": cleaned["name_one"], "other": cleaned["name_other"]}
        value = format(cleaned["value"].normalize(), "f")
        rest = {key: cleaned[key] for key in POINT_TYPE_KEYS}
        self.point_type_form = {"name": name, "value": value} | rest
        program = cleaned.get("program") or self.instance.program
        forms_by_code = {cleaned.get("code") or self.instance.code: self.point_type_form}
        _refuse(self, lambda: check_point_types(program, forms_by_code))
        self._require_look()
        return cleaned

    def _require_look(self) -> None:
        """Let nobody move the end of members' points who has not been told so."""
        changed = None if self.errors or not self.instance.pk else self.policy_change()
        if changed and changed.points and not self.cleaned_data["is_seen"]:
            self.add_error(
                "is_seen",
                f"{changed.points:,} points of {changed.members:,} members would end at "
                "another time. Preview the change; if it is meant, tick this and save.",
            )

    def policy_change(self) -> PolicyPreview | None:
        """Return what the expiry, as it stands in the form, would do to points there are."""
        program = self.instance.program
        return preview_policy(
            program, self.instance.code, self.point_type_form, at=program.now()
        )


def _refuse(form: Any, check: Callable[[], None]) -> None:
    """Put a refusal at the field that it points to."""
    try:
        check()
    except DomainError as error:
        name = str(error.extra.get("pointer", "")).rpartition("/")[2]
        text = f"{error.detail[:1].upper()}{error.detail[1:]}."
        form.add_error(name if name in form.fields else None, text)
