"""Write referral programs: each change of what they promise is a version of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum

from loyalty.models import Program
from loyalty.queries.programs import point_type_forms
from loyalty.rules.publication import Forms
from loyalty.rules.rewards import faces_of
from loyalty.services.agreeing import archive_rows
from loyalty.services.revisions import renew_program
from referrals.models import Payout, ReferralProgram, ReferralTerms
from referrals.queries.programs import newest_terms
from referrals.rules.programs import compile_referral_programs


@transaction.atomic
def save_referral_programs(*, program: Program, forms: Forms, at: datetime) -> None:
    """Make the live referral programs those of the forms, in their order; archive the rest.

    What was claimed before keeps the terms of its time. By an archived program nobody
    can be referred any more; what was claimed under it goes on.

    :raises InvalidInput: if one cannot be used; pointers begin at /referral_programs
    """
    check_referral_forms(program, forms)
    # Locked, so that two who save at once do not number their terms alike.
    locked = ReferralProgram.objects.select_for_update().filter(program=program)
    by_code = {row.code: row for row in locked.order_by("id")}
    newest = newest_terms(program)
    for position, (code, form) in enumerate(forms.items()):
        row = _save_row(by_code.pop(code, None), program, code, position, form)
        _save_terms(row, newest.get(row.pk), _content(form), at)
        if form.get("budget"):
            _count_spent(row)
    archive_rows(by_code.values(), at=at)
    renew_program(program)


def check_referral_forms(program: Program, forms: Forms) -> None:
    """Refuse forms that are no referral programs.

    :raises InvalidInput: with a pointer, from /referral_programs on
    """
    compile_referral_programs(
        forms, currency=program.currency, point_types=faces_of(point_type_forms(program))
    )


def _save_row(
    row: ReferralProgram | None,
    program: Program,
    code: str,
    position: int,
    form: Mapping[str, Any],
) -> ReferralProgram:
    name = form.get("name") or ""
    if row is None:
        return ReferralProgram.objects.create(
            program=program, code=code, name=name, position=position
        )
    row.name, row.position, row.archived_at = name, position, None
    row.save(update_fields=["name", "position", "archived_at"])
    return row


def _save_terms(
    row: ReferralProgram, newest: ReferralTerms | None, content: dict[str, Any], at: datetime
) -> None:
    if newest is not None and newest.content == content:
        return
    number = newest.number + 1 if newest else 1
    ReferralTerms.objects.create(
        referral_program=row, number=number, content=content, applies_from=at
    )


def _count_spent(row: ReferralProgram) -> None:
    """Count what a budget has gone into: as long as there is none, nobody counts."""
    stands = Q(taken_back_at=None) | Q(was_used=True)
    given = Payout.objects.filter(stands, referral_program=row, outcome=Payout.Outcome.GIVEN)
    sums = given.aggregate(points=Sum("points"), money=Sum("money"))
    row.spent_points, row.spent_money = sums["points"] or 0, sums["money"] or 0
    row.save(update_fields=["spent_points", "spent_money"])


def _content(form: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in form.items() if key != "name" and value is not None}
