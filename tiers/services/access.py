"""Write access rules: products and content that only some may see or buy."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from loyalty.models import Program
from loyalty.rules.publication import Forms
from tiers.models import AccessRule
from tiers.queries.ladders import tier_setup_of
from tiers.rules.access import compile_access


@transaction.atomic
def save_access(*, program: Program, forms: Forms, at: datetime) -> None:
    """Make the live access rules those of the forms, in their order; archive the rest.

    They may name the tiers of the ladders as those stand at `at`.

    :raises InvalidInput: if a rule cannot be used; pointers begin at /access
    """
    setup = tier_setup_of(program)
    newest = {code: each.versions[-1].ladder for code, each in setup.ladders.items()}
    compile_access(forms, ladders=newest, zone=program.zone)
    rows = AccessRule.objects.select_for_update().filter(program=program).order_by("id")
    by_code = {row.code: row for row in rows}
    for position, (code, form) in enumerate(forms.items()):
        definition = {key: value for key, value in form.items() if value is not None}
        row = by_code.pop(code, None) or AccessRule(program=program, code=code)
        row.definition, row.position, row.archived_at = definition, position, None
        row.save()
    for row in by_code.values():
        if row.archived_at is None:
            row.archived_at = at
            row.save(update_fields=["archived_at"])
    program.revision = uuid4()
    program.save(update_fields=["revision"])
