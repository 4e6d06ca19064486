"""Changing one thing of a program leaves everything else as it was."""

import pytest

from loyalty.models import EarningRule, PointType, Program
from loyalty.services.editing import (
    archive_earning_rule,
    edit_earning_rule,
    edit_point_type,
    edit_program,
)
from tests.concurrency import all_at_once, errors_in
from tests.factories import NOON, SPEND, make_program, point_type_of

DOUBLE = {"on": "order", "award": {"points": 2, "per": "1.00"}}


def rules_of(program):
    rules = EarningRule.objects.live().filter(program=program)
    return {rule.code: rule.form() for rule in rules}


@pytest.mark.django_db
def test_editing_a_rule_keeps_the_others_and_their_order():
    program = make_program(rules={"a": SPEND, "b": SPEND, "c": SPEND})

    edit_earning_rule(program=program, code="b", form=DOUBLE, at=NOON)

    assert list(rules_of(program).items()) == [("a", SPEND), ("b", DOUBLE), ("c", SPEND)]


@pytest.mark.django_db
def test_a_new_rule_comes_last():
    program = make_program(rules={"b": SPEND})

    edit_earning_rule(program=program, code="a", form=DOUBLE, at=NOON)

    assert list(rules_of(program)) == ["b", "a"]


@pytest.mark.django_db
def test_an_archived_rule_is_kept_and_comes_back_when_it_is_edited():
    program = make_program(rules={"a": SPEND, "b": SPEND})
    rule = EarningRule.objects.get(code="a")

    archive_earning_rule(rule=rule, at=NOON)
    rule.refresh_from_db()
    assert rule.archived_at == NOON
    assert list(rules_of(program)) == ["b"]

    edit_earning_rule(program=program, code="a", form=SPEND, at=NOON)
    assert EarningRule.objects.live().filter(pk=rule.pk).exists()


@pytest.mark.django_db
def test_a_rule_of_another_program_is_not_touched():
    program, other = make_program(), make_program()

    edit_earning_rule(program=program, code="spend", form=DOUBLE, at=NOON)

    assert rules_of(other) == {"spend": SPEND}


@pytest.mark.django_db
def test_editing_a_point_type_keeps_the_others_and_counts_at_once():
    program = make_program(point_types={"stamps": {"kind": "stamp", "debt": "clamp"}})
    before = PointType.objects.filter(code="stamps").values().get()
    revision = program.revision

    edit_point_type(program=program, code="points", form={"max_balance": 30}, at=NOON)

    assert point_type_of(program).max_balance == 30
    assert PointType.objects.filter(code="stamps").values().get() == before
    assert Program.objects.get().revision != revision


@pytest.mark.django_db
def test_editing_a_program_is_read_anew_by_every_process():
    program = make_program()
    form = {
        "slug": program.slug,
        "name": "Another",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "sandbox": True,
        "guest_claim": "60 days",
    }

    edit_program(form=form, at=NOON)

    edited = Program.objects.get()
    assert (edited.name, edited.guest_claim) == ("Another", "60 days")
    assert edited.revision != program.revision
    assert edited.clock_at == program.clock_at


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_people_who_edit_two_rules_at_once_both_get_what_they_wrote():
    codes = [f"rule-{number}" for number in range(8)]
    program = make_program(rules=dict.fromkeys(codes, SPEND))

    def edit(code):
        mine = Program.objects.get(pk=program.pk)
        return lambda: edit_earning_rule(program=mine, code=code, form=DOUBLE, at=NOON)

    results = all_at_once([edit(code) for code in codes])

    assert errors_in(results) == []
    assert rules_of(program) == dict.fromkeys(codes, DOUBLE)
