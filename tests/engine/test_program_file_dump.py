"""Dumping a program: what is dumped is what is loaded."""

import json
from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.program_file import apply_program, as_data, dump_program, read_program
from engine.program_file.dump import as_yaml
from engine.program_file.text import read_nodes
from loyalty.models import EarningRule, PointType, Program
from loyalty.services.programs import publish_rules

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

FULL = """\
version: 1

program:
  slug: shop
  name: Shop
  currency: EUR
  timezone: Europe/Berlin
  locale: de
  sandbox: true
  origins: ["https://shop.example"]
  leap_day: mar_1
  guest_claim: 90 days
  adjustment_approval_above: 1000

point_types:
  points:
    name: {one: Bean, other: Beans}
    value: "0.01"
    hold: {after: fulfilled, days: 14, on_timeout: cancel}
    expiry: {after: 12 months, round_up_to: month, existing: from_change}
    expiry_reminders: [30, 7, 1]
    max_balance: 10000
    debt: {allow_up_to: 500}
    min_validity_after_return: 0 days
  stamps: {}

earning_rules:
  spend:
    name: One point per euro
    point_type: points
    award: {points: 1, per: "1.00"}
    lines: 'line.category == "coffee"'
    when: "order.subtotal >= 1000"
    base: {tax: true}
    limits: [{points: 500, per: month, of: program}, {times: 3, per: day, window: rolling}]
    valid: {from: "2026-05-01", weekdays: [sat, sun], hours: "08:00-11:00"}
    hold: none
    expiry: {after: 3 months}
  double:
    multiply: "1.5"
"""

NAMES = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\ufeff"
    ),
    min_size=1,
    max_size=40,
).filter(lambda name: name.strip())


def loaded(text):
    file = read_program(text)
    apply_program(file, at=NOON)
    return Program.objects.get(slug=file.slug)


@pytest.mark.django_db
def test_a_dump_leaves_out_defaults_and_keeps_the_order():
    assert dump_program(loaded(FULL)) == FULL


@pytest.mark.django_db
def test_loading_what_was_dumped_changes_nothing():
    program = loaded(FULL)

    assert apply_program(read_program(dump_program(program)), at=NOON) == []


@pytest.mark.django_db
def test_the_data_of_a_program_is_json_that_loads_again():
    program = loaded(FULL)

    text = json.dumps(as_data(program))

    assert apply_program(read_program(text), at=NOON) == []


@pytest.mark.django_db
def test_what_is_archived_is_not_dumped():
    program = loaded(FULL)
    EarningRule.objects.filter(code="double").update(archived_at=NOON)
    PointType.objects.filter(code="stamps").update(archived_at=NOON)

    assert list(as_data(program)["earning_rules"]) == ["spend"]
    assert list(as_data(program)["point_types"]) == ["points"]


@pytest.mark.django_db
def test_a_rule_stored_in_another_form_is_dumped_in_the_normal_one():
    program = loaded(FULL)
    definition = {"award": {"points": 5, "per": None}, "exclusive": False}
    EarningRule.objects.filter(code="double").update(definition=definition)

    assert as_data(program)["earning_rules"]["double"] == {"award": {"points": 5}}


@pytest.mark.django_db
def test_a_rule_that_cannot_be_read_is_dumped_as_it_is():
    program = loaded(FULL)
    EarningRule.objects.filter(code="double").update(definition={"nonsense": 1})

    assert as_data(program)["earning_rules"]["double"] == {"on": "order", "nonsense": 1}


@pytest.mark.django_db
def test_a_program_made_without_a_file_is_dumped_and_loads_again():
    program = Program.objects.create(
        slug="a", name="A", currency="EUR", timezone="UTC", created_at=NOON
    )
    PointType.objects.create(program=program, code="p", name_one="p", name_other="p")
    publish_rules(program=program, at=NOON)

    assert apply_program(read_program(dump_program(program)), at=NOON) == []


@pytest.mark.django_db(transaction=True)
@settings(max_examples=30)
@given(program=NAMES, one=NAMES, other=NAMES, rule=NAMES)
def test_any_name_survives_a_round_trip(program, one, other, rule):
    data = {
        "version": 1,
        "program": {"slug": "s", "name": program, "currency": "EUR", "timezone": "UTC"},
        "point_types": {"p": {"name": {"one": one, "other": other}}},
        "earning_rules": {"r": {"name": rule, "award": {"points": 1}}},
    }
    file = read_program(as_yaml(data))

    assert file.data == read_program(json.dumps(data)).data
    with transaction.atomic():
        stored = loaded(as_yaml(data))
        assert read_program(dump_program(stored)).data == file.data
        transaction.set_rollback(True)


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30).filter(
        str.strip
    )
)
def test_any_text_is_written_so_that_it_is_read_back(text):
    condition = text.replace("\ufeff", "x").replace("\ufffe", "x").replace("\uffff", "x")
    data = {"version": 1, "program": {"name": condition}}

    from_yaml, from_json = as_yaml(data), json.dumps(data)

    assert name_in(from_yaml) == name_in(from_json) == condition


def name_in(text):
    _, program = read_nodes(text, name="f").entries["program"]
    return program.entries["name"][1].value
