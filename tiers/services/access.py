"""Write access rules: products and content that only some may see or buy."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from loyalty.models import Program
from loyalty.rules.publication import Forms
from loyalty.services.agreeing import archive_rows
from loyalty.services.revisions import lock_program, renew_program
from tiers.models import AccessRule
from tiers.queries.ladders import access_forms, tier_setup_of
from tiers.rules.access import compile_access


@transaction.atomic
def edit_access(
    *, program: Program, code: str, form: Mapping[str, Any], at: datetime
) -> AccessRule:
    """Write one access rule, new or known, in the program file's form; it counts at once.

    An archived rule comes back.

    :raises InvalidInput: if it cannot be used; pointers begin at /access
    """
    lock_program(program)
    forms = access_forms(program) | {code: dict(form)}
    save_access(program=program, forms=forms, at=at)
    return AccessRule.objects.get(program=program, code=code)


@transaction.atomic
def archive_access(*, rule: AccessRule, at: datetime) -> None:
    """Take an access rule out of use: what it was about is for everybody."""
    lock_program(rule.program)
    forms = access_forms(rule.program)
    forms.pop(rule.code, None)
    save_access(program=rule.program, forms=forms, at=at)


def check_access(program: Program, forms: Forms) -> None:
    """Refuse access rules that cannot be used with the ladders as they were last saved.

    :raises InvalidInput: with a pointer, from /access on
    """
    setup = tier_setup_of(program)
    newest = {code: each.versions[-1].ladder for code, each in setup.ladders.items()}
    compile_access(forms, ladders=newest, zone=program.zone)


@transaction.atomic
def save_access(*, program: Program, forms: Forms, at: datetime) -> None:
    """Make the live access rules those of the forms, in their order; archive the rest.

    They may name the tiers of the ladders as those stand at `at`.

    :raises InvalidInput: if a rule cannot be used; pointers begin at /access
    """
    check_access(program, forms)
    rows = AccessRule.objects.select_for_update().filter(program=program).order_by("id")
    by_code = {row.code: row for row in rows}
    for position, (code, form) in enumerate(forms.items()):
        definition = {key: value for key, value in form.items() if value is not None}
        row = by_code.pop(code, None) or AccessRule(program=program, code=code)
        row.definition, row.position, row.archived_at = definition, position, None
        row.save()
    archive_rows(by_code.values(), at=at)
    renew_program(program)
