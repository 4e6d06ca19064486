"""How a program stands, in the program file's form, and what it is bound to."""

from collections.abc import Iterator, Mapping
from typing import Any

from loyalty.models import (
    EarningRule,
    Entry,
    Member,
    MemberEvent,
    Order,
    PointType,
    Program,
    Reward,
    RuleSet,
)
from loyalty.rules.publication import (
    Change,
    changes_of_thing,
    changes_of_things,
    rule_set_content,
)

PROGRAM_KEYS = (
    "slug",
    "name",
    "currency",
    "timezone",
    "locale",
    "sandbox",
    "origins",
    "leap_day",
    "guest_claim",
    "adjustment_approval_above",
)
POINT_TYPE_KEYS = (
    "kind",
    "decimals",
    "spend_order",
    "hold",
    "expiry",
    "expiry_reminders",
    "max_balance",
    "debt",
    "restore_on_refund",
    "min_validity_after_return",
)


def program_form(program: Program) -> dict[str, Any]:
    """Return a program's own keys, defaults included."""
    return {key: getattr(program, key) for key in PROGRAM_KEYS}


def point_type_forms(program: Program) -> dict[str, dict[str, Any]]:
    """Return the live point types by code, in their order, defaults included."""
    rows = PointType.objects.live().filter(program=program)
    return {row.code: _point_type_form(row) for row in rows}


def earning_rule_forms(program: Program) -> dict[str, dict[str, Any]]:
    """Return the live earning rules by code, in their order."""
    rows = EarningRule.objects.live().filter(program=program)
    return {row.code: row.form() for row in rows}


def reward_forms(program: Program) -> dict[str, dict[str, Any]]:
    """Return the live rewards by code, in their order."""
    rows = Reward.objects.live().filter(program=program)
    return {row.code: row.form() for row in rows}


def live_content(program: Program) -> dict[str, Any]:
    """Return what a rule set published now would hold."""
    return rule_set_content(
        currency=program.currency,
        timezone=program.timezone,
        point_types=point_type_forms(program),
        rules=earning_rule_forms(program),
    )


def newest_rule_set(program: Program) -> RuleSet | None:
    """Return the rule set that was published last."""
    return RuleSet.objects.filter(program=program).order_by("-version").first()


def preview_publication(program: Program) -> list[Change]:
    """Return what publishing would change in the rules that orders earn by."""
    newest = newest_rule_set(program)
    before: Mapping[str, Any] = newest.content if newest else {}
    return list(_content_changes(before, live_content(program)))


def has_facts(program: Program) -> bool:
    """Return whether anything was ever stated about the program's members."""
    return any(
        model.objects.filter(program=program).exists()
        for model in (Member, Order, MemberEvent, Entry)
    )


def has_entries(point_type: PointType) -> bool:
    """Return whether points of this type were ever moved."""
    return Entry.objects.filter(wallet__point_type=point_type).exists()


def _point_type_form(row: PointType) -> dict[str, Any]:
    same = row.name_one == row.name_other
    name = row.name_one if same else {"one": row.name_one, "other": row.name_other}
    value = format(row.value.normalize(), "f")
    form = {"name": name, "value": value}
    form |= {key: getattr(row, key) for key in POINT_TYPE_KEYS}
    # An empty policy, as the model's default has it, is the file's default.
    return {key: None if form[key] == "" else form[key] for key in form}


def _content_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    keys = ("currency", "timezone", "default_point_type")
    was, is_now = ({key: content.get(key) for key in keys} for content in (before, after))
    yield from changes_of_thing("program", was, is_now)
    for path, key in (("point_types", "point_types"), ("earning_rules", "rules")):
        # The order of what is stored means nothing: a database may not keep it.
        yield from changes_of_things(path, before.get(key, {}), after[key], ordered=False)
