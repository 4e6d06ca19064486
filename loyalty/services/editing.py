"""Change one thing of a program at a time, as staff do; the rest stays as it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from loyalty.models import EarningRule, PointType, Program, Reward
from loyalty.queries.programs import earning_rule_forms, point_type_forms, reward_forms
from loyalty.services.programs import save_earning_rules, save_point_types, save_program
from loyalty.services.revisions import lock_program, renew_program
from loyalty.services.rewards import check_live_rewards, save_rewards


@transaction.atomic
def edit_earning_rule(
    *, program: Program, code: str, form: Mapping[str, Any], at: datetime
) -> EarningRule:
    """Write one earning rule, new or known, in the program file's form.

    Nothing earns by it until it is published: see `publish_rules`. An archived
    rule comes back.
    """
    lock_program(program)
    forms = earning_rule_forms(program) | {code: dict(form)}
    save_earning_rules(program=program, forms=forms, at=at)
    return EarningRule.objects.get(program=program, code=code)


@transaction.atomic
def archive_earning_rule(*, rule: EarningRule, at: datetime) -> None:
    """Take a rule out of use; orders go on earning by it until that is published."""
    lock_program(rule.program)
    forms = earning_rule_forms(rule.program)
    forms.pop(rule.code, None)
    save_earning_rules(program=rule.program, forms=forms, at=at)


@transaction.atomic
def edit_reward(
    *, program: Program, code: str, form: Mapping[str, Any], at: datetime
) -> Reward:
    """Write one reward, new or known, in the program file's form; it counts at once.

    An archived reward comes back.

    :raises InvalidInput: if it cannot be used; pointers begin at /rewards
    :raises StockBelowTaken: if its stock is less than what is taken of it already
    """
    lock_program(program)
    forms = reward_forms(program) | {code: dict(form)}
    save_rewards(program=program, forms=forms, at=at)
    return Reward.objects.get(program=program, code=code)


@transaction.atomic
def archive_reward(*, reward: Reward, at: datetime) -> None:
    """Take a reward off the catalogue; what was redeemed of it stays good."""
    lock_program(reward.program)
    forms = reward_forms(reward.program)
    forms.pop(reward.code, None)
    save_rewards(program=reward.program, forms=forms, at=at)


@transaction.atomic
def edit_point_type(
    *, program: Program, code: str, form: Mapping[str, Any], at: datetime
) -> PointType:
    """Write one point type, new or known, in the program file's form.

    What earned points follow, their hold and expiry, changes when the rules are
    published; everything else counts at once.

    :raises KindIsFixed: if there are points of it and its kind would change
    :raises InvalidInput: if a reward needs it to be as it was
    """
    lock_program(program)
    forms = point_type_forms(program) | {code: dict(form)}
    # Null is the file's word for the default; a column has its own.
    forms = {each: _without_nulls(forms[each]) for each in forms}
    save_point_types(program=program, forms=forms, at=at)
    check_live_rewards(program)
    renew_program(program)
    return PointType.objects.get(program=program, code=code)


@transaction.atomic
def edit_program(*, form: Mapping[str, Any], at: datetime) -> Program:
    """Create a program, or change its own settings; they count at once.

    :raises CurrencyIsFixed, SandboxIsFixed: if facts forbid a change
    :raises InvalidInput: if a reward's prices are not amounts of a new currency
    """
    program = save_program(form=form, at=at)
    check_live_rewards(program)
    renew_program(program)
    return program


def _without_nulls(form: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in form.items() if value is not None}
