"""Between the fields of a ladder's page and the program file's form of a ladder."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from core.errors import DomainError, InvalidInput, Problem
from core.periods import parse_moment
from loyalty.admin.acting import sentence
from loyalty.admin.reward_form import local_text, moment_text
from loyalty.admin.rule_form import placed
from loyalty.models import PointType, Program
from loyalty.rules.statements.values import LATEST_YEAR
from tiers.admin.ladder_fields import LadderFields
from tiers.admin.tier_rows import (
    PREFIX,
    TierRows,
    TierRowsField,
    are_wrong,
    place_in_row,
    refuse_doubles,
    row_of,
    tiers_of,
)
from tiers.models import Ladder, LadderVersion
from tiers.queries.ladders import ladder_forms, newest_version
from tiers.rules.ladder_forms import DEFAULTS, LASTING, PERIODS
from tiers.services.ladders import check_askers, check_ladder_forms, check_ladders

Form = dict[str, Any]

# Keys whose field holds their value as it is.
PLAIN = ("upgrade", "downgrade", "grace", "carry_over", "on_refund")
# Where problems go whose place in the file has no field of its own.
ELSEWHERE = {"window": "window_kind", "tiers": "tiers"}

# What may ask for tiers, by where its problems are.
ASKERS = {"access": "Access rule", "rules": "Earning rule", "rewards": "Reward"}


def with_asker(problem: Problem) -> str:
    """Return what is wrong, and with which rule or reward where it is not the ladder."""
    section, _, place = problem.pointer.strip("/").partition("/")
    asker = ASKERS.get(section)
    whose = f"{asker} {place.partition('/')[0]}: " if asker else ""
    return sentence(f"{whose}{problem.detail}")


class LadderForm(LadderFields):
    """A ladder, field by field. What is compiled is the file's form of it."""

    class Meta:
        model = Ladder
        fields = ("program", "code", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance: Ladder = kwargs.get("instance") or Ladder()
        newest = newest_version(instance) if instance.pk else None
        self.stored = newest.form(instance.name) if newest else {}
        self.planned: LadderVersion | None = None
        if newest:
            initial = fields_of(self.stored)
            if newest.applies_from > instance.program.now():
                self.planned = newest
                initial["applies_from"] = _day_or_time(newest.applies_from, instance.program)
            kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.ladder_form: Form = {}
        self.starts_at: datetime | None = None
        if "tiers" in self.fields:  # who may only look has no fields
            self._fit()

    def _fit(self) -> None:
        """Offer the program's point types, and a row for each tier."""
        rows = PointType.objects.live()
        if self.instance.pk:
            rows = rows.filter(program=self.instance.program_id)
        codes = rows.order_by("program", "position", "pk").values_list("code", flat=True)
        field = self.fields["point_type"]
        assert isinstance(field, forms.ChoiceField)
        offered = dict.fromkeys([*codes, *filter(None, [self.stored.get("point_type")])])
        field.choices = [("", "The first spendable ones"), *((c, c) for c in offered)]
        tiers = (self.stored.get("tiers") or {}).items()
        initial = [row_of(code, tier) for code, tier in tiers] or STARTING
        self.rows = TierRows(self.data or None, initial=initial, prefix=PREFIX)
        tiers_field = self.fields["tiers"]
        assert isinstance(tiers_field, TierRowsField)
        tiers_field.show(self.rows)

    @property
    def program(self) -> Program:
        """The program that the ladder is of, or will be."""
        program: Program = self.cleaned_data.get("program") or self.instance.program
        return program

    @property
    def code(self) -> str:
        code: str = self.cleaned_data.get("code") or self.instance.code
        return code

    @property
    def drops(self) -> LadderVersion | None:
        """The version to come that gives way when this is saved."""
        said = {key: value for key, value in self.ladder_form.items() if key != "name"}
        planned = self.planned
        if planned and (planned.content, planned.applies_from) == (said, self.starts_at):
            return None
        return planned

    def clean(self) -> dict[str, Any]:
        """Compile the ladder, and put each problem at its field."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.rows.is_valid()
        for text in self.rows.non_form_errors():
            self.add_error("tiers", text)
        self._refuse_taken()
        if not self.errors.keys() - {"code", "name"}:
            refuse_doubles(self.rows)
            self._compile(cleaned)
        if are_wrong(self.rows):
            self.add_error("tiers", "Please correct what is marked in the rows.")
        return cleaned

    def _refuse_taken(self) -> None:
        """Refuse to add a ladder that is there already; it is changed on its own page."""
        if self.instance.pk or not {"program", "code"} <= self.cleaned_data.keys():
            return
        row = Ladder.objects.filter(program=self.program, code=self.code).first()
        if row is not None:
            where = (
                "is archived; bring it back on its page"
                if row.archived_at
                else "has its own page"
            )
            self.add_error("code", f"This code is taken: ladder {row.code} {where}.")

    def _compile(self, cleaned: Mapping[str, Any]) -> None:
        self._read_start(cleaned["applies_from"])
        self.ladder_form = form_of(cleaned, self.stored)
        tiers = tiers_of(
            self.rows, cleaned["metric"], self.program.currency, self.stored.get("tiers") or {}
        )
        self.ladder_form["tiers"] = tiers
        forms_by_code = ladder_forms(self.program) | {self.code: self.ladder_form}
        try:
            compiled = check_ladder_forms(self.program, forms_by_code)
            if not self.errors and not are_wrong(self.rows):
                check_askers(self.program, compiled)
                check_ladders(self.program, forms_by_code, self.program.now())
        except InvalidInput as error:
            for problem in error.problems:
                self._adopt(problem)
        except DomainError as error:
            pointer = str(error.extra.get("pointer", ""))
            self._adopt(Problem(pointer, error.code, sentence(error.detail)))

    def _read_start(self, text: str) -> None:
        """Read from when on the change counts; empty is at once."""
        said, zone = moment_text(text, self.program.zone), self.program.zone
        if said is None:
            return
        try:
            self.starts_at = parse_moment(said, zone)
        except DomainError as error:
            self.add_error("applies_from", error.detail)
            return
        if self.starts_at.year > LATEST_YEAR:
            detail = f"Out of range: it must not be after the year {LATEST_YEAR}."
            self.add_error("applies_from", detail)
        if self.starts_at < self.program.now():
            self.add_error("applies_from", "A change begins now or later; empty is now.")

    def _adopt(self, problem: Problem) -> None:
        """Put a problem at its field, or into its row; others' have their own page."""
        stem = f"/ladders/{self.code}"
        steps = problem.pointer.removeprefix(stem).strip("/").split("/")
        if steps[0] in ASKERS:
            self.add_error("tiers", with_asker(problem))
            return
        if not f"{problem.pointer}/".startswith(f"{stem}/"):
            self.add_error(None, f"{problem.pointer}: {problem.detail}")
            return
        in_row = steps[0] == "tiers" and len(steps) > 1
        if in_row and place_in_row(self.rows, problem, steps[1:]):
            return
        field, detail = placed(problem, stem, self.fields)
        if field == "valid_for" and self.cleaned_data["valid_for"] == "length":
            field = "valid_for_length"
        self.add_error(field or ELSEWHERE.get(steps[0]), detail)


def _day_or_time(at: datetime, program: Program) -> str:
    """Return a time as the field for it reads it; midnight is the day."""
    return (local_text(at.isoformat(), program.zone) or "").removesuffix(" 00:00")


# What a new ladder begins with.
STARTING = [
    row_of("member", {"name": "Member", "threshold": 0}),
    row_of("silver", {"name": "Silver", "threshold": "200.00", "multiplier": "1.25"}),
    row_of("gold", {"name": "Gold", "threshold": "500.00", "multiplier": "1.5"}),
]


def form_of(cleaned: Mapping[str, Any], stored: Mapping[str, Any]) -> Form:
    """Return all of a ladder but its tiers in the file's form: defaults are left out.

    `stored` is the ladder as it was: what the fields say the same of, in whatever
    words, stays as it was written.
    """
    metric = cleaned["metric"]
    said: Form = {
        "name": cleaned.get("name") or None,
        "metric": metric,
        "point_type": cleaned["point_type"] if metric in ("points", "balance") else None,
        "count": cleaned["count"] if metric == "points" else None,
        "window": _window(cleaned),
        "valid_for": _valid_for(cleaned),
    }
    said |= {key: cleaned[key] for key in PLAIN}
    if metric == "balance":
        said |= dict.fromkeys(LASTING)
    before, after = fields_of(stored), fields_of(said)
    for key in said:
        names = [name for name in after if name == key or name.startswith(f"{key}_")]
        if key in stored and all(before[name] == after[name] for name in names):
            said[key] = stored[key]
        elif said[key] == ALL_DEFAULTS.get(key) or said[key] == "":
            said[key] = None
    return {key: value for key, value in said.items() if value is not None}


ALL_DEFAULTS: Mapping[str, Any] = {**DEFAULTS, "metric": "spend"}


def _window(cleaned: Mapping[str, Any]) -> Any:
    kind = cleaned["window_kind"]
    if kind == "lifetime":
        return kind
    if kind == "anniversary":
        return {"anniversary": "joined"}
    if kind == "rolling":
        return {"rolling": cleaned["window_rolling"] or ""}
    unit, starts = cleaned["window_calendar"] or "year", cleaned["window_starts"]
    return {"calendar": unit} | ({"starts": starts} if starts and unit == "year" else {})


def _valid_for(cleaned: Mapping[str, Any]) -> str | None:
    kind: str = cleaned["valid_for"]
    return (cleaned["valid_for_length"] or "a length") if kind == "length" else kind or None


def fields_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields of a ladder's page hold, but for its tiers."""
    window = form.get("window") or "lifetime"
    parts: Mapping[str, Any] = window if isinstance(window, Mapping) else {}
    kinds = (kind for kind in ("rolling", "calendar", "anniversary") if kind in parts)
    valid_for = form.get("valid_for") or ""
    is_length = valid_for != "" and valid_for not in PERIODS
    values = {
        "name": form.get("name") or "",
        "metric": form.get("metric") or "spend",
        "point_type": form.get("point_type") or "",
        "count": form.get("count") or "earned",
        "window_kind": next(kinds, "lifetime"),
        "window_rolling": parts.get("rolling") or "",
        "window_calendar": parts.get("calendar") or "year",
        "window_starts": parts.get("starts") or "",
        "valid_for": "length" if is_length else valid_for,
        "valid_for_length": valid_for if is_length else "",
    }
    return values | {key: form.get(key) or DEFAULTS[key] for key in PLAIN}
