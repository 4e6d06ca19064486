"""Read one earning rule from the program file's form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from core.expressions import (
    Expression,
    ExpressionError,
    FieldType,
    Schema,
    compile_expression,
)
from core.money import Rounding
from loyalty.rules.awards import (
    Award,
    BandsAward,
    FixedAward,
    ItemAward,
    PropertyAward,
    read_award,
)
from loyalty.rules.compiled import AwardRule, Counting, MultiplyRule, Policies, Rule
from loyalty.rules.expiry import NEVER, NO_HOLD, read_expiry, read_hold
from loyalty.rules.fields import Tiers, lines_schema, when_schema
from loyalty.rules.filters import LineFilter
from loyalty.rules.forms import Form
from loyalty.rules.limits import read_limits
from loyalty.rules.lines import Switches
from loyalty.rules.multipliers import extra_of
from loyalty.rules.statements.values import SLUG
from loyalty.rules.validity import read_validity

CELEBRATIONS = ("birthday", "anniversary")
ROUNDINGS = tuple(str(rounding) for rounding in Rounding)
NUMBERS = (FieldType.INT, FieldType.DECIMAL, FieldType.ANY)

OF_AWARDS_ONLY = (
    "base",
    "order_discounts",
    "rounding",
    "round_per",
    "round_base",
    "multipliers",
    "tier_multiplier",
    "exclusive",
    "hold",
    "expiry",
)
OF_ORDERS_ONLY = ("lines", "base", "order_discounts", "round_per")


@dataclass(frozen=True, slots=True)
class Program:
    """What the rules of one set share, and what was compiled for them so far.

    Rules with the same condition share one, and so do rules that count alike, so
    that each is worked out once an order. Without `tiers`, conditions may ask for any.
    """

    currency: str
    zone: ZoneInfo
    point_types: Mapping[str, Policies]
    default_point_type: str | None
    tiers: Tiers | None = None
    conditions: dict[tuple[str, str], Expression] = field(default_factory=dict)
    filters: dict[str, LineFilter] = field(default_factory=dict)
    countings: dict[tuple[str | None, Switches, bool], Counting] = field(default_factory=dict)


def read_rule(code: str, form: Form, program: Program) -> Rule | None:
    """Return the rule that `form` says, after noting what is wrong with it."""
    awards = "award" in form
    if awards == ("multiply" in form):
        form.refuse(None, "one_of", "a rule has either an award or a multiply")
        return None
    for key in ("award", "multiply"):
        form.take(key)
    on = _read_on(form)
    shared = _read_shared(code, on, form, program)
    if on != "order":
        form.forbid(OF_ORDERS_ONLY, "is about the lines of an order; an event has none")
    rule = (_read_award if awards else _read_multiply)(form, program, shared)
    form.finish()
    return rule


def _read_on(form: Form) -> str:
    on = form.text("on") or "order"
    if not SLUG.fullmatch(on):
        form.refuse(
            "on",
            "not_a_choice",
            "expected order, signup, birthday, anniversary or an event type: up to "
            "60 of the characters a-z, 0-9, dot, dash and underscore",
        )
    if on == "refund":
        form.refuse("on", "not_a_choice", "a refund is part of its order, not an event")
    return on


def _read_shared(code: str, on: str, form: Form, program: Program) -> dict[str, Any]:
    valid = form.sub("valid")
    known_for = form.period("known_for")
    if known_for and on not in CELEBRATIONS:
        form.refuse("known_for", "not_here", "is for birthdays and anniversaries")
    return {
        "code": code,
        "name": form.text("name", longest=120) or code,
        "on": on,
        "point_type": _read_point_type(form, program),
        "when": _read_when(form, on, program),
        "valid": read_validity(valid, program.zone) if valid else None,
        "known_for": known_for,
        "group": form.code("group"),
        "priority": form.whole("priority", least=-1_000_000, most=1_000_000),
        "limits": read_limits(form, points_allowed="award" in form),
    }


def _read_multiply(form: Form, program: Program, shared: dict[str, Any]) -> Rule:
    form.forbid(OF_AWARDS_ONLY, "is for awards; this rule multiplies those of others")
    multiplier = form.number("multiply", 1)
    return MultiplyRule(
        **shared,
        lines=_read_lines(form, program),
        multiplier=multiplier,
        extra=extra_of(multiplier),
    )


def _read_award(form: Form, program: Program, shared: dict[str, Any]) -> Rule:
    on = shared["on"]
    award_form = Form(form.take("award"), form.at("award"), form.problems)
    award = read_award(award_form, program.currency, on_order=on == "order")
    _check_property(award_form, award, on)
    by_measure = not isinstance(award, FixedAward | PropertyAward)
    return AwardRule(
        **shared,
        award=award,
        counting=_read_counting(form, award, program),
        rounding=Rounding(form.choice("rounding", ROUNDINGS, "floor")),
        round_per_line=_read_round_per(form, award),
        round_base=_read_round_base(form),
        multipliers=form.flag("multipliers", by_measure),
        tier_multiplier=form.flag("tier_multiplier", True),
        exclusive=form.flag("exclusive", False),
        **_read_policies(form, program, shared["point_type"]),
    )


def _read_point_type(form: Form, program: Program) -> str:
    code = form.text("point_type") or program.default_point_type
    if code is None:
        offered = ", ".join(program.point_types)
        form.refuse("point_type", "required", f"name one of {offered}")
        return ""
    if code not in program.point_types:
        offered = ", ".join(program.point_types) or "none"
        detail = f"there is no point type {code!r}; there is {offered}"
        form.refuse("point_type", "unknown_point_type", detail)
    return code


def _read_when(form: Form, on: str, program: Program) -> Expression | None:
    source = form.text("when")
    if source is None:
        return None
    known = program.conditions.get((on, source))
    if known is not None:
        return known
    condition = _compile(form, "when", source, when_schema(on, program.tiers))
    return condition and program.conditions.setdefault((on, source), condition)


def _read_lines(form: Form, program: Program) -> LineFilter | None:
    source = form.text("lines")
    if source is None:
        return None
    known = program.filters.get(source)
    if known is not None:
        return known
    condition = _compile(form, "lines", source, lines_schema(program.tiers))
    if condition is None:
        return None
    return program.filters.setdefault(source, LineFilter(condition))


def _compile(form: Form, key: str, source: str, schema: Schema) -> Expression | None:
    try:
        return compile_expression(source, schema)
    except ExpressionError as error:
        form.problems.append(error.problem(form.at(key)))
        return None


def _read_counting(form: Form, award: Award, program: Program) -> Counting:
    lines = _read_lines(form, program)
    counting = Counting(lines, _read_base(form), isinstance(award, ItemAward))
    source = lines.condition.source if lines else None
    key = (source, counting.base, counting.by_units)
    return program.countings.setdefault(key, counting)


def _read_base(form: Form) -> Switches:
    ignores = form.choice("order_discounts", ("share", "ignore"), "share") == "ignore"
    base = form.sub("base")
    if base is None:
        return Switches(ignore_discounts=ignores)
    switches = Switches(
        tax=base.flag("tax", False),
        shipping=base.flag("shipping", False),
        points_paid=base.flag("points_paid", False),
        gift_cards_paid=base.flag("gift_cards_paid", False),
        gift_card_products=base.flag("gift_card_products", False),
        ignore_discounts=ignores,
    )
    base.finish()
    return switches


def _read_round_per(form: Form, award: Award) -> bool:
    per_line = form.choice("round_per", ("order", "line"), "order") == "line"
    if per_line and isinstance(award, FixedAward | PropertyAward | BandsAward):
        form.refuse("round_per", "not_here", "this award belongs to the whole order")
    return per_line


def _read_round_base(form: Form) -> Rounding | None:
    word = form.choice("round_base", ROUNDINGS, "")
    return Rounding(word) if word else None


def _read_policies(form: Form, program: Program, point_type: str) -> dict[str, Any]:
    types = program.point_types.get(point_type, Policies(NO_HOLD, NEVER))
    hold, expiry = form.take("hold"), form.take("expiry")
    return {
        "hold": types.hold if hold is None else read_hold(hold, form.at("hold"), form.problems),
        "expiry": types.expiry
        if expiry is None
        else read_expiry(expiry, form.at("expiry"), form.problems),
    }


def _check_property(form: Form, award: Award, on: str) -> None:
    """Note a property that is not offered, or can never be a number."""
    if not isinstance(award, PropertyAward) or not award.name:
        return
    schema = when_schema(on)
    held = schema.type_of(award.name)
    if held is None:
        form.refuse("points_from", "unknown_name", schema.help_with(award.name))
    elif held not in NUMBERS:
        form.refuse("points_from", "wrong_type", f"{award.name} is {held}")
