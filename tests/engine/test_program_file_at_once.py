"""Files that are loaded at the same moment."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import transaction

from engine.program_file import apply_program, as_data, read_program
from loyalty.models import EarningRule, Program, RuleSet
from loyalty.services.programs import publish_rules
from tests.concurrency import all_at_once, at_once
from tests.factories import make_program

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

SHOP = """\
version: 1
program: {slug: shop, name: Shop, currency: EUR, timezone: Europe/Berlin}
point_types: {points: null}
earning_rules:
  spend: {award: {points: 1, per: "1.00"}}
"""

pytestmark = [pytest.mark.needs_postgresql, pytest.mark.django_db(transaction=True)]


def shop():
    return Program.objects.get(slug="shop")


def versions(program):
    return list(
        RuleSet.objects.filter(program=program)
        .order_by("version")
        .values_list("version", flat=True)
    )


def test_a_new_program_that_is_loaded_five_times_at_once_is_created_once():
    came_to = at_once(5, apply_program, file=read_program(SHOP), at=NOON)

    assert all(isinstance(changes, list) for changes in came_to), came_to
    assert versions(shop()) == [1]
    assert list(as_data(shop())["earning_rules"]) == ["spend"]


def test_a_change_that_is_loaded_five_times_at_once_is_made_once():
    apply_program(read_program(SHOP), at=NOON)
    file = read_program(SHOP.replace("points: 1,", "points: 2,"))

    came_to = at_once(5, apply_program, file=file, at=NOON)

    assert sorted(map(len, came_to)) == [0, 0, 0, 0, 1]
    assert versions(shop()) == [1, 2]


def test_edits_that_are_published_at_once_are_all_in_the_last_rule_set():
    program = make_program(rules={f"r{n}": {"award": {"points": 1}} for n in range(5)})

    def edit(number):
        with transaction.atomic():
            rule = EarningRule.objects.filter(program=program, code=f"r{number}")
            rule.update(definition={"award": {"points": 7}})
            publish_rules(program=Program.objects.get(pk=program.pk), at=NOON)

    all_at_once([partial(edit, number) for number in range(5)])

    assert versions(program) == [1, 2, 3, 4, 5, 6]
    newest = RuleSet.objects.get(program=program, version=6).content
    assert {rule["award"]["points"] for rule in newest["rules"].values()} == {7}
