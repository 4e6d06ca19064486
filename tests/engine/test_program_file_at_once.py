"""Files that are loaded at the same moment."""

from datetime import UTC, datetime

import pytest

from engine.program_file import apply_program, as_data, read_program
from loyalty.models import EarningRule, Program, RuleSet
from loyalty.services.programs import publish_rules
from tests.concurrency import at_once
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


def test_rules_that_are_published_five_times_at_once_are_published_once():
    program = make_program(slug="shop")
    EarningRule.objects.filter(program=program).update(definition={"award": {"points": 7}})

    came_to = at_once(5, publish_rules, program=program, at=NOON)

    assert [published.version for published in came_to if published] == [2]
    assert versions(program) == [1, 2]
