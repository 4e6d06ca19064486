"""Compile a published rule set: every key checked, every condition ready."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import DomainError, Problem
from core.money import exponent
from core.zones import parse_zone
from loyalty.rules.awards import PropertyAward
from loyalty.rules.compiled import (
    AwardRule,
    CompiledRuleSet,
    Listeners,
    MultiplyRule,
    Policies,
    Rule,
)
from loyalty.rules.expiry import read_expiry, read_hold
from loyalty.rules.fields import Tiers
from loyalty.rules.forms import Form, raise_if_any
from loyalty.rules.ruleforms import Program, read_rule

SPENDABLE = "spendable"
POINT_TYPE_KINDS = (SPENDABLE, "status", "stamp")


def compile_rule_set(
    content: Mapping[str, Any], *, tiers: Tiers | None = None
) -> CompiledRuleSet:
    """Return the rule set that `content` says, in the program file's form.

    `{"currency": "EUR", "timezone": "Europe/Berlin", "point_types": {code:
    {"hold": …, "expiry": …}}, "rules": {code: {…}}}`. Where a program has
    several spendable point types, each rule names its own, or
    `default_point_type` says which it is: a stored mapping may forget what came
    first. Conditions may ask for any of `tiers`, or for what they like where those
    are not given: a published rule may outlive a ladder. Compiling takes about a
    millisecond; keep the result.

    :raises InvalidInput: with a pointer into `content` for everything wrong
    """
    problems: list[Problem] = []
    form = Form(content, "", problems)
    program = _read_program(form, tiers)
    rules = [
        rule
        for code, rule_form in form.subs("rules")
        if (rule := read_rule(code, rule_form, program)) is not None
    ]
    form.finish()
    raise_if_any(problems)
    return _compiled(program, rules)


def _read_program(form: Form, tiers: Tiers | None) -> Program:
    currency = form.text("currency") or ""
    zone = ZoneInfo("UTC")
    try:
        exponent(currency)
    except DomainError as error:
        form.adopt("currency", error)
    try:
        zone = parse_zone(form.take("timezone"))
    except DomainError as error:
        form.adopt("timezone", error)
    spendable = []
    point_types = {}
    for code, policies in form.subs("point_types"):
        if policies.choice("kind", POINT_TYPE_KINDS, SPENDABLE) == SPENDABLE:
            spendable.append(code)
        point_types[code] = _read_policies(policies)
    default = form.text("default_point_type")
    if default is None and len(spendable or point_types) == 1:
        default = [*spendable, *point_types][0]
    if default is not None and default not in point_types:
        form.refuse("default_point_type", "unknown_point_type", "there is none such")
    return Program(currency, zone, point_types, default, tiers)


def _read_policies(form: Form) -> Policies:
    policies = Policies(
        read_hold(form.take("hold"), form.at("hold"), form.problems),
        read_expiry(form.take("expiry"), form.at("expiry"), form.problems),
    )
    form.finish()
    return policies


def _compiled(program: Program, rules: Iterable[Rule]) -> CompiledRuleSet:
    order = sorted(rules, key=_first_asked)
    return CompiledRuleSet(
        currency=program.currency,
        zone=program.zone,
        point_types=program.point_types,
        rules={kind: _listeners(kind, order) for kind in {rule.on for rule in order}},
        names=frozenset().union(*(_names_of(rule) for rule in order)),
        earns=tuple(sorted({rule.point_type for rule in order if isinstance(rule, AwardRule)})),
    )


def _listeners(kind: str, order: Sequence[Rule]) -> Listeners:
    here = [rule for rule in order if rule.on == kind]
    awards = tuple(rule for rule in here if isinstance(rule, AwardRule))
    return Listeners(
        multiplies=tuple(rule for rule in here if isinstance(rule, MultiplyRule)),
        awards=awards,
        rivals=any(rule.exclusive or rule.group is not None for rule in awards),
    )


def _first_asked(rule: Rule) -> tuple[int, bool, str]:
    exclusive = isinstance(rule, AwardRule) and rule.exclusive
    return (-rule.priority, not exclusive, rule.code)


def _names_of(rule: Rule) -> frozenset[str]:
    names = set(rule.when.names if rule.when else ())
    lines = None
    if isinstance(rule, MultiplyRule):
        lines = rule.lines
    elif isinstance(rule, AwardRule):
        lines = rule.counting.lines
        if isinstance(rule.award, PropertyAward):
            names.add(rule.award.name)
    return frozenset(names.union(lines.condition.names if lines else ()))
