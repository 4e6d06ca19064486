"""Write what a program is, and publish the rules that its orders earn by."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.errors import DomainError
from loyalty.models import EarningRule, PointType, Program, RuleSet
from loyalty.queries.policies import prolonged_until
from loyalty.queries.programs import (
    POINT_TYPE_KEYS,
    PROGRAM_KEYS,
    has_entries,
    has_facts,
    live_content,
    newest_rule_set,
)
from loyalty.rules.publication import Forms
from loyalty.rules.ruleset import compile_rule_set
from loyalty.services.agreeing import agree, make_agree
from loyalty.services.ledger.redating import prolong_lots
from loyalty.services.revisions import lock_program, renew_program

POINT_TYPE_COLUMNS = ("name_one", "name_other", "value", *POINT_TYPE_KEYS, "position")
RULE_COLUMNS = ("name", "on", "definition", "position")


class CurrencyIsFixed(DomainError):
    """Amounts of money were stated in the program's currency."""

    code = "currency_is_fixed"


class SandboxIsFixed(DomainError):
    """What happened in a program happened by its clock."""

    code = "sandbox_is_fixed"


class KindIsFixed(DomainError):
    """There are points of this type."""

    code = "kind_is_fixed"


@transaction.atomic
def save_program(*, form: Mapping[str, Any], at: datetime) -> Program:
    """Create the program of the form's slug, or make it agree with the form.

    The form is the program file's; what it leaves out becomes the default. A
    sandbox clock starts at `at`. Publishing comes after: see `publish_rules`.

    :raises CurrencyIsFixed: if facts are stated in another currency
    :raises SandboxIsFixed: if facts have happened by the program's clock
    """
    wanted = Program(**form)
    start = {key: getattr(wanted, key) for key in PROGRAM_KEYS}
    start |= {"created_at": at, "clock_at": at if wanted.sandbox else None}
    program, created = Program.objects.get_or_create(slug=wanted.slug, defaults=start)
    if created:
        return program

    program = Program.objects.select_for_update().get(pk=program.pk)
    check_program(program, form)
    if wanted.sandbox != program.sandbox:
        program.clock_at = at if wanted.sandbox else None
    if wanted.timezone != program.timezone:
        # Until they are made anew, sums are by the days of the zone they began in.
        program.days_zone = program.days_zone or program.timezone
    agree(program, wanted, PROGRAM_KEYS, also=("clock_at", "days_zone"))
    return program


@transaction.atomic
def save_point_types(*, program: Program, forms: Forms, at: datetime) -> None:
    """Make the live point types those of the forms, in their order; archive the rest.

    Where a new expiry says `existing: from_change`, points that are there get the later
    of their own end and that of points which came in at `at`.

    :raises KindIsFixed: if there are points of a type whose kind would change
    """
    check_point_types(program, forms)
    wanted = [
        PointType(
            program=program, code=code, position=position, **_point_type_values(code, form)
        )
        for position, (code, form) in enumerate(forms.items())
    ]
    rows = list(PointType.objects.select_for_update().filter(program=program))
    prolonged = {
        row: until
        for row in rows
        if row.code in forms
        if (until := _prolonged(program, row, forms[row.code], at)) is not None
    }
    make_agree(rows, wanted, POINT_TYPE_COLUMNS, at=at)
    for row, until in prolonged.items():
        prolong_lots(row, until=until, at=at)


def _prolonged(
    program: Program, row: PointType, form: Mapping[str, Any], at: datetime
) -> datetime | None:
    return prolonged_until(program, row.expiry or "never", form.get("expiry"), at=at)


@transaction.atomic
def save_earning_rules(*, program: Program, forms: Forms, at: datetime) -> None:
    """Make the live earning rules those of the forms, in their order; archive the rest.

    Nothing earns by them until they are published: see `publish_rules`.
    """
    wanted = [
        EarningRule(program=program, code=code, position=position, **_rule_values(form))
        for position, (code, form) in enumerate(forms.items())
    ]
    rows = EarningRule.objects.select_for_update().filter(program=program)
    make_agree(rows, wanted, RULE_COLUMNS, at=at)


@transaction.atomic
def publish_rules(*, program: Program, at: datetime) -> RuleSet | None:
    """Let orders and events from `at` on earn by the rules as they are now.

    To be called after anything about the program, its point types or its rules
    was changed; every process then reads them anew. Returns the rule set, or
    None if it would be no other than the last.

    :raises InvalidInput: if a rule cannot be used; pointers begin at /rules
    """
    lock_program(program)
    content = live_content(program)
    compile_rule_set(content)
    renew_program(program)

    newest = newest_rule_set(program)
    if newest and newest.content == content:
        return None
    version = newest.version + 1 if newest else 1
    return RuleSet.objects.create(
        program=program, version=version, content=content, published_at=at
    )


def check_program(program: Program, form: Mapping[str, Any]) -> None:
    """Refuse a form that changes what facts depend on.

    :raises CurrencyIsFixed: if facts are stated in another currency
    :raises SandboxIsFixed: if facts have happened by the program's clock
    """
    wanted = Program(**form)
    if wanted.currency != program.currency and has_facts(program):
        raise CurrencyIsFixed(
            f"{program.slug} has facts in {program.currency}; its currency cannot change",
            pointer="/program/currency",
        )
    if wanted.sandbox != program.sandbox and has_facts(program):
        raise SandboxIsFixed(
            f"{program.slug} has facts; it cannot become or stop being a sandbox",
            pointer="/program/sandbox",
        )


def check_point_types(program: Program, forms: Forms) -> None:
    """Refuse forms that change what points are for.

    :raises KindIsFixed: if there are points of a type whose kind would change
    """
    for row in PointType.objects.filter(program=program, code__in=forms):
        kind = forms[row.code].get("kind", PointType.Kind.SPENDABLE)
        if kind != row.kind and has_entries(row):
            raise KindIsFixed(
                f"there are {row.code} already; their kind stays {row.kind}",
                pointer=f"/point_types/{row.code}/kind",
            )


def _point_type_values(code: str, form: Mapping[str, Any]) -> dict[str, Any]:
    name = form.get("name", code)
    one, other = (name["one"], name["other"]) if isinstance(name, Mapping) else (name, name)
    rest = {key: form[key] for key in POINT_TYPE_KEYS if key in form}
    value = Decimal(form.get("value", 0))
    return {"name_one": one, "name_other": other, "value": value} | rest


def _rule_values(form: Mapping[str, Any]) -> dict[str, Any]:
    definition = {key: form[key] for key in form if key not in ("name", "on")}
    name, on = form.get("name", ""), form.get("on", "order")
    return {"name": name, "on": on, "definition": definition}
