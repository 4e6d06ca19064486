"""Between the fields of a rule's page and the program file's form of a rule."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from core.errors import InvalidInput, Problem
from loyalty.admin.rule_fields import AWARD_KEYS, BASES, RuleFields
from loyalty.models import EarningRule, PointType, Program
from loyalty.queries.programs import live_content
from loyalty.rules.fields import Tiers
from loyalty.rules.ruleset import compile_rule_set

Form = dict[str, Any]

# Keys whose field holds their value as it is, with what holds when they are left out.
PLAIN: Mapping[str, Any] = {
    "point_type": None,
    "lines": None,
    "when": None,
    "order_discounts": "share",
    "rounding": "floor",
    "round_per": "order",
    "round_base": None,
    "tier_multiplier": True,
    "group": None,
    "exclusive": False,
    "priority": 0,
    "limits": [],
    "hold": None,
    "expiry": None,
    "known_for": None,
}
VALID = ("from", "until", "weekdays", "hours")
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "per": ("award_points", "award_per"),
    "points": ("award_points",),
    "per_item": ("award_points",),
    "points_from": ("award_points_from",),
    "bands": ("award_bands",),
    "multiply": ("multiply",),
}
FLAGS = {"": None, "true": True, "false": False}
FLAG_WORDS: Mapping[bool | None, str] = {flag: word for word, flag in FLAGS.items()}


class EarningRuleForm(RuleFields):
    """An earning rule, field by field. What is compiled is the file's form of it."""

    class Meta:
        model = EarningRule
        fields = ("program", "code", "name", "on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.pk:
            kwargs["initial"] = fields_of(instance.form()) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.rule_form: Form = {}
        if "on" in self.fields:  # who may only look has no fields
            self.fields["on"].initial = "order"
        field = self.fields["point_type"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "The first spendable one"), *self._point_types()]

    def _point_types(self) -> Iterable[tuple[str, str]]:
        rows = PointType.objects.live()
        if self.instance.pk:
            rows = rows.filter(program=self.instance.program_id)
        codes = rows.order_by("position", "pk").values_list("code", flat=True)
        return [(code, code) for code in dict.fromkeys(codes)]

    @property
    def program(self) -> Program:
        """The program that the rule is of, or will be."""
        program: Program = self.cleaned_data.get("program") or self.instance.program
        return program

    @property
    def code(self) -> str:
        code: str = self.cleaned_data.get("code") or self.instance.code
        return code

    def tiers(self) -> Tiers | None:
        """Return the tiers that conditions may ask for; unknown here, so any."""
        return None

    def content(self) -> dict[str, Any]:
        """Return the program's draft rules with this one among them."""
        content = live_content(self.program)
        return content | {"rules": content["rules"] | {self.code: self.rule_form}}

    def clean(self) -> dict[str, Any]:
        """Compile the rule among the others, and put each problem at its field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in missing(cleaned):
            self.add_error(name, "This kind of rule needs it.")
        if self.errors:
            return cleaned
        self.rule_form = form_of(cleaned, self.instance.definition or {})
        try:
            compile_rule_set(self.content(), tiers=self.tiers())
        except InvalidInput as error:
            self._adopt(error.problems)
        return cleaned

    def _adopt(self, problems: Iterable[Problem]) -> None:
        """Put what is wrong with this rule beside its fields; others have their own page."""
        stem = f"/rules/{self.code}"
        for problem in problems:
            if problem.pointer == stem or problem.pointer.startswith(f"{stem}/"):
                field, detail = placed(problem, stem, self.fields)
                self.add_error(field, detail)


def missing(cleaned: Mapping[str, Any]) -> list[str]:
    """Return the fields that the chosen kind of award cannot do without."""
    needed = REQUIRED.get(cleaned.get("award_kind", ""), ())
    return [name for name in needed if name in cleaned and cleaned[name] in ("", None)]


def placed(problem: Problem, stem: str, fields: Iterable[str]) -> tuple[str | None, str]:
    """Return the field that a problem belongs to, and what to say there."""
    steps = problem.pointer.removeprefix(stem).strip("/").split("/")
    for length in range(len(steps), 0, -1):
        name = "_".join(steps[:length])
        if name in fields:
            rest = ", ".join(_step(step) for step in steps[length:])
            return name, f"{rest}: {problem.detail}" if rest else problem.detail
    return ("award_kind" if steps[0] == "award" else None), problem.detail


def _step(step: str) -> str:
    return f"number {int(step) + 1}" if step.isdecimal() else step


def form_of(cleaned: Mapping[str, Any], stored: Mapping[str, Any]) -> Form:
    """Return a rule in the program file's form: what is not said is left out.

    `stored` is the rule as it was: what no field is for stays.
    """
    named = {"name": cleaned["name"]} if cleaned["name"] else {}
    form: Form = named | {"on": cleaned["on"]} | _award(cleaned)
    for key, default in PLAIN.items():
        value = cleaned.get(key)
        if value not in (None, "") and value != default:
            form[key] = value
    if (multipliers := FLAGS[cleaned["multipliers"]]) is not None:
        form["multipliers"] = multipliers
    if valid := {key: cleaned[f"valid_{key}"] for key in VALID if cleaned[f"valid_{key}"]}:
        form["valid"] = valid
    if base := {key: True for key in BASES if cleaned[f"base_{key}"]}:
        form["base"] = base
    return form | {key: stored[key] for key in stored if key not in _known()}


def _known() -> set[str]:
    return {*PLAIN, "award", "multiply", "multipliers", "valid", "base", "name", "on"}


def _award(cleaned: Mapping[str, Any]) -> Form:
    kind = cleaned["award_kind"]
    if kind == "multiply":
        return {"multiply": number(cleaned["multiply"])}
    award: Form = {}
    for key in AWARD_KEYS[kind]:
        value = cleaned[f"award_{key}"]
        if value not in ("", None, False, "keep"):
            award[key] = number(value) if key in ("points", "times") else value
    if kind == "per_item":
        award["per_item"] = True
    return {"award": award}


def number(text: str) -> int | str | None:
    """Return a number as the file has it: an integer where it is one, else as written."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else text or None


def fields_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields of a rule's page hold."""
    award: Mapping[str, Any] = form.get("award") or {}
    values: dict[str, Any] = {key: form.get(key) for key in PLAIN}
    values |= {key: PLAIN[key] for key in PLAIN if values[key] is None}
    values["limits"] = form.get("limits") or None
    values["award_kind"] = kind_of(form)
    values["multiply"] = form.get("multiply")
    values["multipliers"] = FLAG_WORDS.get(form.get("multipliers"), "")
    for keys in AWARD_KEYS.values():
        values |= {f"award_{key}": award.get(key) for key in keys}
    valid: Mapping[str, Any] = form.get("valid") or {}
    values |= {f"valid_{key}": valid.get(key) for key in VALID}
    base: Mapping[str, Any] = form.get("base") or {}
    return values | {f"base_{key}": base.get(key, False) for key in BASES}


def kind_of(form: Mapping[str, Any]) -> str:
    """Return which kind of award a rule has."""
    if form.get("multiply") is not None:
        return "multiply"
    award = form.get("award") or {}
    kinds = (kind for kind in ("bands", "points_from", "per_item", "per") if award.get(kind))
    return next(kinds, "points")
