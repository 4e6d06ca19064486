"""Between the fields of a reward's page and the program file's form of a reward."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from core.errors import DomainError, InvalidInput, Problem
from loyalty.admin.reward_fields import (
    GIVES_KEYS,
    NEEDED,
    PAY_KEYS,
    PricesWidget,
    RewardFields,
)
from loyalty.admin.rule_form import number, placed
from loyalty.models import PointType, Program, Reward
from loyalty.queries.programs import point_type_forms, reward_forms
from loyalty.rules.fields import Tiers
from loyalty.rules.rewards import CompiledReward, compile_reward, faces_of
from loyalty.services.rewards import check_rewards

Form = dict[str, Any]

WINDOWS = ("visible", "redeemable")
ENDS = ("from", "until")
VOUCHER = ("valid", "uses", "prefix", "codes")
# What the file may leave out, with what holds then.
DEFAULTS: Mapping[str, Any] = {
    "gives_percent": "100",
    "gives_quantity": "1",
    "gives_pay_minimum": "1",
    "gives_pay_step": "1",
    "gives_pay_at_most_percent": "100",
    "voucher_uses": "1",
    "voucher_codes": "generated",
}
NUMBERS = ("percent", "at_most_percent")
_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})")


class RewardForm(RewardFields):
    """A reward, field by field. What is compiled is the file's form of it."""

    class Meta:
        model = Reward
        fields = ("program", "code", "name", "stock")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.pk:
            known = fields_of(instance.form(), instance.program.zone)
            kwargs["initial"] = known | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.reward_form: Form = {}
        if "gives_kind" in self.fields:  # who may only look has no fields
            self._fit()

    def _fit(self) -> None:
        """Offer what the program has: its point types, its clock, its stock."""
        codes = list(dict.fromkeys(self._point_types()))
        prices = PricesWidget(codes)
        prices.is_required = False
        self.fields["cost"].widget = prices
        for name in ("gives_point_type", "gives_pay_point_type"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "The first spendable one"), *((each, each) for each in codes)]
        self.fields["stock"].required = False

    def _point_types(self) -> Iterable[str]:
        rows = PointType.objects.live().exclude(kind="status")
        if self.instance.pk:
            rows = rows.filter(program=self.instance.program_id)
        return rows.order_by("program", "position", "pk").values_list("code", flat=True)

    @property
    def program(self) -> Program:
        """The program that the reward is of, or will be."""
        program: Program = self.cleaned_data.get("program") or self.instance.program
        return program

    @property
    def code(self) -> str:
        code: str = self.cleaned_data.get("code") or self.instance.code or "new"
        return code

    def tiers(self) -> Tiers | None:
        """Return the tiers that conditions may ask for; unknown here, so any."""
        return None

    def compiled(self) -> CompiledReward:
        """Return the reward as it stands in the form.

        :raises InvalidInput: with pointers from the reward on
        """
        return compile_reward(
            self.code,
            self.reward_form,
            zone=self.program.zone,
            currency=self.program.currency,
            point_types=faces_of(point_type_forms(self.program)),
            tiers=self.tiers(),
        )

    def clean(self) -> dict[str, Any]:
        """Compile the reward, and put each problem at its field: all of them at once."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in NEEDED.get(cleaned.get("gives_kind", ""), ()):
            if name in cleaned and cleaned[name] in ("", None):
                self.add_error(name, "This kind of reward needs it.")
        if not {"program", "gives_kind"}.isdisjoint(self.errors):
            return cleaned
        stored = self.instance.form() if self.instance.pk else {}
        # A field that is wrong is read as an empty one, to see what else is.
        stated = dict.fromkeys(self.fields) | {"cost": {}} | cleaned
        self.reward_form = form_of(stated, stored, self.program.zone)
        try:
            self.compiled()
            if not self.errors:
                rewards = reward_forms(self.program) | {self.code: self.reward_form}
                check_rewards(self.program, rewards)
        except InvalidInput as error:
            self._adopt(error.problems)
        except DomainError as error:
            self.add_error("stock", f"{error.detail[:1].upper()}{error.detail[1:]}.")
        return cleaned

    def _adopt(self, problems: Iterable[Problem]) -> None:
        """Put problems at their fields, but for what follows from a field that is wrong."""
        wrong = set(self.errors)
        if any(name.startswith("gives_") for name in wrong):
            wrong.add("gives_kind")
        for problem in problems:
            field, detail = self._placed(problem)
            if field not in wrong:
                self.add_error(field, detail)

    def _placed(self, problem: Problem) -> tuple[str | None, str]:
        """Return the field that a problem is at, and what to say there."""
        field, detail = placed(problem, "", self.fields)
        # Of the whole reward only what it gives can be missing.
        if field is None and (not problem.pointer or problem.pointer.startswith("/gives")):
            return "gives_kind", detail
        if field is None and problem.pointer.startswith("/voucher"):
            return "voucher_codes", f"{detail[:1].upper()}{detail[1:]}."
        return field, detail


def form_of(cleaned: Mapping[str, Any], stored: Mapping[str, Any], zone: ZoneInfo) -> Form:
    """Return a reward in the program file's form: what is not said is left out.

    `stored` is the reward as it was: what the fields say the same of, in whatever
    words, stays as it was written.
    """
    said: Form = {
        "name": cleaned.get("name") or None,
        "cost": cleaned["cost"] if cleaned["gives_kind"] != "pay" else None,
        "gives": _gives(cleaned),
        "stock": cleaned.get("stock"),
        "when": cleaned["when"] or None,
        "limits": cleaned["limits"],
        "several_per_order": cleaned["several_per_order"] or None,
        "voucher": _voucher(cleaned),
    }
    for key in WINDOWS:
        ends = {end: moment_text(cleaned[f"{key}_{end}"] or "", zone) for end in ENDS}
        said[key] = {end: text for end, text in ends.items() if text} or None
    before, after = fields_of(stored, zone), fields_of(said, zone)
    for key in said:
        names = [name for name in after if name == key or name.startswith(f"{key}_")]
        if all(_same(before[name], after[name]) for name in names):
            said[key] = stored.get(key)
    return {key: value for key, value in said.items() if value not in (None, {}, [])}


def _same(one: Any, other: Any) -> bool:
    return str("" if one is None else one) == str("" if other is None else other)


def _gives(cleaned: Mapping[str, Any]) -> Form:
    kind = cleaned["gives_kind"]
    if kind == "free_shipping":
        return {"free_shipping": True}
    if kind == "pay":
        return {"pay": _stated(cleaned, "gives_pay", PAY_KEYS)}
    given = _stated(cleaned, "gives", GIVES_KEYS[kind])
    if kind == "percent":
        given["percent"] = number(cleaned["gives_percent"])
    return given


def _stated(cleaned: Mapping[str, Any], stem: str, keys: Iterable[str]) -> Form:
    """Return what the fields say, without what they say for nothing."""
    said = {}
    for key in keys:
        value = cleaned[f"{stem}_{key}"]
        is_default = str(value) == DEFAULTS.get(f"{stem}_{key}")
        if value not in ("", None) and not is_default:
            said[key] = number(str(value)) if key in NUMBERS else value
    return said


def _voucher(cleaned: Mapping[str, Any]) -> Form | None:
    return _stated(cleaned, "voucher", VOUCHER) or None


def fields_of(form: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return what the fields of a reward's page hold."""
    gives: Mapping[str, Any] = form.get("gives") or {}
    voucher: Mapping[str, Any] = form.get("voucher") or {}
    values: dict[str, Any] = {
        "name": form.get("name") or "",
        "cost": {code: price for code, price in (form.get("cost") or {}).items() if price},
        "stock": form.get("stock"),
        "when": form.get("when"),
        "limits": form.get("limits") or None,
        "several_per_order": form.get("several_per_order") or False,
        "gives_kind": kind_of(gives),
    }
    pay: Mapping[str, Any] = gives.get("pay") or {}
    values |= {f"gives_pay_{key}": pay.get(key) for key in PAY_KEYS}
    for keys in GIVES_KEYS.values():
        values |= {f"gives_{key}": gives.get(key) for key in keys}
    values |= {f"voucher_{key}": voucher.get(key) for key in VOUCHER}
    for key in WINDOWS:
        window: Mapping[str, Any] = form.get(key) or {}
        values |= {f"{key}_{end}": local_text(window.get(end), zone) for end in ENDS}
    return values | {key: word for key, word in DEFAULTS.items() if values.get(key) is None}


def kind_of(gives: Mapping[str, Any]) -> str:
    """Return which kind of thing a reward gives."""
    first = {"buy_get": "buy"}
    order = ("fixed", "buy_get", *(kind for kind in GIVES_KEYS if kind != "fixed"))
    kinds = (kind for kind in order if gives.get(first.get(kind, kind)) is not None)
    return next(kinds, "fixed")


def moment_text(text: str, zone: ZoneInfo) -> str | None:
    """Return a time of the program's wall clock as the file writes it; others as they are."""
    if match := _LOCAL.fullmatch(text.strip()):
        try:
            local = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=zone)
        except ValueError:  # 31 June, or 25 o'clock
            return text
        return local.isoformat()
    return text.strip() or None


def local_text(text: str | None, zone: ZoneInfo) -> str | None:
    """Return a time of the file by the program's wall clock; a date as it is."""
    if not text or "T" not in text.upper():
        return text
    try:
        local = datetime.fromisoformat(text.upper()).astimezone(zone)
    except ValueError:
        return text
    whole = local.second == 0 and local.microsecond == 0 and not local.fold
    return f"{local:%Y-%m-%d %H:%M}" if whole else text
