"""Read ladders in the program file's form, every mistake with its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import DomainError
from core.periods import MonthDay, Period, parse_month_day
from loyalty.rules.forms import Form, shown
from loyalty.rules.gives import Gives, Offer, read_gives
from loyalty.rules.paying import PointTypeFace, read_point_type
from tiers.rules.windows import CALENDAR, DAYS_IN, MONTHS_IN, WindowTerms

METRICS = ("spend", "points", "orders", "active_months", "balance")
PERIODS = ("end_of_period", "end_of_next_period")
DOWNGRADES = ("to_fit", "one_step", "to_lowest", "never")

# What says how a tier lasts; a balance is followed as it goes, both ways.
LASTING = (
    "window",
    "upgrade",
    "valid_for",
    "downgrade",
    "grace",
    "carry_over",
    "on_refund",
    "count",
)
DEFAULTS = {
    "window": "lifetime",
    "upgrade": "immediate",
    "downgrade": "to_fit",
    "grace": "0 days",
    "carry_over": False,
    "on_refund": "undo",
    "count": "earned",
}

MOST_TIERS = 50
MULTIPLIER_DECIMALS = 4
MOST_BENEFITS = 50
_BENEFIT = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True, slots=True)
class TierForm:
    """One tier, as it was read."""

    code: str
    name: str
    threshold: int
    over: bool
    multiplier: Decimal
    gives: Gives | None = None
    each_time: bool = False
    benefits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LadderReader:
    """Reads ladders by the program's currency and point types."""

    currency: str
    point_types: Mapping[str, PointTypeFace]
    leap_day: str

    def read(self, form: Form) -> dict[str, Any]:
        """Return all of a ladder but its name, after noting what is wrong with it."""
        metric = form.choice("metric", METRICS, "spend")
        point_type = self._point_type(form, metric)
        if metric == "balance":
            _forbid_lasting(form)
        elif metric != "points" and form.take("count") not in (None, "earned"):
            form.refuse("count", "not_here", f"'count' is for points; {metric} are never held")
        window = self._window(form)
        length, next_period = _validity(form, window)
        terms = {
            "metric": metric,
            "point_type": point_type,
            "released": form.choice("count", ("earned", "released"), "earned") == "released",
            "window": window,
            "rises_next_period": _rises_next_period(form, window),
            "length": length,
            "next_period": next_period,
            "downgrade": form.choice("downgrade", DOWNGRADES, "to_fit"),
            "grace": _in_days(form, "grace", least=0) or Period(0, "day"),
            "carry_over": _carries_over(form, window),
            "keeps_on_refund": form.choice("on_refund", ("undo", "keep_until"), "undo")
            == "keep_until",
            "tiers": self._tiers(form, metric),
        }
        form.finish()
        return terms

    def _point_type(self, form: Form, metric: str) -> str:
        if metric in ("points", "balance"):
            return read_point_type(form, self.point_types)
        form.forbid(("point_type",), f"is for points and balances; this ladder counts {metric}")
        return ""

    def _window(self, form: Form) -> WindowTerms:
        value = form.take("window")
        if value is None or value == "lifetime":
            return WindowTerms("lifetime")
        window = form.sub("window") if isinstance(value, Mapping) else None
        kinds = [
            key for key in ("rolling", "calendar", "anniversary") if window and key in window
        ]
        if window is None or len(kinds) != 1:
            detail = (
                f"{shown(value)} is not a window; expected lifetime, {{rolling: 12 months}}, "
                "{calendar: year} or {anniversary: joined}"
            )
            form.refuse("window", "not_a_choice", detail)
            return WindowTerms("lifetime")
        terms = self._window_of(kinds[0], window)
        window.finish()
        return terms

    def _window_of(self, kind: str, window: Form) -> WindowTerms:
        if kind == "rolling":
            return WindowTerms(
                kind, length=_in_days(window, "rolling", least=1) or Period(1, "year")
            )
        if kind == "anniversary":
            window.choice("anniversary", ("joined",), "joined")
            return WindowTerms(kind, leap_day=self.leap_day)
        unit = window.choice("calendar", CALENDAR, "year")
        starts = _starts(window)
        if unit != "year" and "starts" in window:
            window.refuse("starts", "not_here", f"a {unit} begins with its first day")
        return WindowTerms(kind, unit=unit, starts=starts, leap_day=self.leap_day)

    def _tiers(self, form: Form, metric: str) -> list[TierForm]:
        tiers: list[TierForm] = []
        lower: TierForm | None = None
        for code, each in form.subs("tiers"):
            tier = self._tier(code, each, metric)
            tiers.append(tier)
            # What could not be read is told, and compared with nothing.
            refused = {problem.pointer for problem in each.problems}
            if "threshold" in each and each.at("threshold") not in refused:
                _check_threshold(each, tier, lower)
                lower = tier
        if not tiers:
            form.refuse(
                "tiers", "required", "name at least one tier, as {gold: {threshold: 100}}"
            )
        if len(tiers) > MOST_TIERS:
            form.refuse("tiers", "too_many", f"a ladder has at most {MOST_TIERS} tiers")
        return tiers

    def _tier(self, code: str, form: Form, metric: str) -> TierForm:
        name = form.text("name", longest=120) or code
        threshold = self._threshold(form, metric)
        over = form.choice("operator", ("at_least", "over"), "at_least") == "over"
        multiplier = form.number("multiplier", 1)
        if multiplier > 1000:
            form.refuse("multiplier", "out_of_range", "expected at most 1000")
        elif round(multiplier, MULTIPLIER_DECIMALS) != multiplier:
            form.refuse("multiplier", "out_of_range", "expected at most 4 decimals")
        gives, each_time = self._entry(form, metric)
        benefits = _benefits(form)
        form.finish()
        return TierForm(code, name, threshold, over, multiplier, gives, each_time, benefits)

    def _threshold(self, form: Form, metric: str) -> int:
        if not form.require("threshold"):
            form.take("threshold")
            return 0
        if metric != "spend":
            return form.whole("threshold")
        # Nothing is nothing in any unit; it is as people write it: {threshold: 0}.
        if form.take("threshold") == 0 and not isinstance(form.take("threshold"), bool | float):
            return 0
        return form.money("threshold", self.currency) or 0

    def _entry(self, form: Form, metric: str) -> tuple[Gives | None, bool]:
        entry = form.sub("entry")
        if entry is None:
            return None, False
        each_time = entry.choice("once", ("lifetime", "each_time"), "lifetime") == "each_time"
        rest = {key: value for key, value in entry.given().items() if key != "once"}
        gives = read_gives(Form(rest, entry.pointer, form.problems), self._offer)
        if each_time and metric == "balance":
            detail = (
                "a balance comes and goes as points are spent and given back, and would give "
                "it each time; use lifetime"
            )
            entry.refuse("once", "not_here", detail)
        if gives is not None and gives.kind == "pay":
            entry.refuse("pay", "not_here", "paying with points is a reward, not a gift")
            return None, each_time
        return gives, each_time

    @property
    def _offer(self) -> Offer:
        return Offer(self.currency, self.point_types)


def _forbid_lasting(form: Form) -> None:
    for key in LASTING:
        value = form.take(key)
        if value is not None and value != DEFAULTS.get(key):
            detail = f"{key!r} means nothing here: a balance is followed as it goes, both ways"
            form.refuse(key, "not_here", detail)


def _starts(window: Form) -> MonthDay:
    value = window.take("starts")
    if value is None:
        return MonthDay(1, 1)
    try:
        return parse_month_day(value)
    except DomainError as error:
        window.adopt("starts", error)
        return MonthDay(1, 1)


def _validity(form: Form, window: WindowTerms) -> tuple[Period | None, bool]:
    """Return the length of a tier, and whether it outlasts the period it was reached in."""
    value = form.take("valid_for")
    if value is None or value in PERIODS:
        # Without periods there are no ends of them: a rolling window has its length.
        return window.length, value != "end_of_period"
    if isinstance(value, str) and value[:1].isdigit():
        return _in_days(form, "valid_for", least=1), True
    detail = f"expected {', '.join(PERIODS)} or a period such as 12 months, not {shown(value)}"
    form.refuse("valid_for", "not_a_choice", detail)
    return window.length, True


def _rises_next_period(form: Form, window: WindowTerms) -> bool:
    if form.choice("upgrade", ("immediate", "next_period"), "immediate") == "immediate":
        return False
    if not window.has_periods:
        detail = (
            f"a {window.kind} window has no next period; rise immediately, or count by year"
        )
        form.refuse("upgrade", "not_here", detail)
        return False
    if form.take("valid_for") == "end_of_period":
        detail = "it would end before it begins; use end_of_next_period"
        form.refuse("valid_for", "out_of_order", detail)
    return True


def _carries_over(form: Form, window: WindowTerms) -> bool:
    carries = form.flag("carry_over", False)
    if carries and not window.has_periods:
        detail = f"a {window.kind} window has no next period to carry anything into"
        form.refuse("carry_over", "not_here", detail)
    return carries and window.has_periods


def _in_days(form: Form, key: str, *, least: int) -> Period | None:
    """Return a period of days or longer: members' sums are kept by day."""
    period = form.period(key)
    if period is None:
        return None
    if period.unit not in DAYS_IN and period.unit not in MONTHS_IN:
        form.refuse(key, "out_of_range", 'count in days or longer, as "14 days"')
        return None
    if period.count < least:
        form.refuse(key, "out_of_range", 'expected at least "1 day"')
        return None
    return period


def _check_threshold(form: Form, tier: TierForm, lower: TierForm | None) -> None:
    """Note a tier that nobody could tell from the one before, or could never be in."""
    if lower is None:
        return
    if tier.threshold == lower.threshold:
        detail = f"{lower.code} has the same threshold; give each tier its own"
        form.refuse("threshold", "same_threshold", detail)
    elif tier.threshold < lower.threshold:
        detail = (
            f"it is below that of {lower.code}, which stands before it; "
            "write the tiers from the lowest to the highest"
        )
        form.refuse("threshold", "thresholds_do_not_rise", detail)


def _benefits(form: Form) -> dict[str, Any]:
    """Return named values; none of them is a float, a list or a mapping."""
    benefits = form.sub("benefits")
    if benefits is None:
        return {}
    for name, value in benefits.given().items():
        if not _BENEFIT.fullmatch(str(name)):
            detail = "name it in small letters, digits and _, as early_access_hours"
            benefits.refuse(str(name), "wrong_type", detail)
        elif not isinstance(value, bool | int | str) or len(str(value)) > 1000:
            detail = f"expected true or false, a whole number or a text, not {shown(value)}"
            benefits.refuse(str(name), "wrong_type", detail)
    if len(benefits.given()) > MOST_BENEFITS:
        form.refuse("benefits", "too_many", f"a tier has at most {MOST_BENEFITS} benefits")
    return benefits.given()
