"""Editing a rule: every key has its field, and every mistake its place."""

from pathlib import Path

import pytest
from django.urls import reverse

from engine.program_file import read_program
from engine.program_file.apply import apply_program
from loyalty.admin.rule_form import EarningRuleForm
from loyalty.models import EarningRule, Entry, RuleSet
from tests.factories import (
    NOON,
    SPEND,
    change_rules,
    make_member,
    make_program,
    state_event,
    state_order,
)
from tests.house.source import ROOT
from tests.loyalty.admin.conftest import listing, page, text_of

FILES = sorted(Path(ROOT, "seeds/programs").rglob("*.yaml"))

# A rule that says everything that can be said, as a browser and as the file has it.
EVERY_FIELD = {
    "code": "mornings",
    "name": "Early birds",
    "on": "order",
    "point_type": "points",
    "award_kind": "per",
    "award_points": "1.5",
    "award_per": "2.00",
    "award_whole_steps": "on",
    "when": 'order.channel == "web"',
    "lines": 'line.category == "coffee"',
    "valid_from": "2026-05-01",
    "valid_until": "2026-06-01",
    "valid_weekdays": ["sat", "sun"],
    "valid_hours": "08:00-11:00",
    "base_tax": "on",
    "order_discounts": "ignore",
    "rounding": "half_up",
    "round_per": "line",
    "round_base": "floor",
    "multipliers": "false",
    "group": "early",
    "priority": "5",
    "exclusive": "on",
    "limits": "[{points: 500, per: month}]",
    "hold": "{days: 7}",
    "expiry": "{after: 3 months}",
}
EVERY_KEY = {
    "name": "Early birds",
    "on": "order",
    "point_type": "points",
    "award": {"points": "1.5", "per": "2.00", "whole_steps": True},
    "when": 'order.channel == "web"',
    "lines": 'line.category == "coffee"',
    "valid": {
        "from": "2026-05-01",
        "until": "2026-06-01",
        "weekdays": ["sat", "sun"],
        "hours": "08:00-11:00",
    },
    "base": {"tax": True},
    "order_discounts": "ignore",
    "rounding": "half_up",
    "round_per": "line",
    "round_base": "floor",
    "multipliers": False,
    "tier_multiplier": False,
    "group": "early",
    "priority": 5,
    "exclusive": True,
    "limits": [{"points": 500, "per": "month"}],
    "hold": {"days": 7},
    "expiry": {"after": "3 months"},
}


def posted(rule, **changes):
    """Return what the browser posts for a rule's page, with some fields changed."""
    form = EarningRuleForm(instance=rule)
    values = {bound.html_name: bound.value() for bound in form}
    values |= changes
    return {key: value for key, value in values.items() if value not in (None, False, "")}


def errors_of(response):
    return {name: list(texts) for name, texts in response.context["adminform"].errors.items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_that_is_saved_as_it_is_stays_as_it_is(staff, path):
    file = read_program(path.read_text(), name=path.name)
    apply_program(file, at=NOON)
    rules = list(EarningRule.objects.live().select_related("program"))
    before = {rule.code: rule.form() for rule in rules}

    for rule in rules:
        answer = staff.post(page(rule), posted(rule))
        assert answer.status_code == 302, errors_of(answer)

    after = {rule.code: rule.form() for rule in EarningRule.objects.live()}
    assert after == before
    assert list(after) == list(before)


def test_what_is_saved_is_a_draft_and_earns_nothing(staff):
    program = make_program()
    rule = program.earning_rules.get(code="spend")

    staff.post(page(rule), posted(rule, award_points="2"))

    rule.refresh_from_db()
    assert rule.definition == {"award": {"points": 2, "per": "1.00"}}
    assert RuleSet.objects.count() == 1
    make_member(program)
    assert state_order(program, amount=1000).body["points"][0]["target"] == 10


def test_saving_leads_to_publishing(staff):
    program = make_program()
    rule = program.earning_rules.get(code="spend")

    answer = staff.post(page(rule), posted(rule, award_points="2"), follow=True)

    assert reverse("admin:loyalty_program_publish", args=[program.pk]) in text_of(answer)
    assert "1 change not published yet" in text_of(answer)


def test_a_rule_is_added_with_every_field_that_there_is(staff):
    program = make_program()

    staff.post(reverse("admin:loyalty_earningrule_add"), {"program": program.pk} | EVERY_FIELD)

    assert EarningRule.objects.get(code="mornings").form() == EVERY_KEY


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"when": "order.subtotl >= 10"}, "when", "did you mean order.subtotal"),
        ({"when": "order.subtotal >= 10 and"}, "when", "line 1, column"),
        ({"lines": "order.subtotal >= '1'"}, "lines", "line 1, column"),
        ({"award_per": "0.001"}, "award_per", "more decimals than EUR"),
        ({"award_points": "many"}, "award_points", "number"),
        ({"award_points": ""}, "award_points", "needs it"),
        ({"award_kind": "bands", "award_bands": "[{from: '1.00'}]"}, "award_bands", "missing"),
        ({"award_kind": "points_from", "award_points_from": "order.subtotl"},
         "award_points_from", "did you mean order.subtotal"),
        ({"award_kind": "multiply", "multiply": ""}, "multiply", "needs it"),
        ({"valid_from": "1 May"}, "valid_from", "1 May"),
        ({"valid_from": "2026-05-02", "valid_until": "2026-05-01"},
         "valid_until", "ends before"),
        ({"valid_hours": "8-11"}, "valid_hours", "08:00-11:00"),
        ({"limits": "[{times: 1}]"}, "limits", "number 1: 'per' is missing"),
        ({"limits": "[{times: 1, per: fortnight}]"}, "limits", "number 1, per: "),
        ({"limits": "[{times: 1, per: day"}, "limits", "line 1"),
        ({"limits": "&a [*a]"}, "limits", "Write it out"),
        ({"limits": "[" * 3000}, "limits", "too deep"),
        ({"hold": "{days: -1}"}, "hold", "days: expected 0 to"),
        ({"hold": "for ever"}, "hold", "neither"),
        ({"expiry": "{after: 3 moons}"}, "expiry", "after: "),
        ({"known_for": "30 days"}, "known_for", "birthdays"),
        ({"on": "Order Placed", "award_kind": "points"}, "on", "expected order"),
        ({"priority": "9999999"}, "priority", "expected"),
        ({"group": "x y"}, "group", "letters, digits, - and _"),
        ({"name": "Sp\x01end"}, "name", "the character U+0001"),
        ({"award_kind": "points", "award_points": "1000000000000001"},
         "award_points", "expected 0 to 1000000000000000"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(staff, changes, field, said):
    program = make_program()
    rule = program.earning_rules.get(code="spend")
    before = rule.form()

    answer = staff.post(page(rule), posted(rule, **changes))

    assert list(errors_of(answer)) == [field]
    assert said in " ".join(errors_of(answer)[field])
    rule.refresh_from_db()
    assert rule.form() == before


def test_another_rule_that_is_broken_does_not_stand_in_the_way(staff):
    program = make_program(rules={"spend": SPEND, "broken": SPEND})
    EarningRule.objects.filter(code="broken").update(definition={"award": {"points": "x"}})
    rule = program.earning_rules.get(code="spend")

    assert staff.post(page(rule), posted(rule, award_points="2")).status_code == 302


def test_what_a_condition_may_name_stands_beside_it(staff):
    rule = make_program().earning_rules.get(code="spend")

    text = text_of(staff.get(page(rule)))

    for name in ("order.subtotal", "line.category", "member.orders_count", "event.type"):
        assert f"<code>{name}</code>" in text
    assert "order.subtotal &gt;= 1000" in text


def trial_of(staff, rule, **changes):
    address = reverse("admin:loyalty_earningrule_try", args=[rule.pk])
    return staff.post(address, posted(rule, **changes))


def test_trying_a_rule_tells_what_the_last_orders_would_earn_and_saves_nothing(staff):
    program = make_program()
    make_member(program)
    state_order(program, "small", amount=900)
    state_order(program, "large", amount=4750)
    rule = program.earning_rules.get(code="spend")
    entries = Entry.objects.count()

    tried = trial_of(staff, rule, award_points="2", when="order.subtotal >= 1000")

    rows = [row[3:] for row in tried.context["panel"].rows]
    assert rows == [
        ("95 points", "95 points = €47.50 ÷ €1.00 {} 2.".format("\N{MULTIPLICATION SIGN}")),
        ("nothing", "Its condition did not hold. It asks for order.subtotal >= 1000"),
    ]
    rule.refresh_from_db()
    assert rule.definition == {"award": {"points": 1, "per": "1.00"}}
    assert Entry.objects.count() == entries


def test_trying_looks_at_the_last_20_orders_only(staff):
    program = make_program()
    make_member(program)
    for number in range(22):
        state_order(program, f"o-{number}", amount=100)

    tried = trial_of(staff, program.earning_rules.get(code="spend"))

    assert len(tried.context["panel"].rows) == 20
    assert "o-21" in tried.context["panel"].rows[0][0]


def test_trying_asks_anew_what_nobody_had_asked_when_the_orders_were_frozen(staff):
    program = make_program()
    make_member(program)
    state_order(program, "first", amount=1000)
    state_order(program, "second", amount=1000, paid_at="2026-05-04T11:59:59Z",
                placed_at="2026-05-04T11:59:59Z")  # fmt: skip
    state_order(program, "third", amount=1000)

    tried = trial_of(staff, program.earning_rules.get(code="spend"), when="order.is_first")

    matched = [row[0] for row in tried.context["panel"].rows if row[3] == "10 points"]
    assert len(matched) == 1
    assert "second" in matched[0]


def test_trying_a_rule_about_events_looks_at_events_of_that_type(staff):
    review = {"on": "review", "award": {"points_from": "event.properties.stars"}}
    program = make_program(rules={"review": review})
    make_member(program)
    state_event(program, "e-1", type="review", properties={"stars": 4})
    state_event(program, "e-2", type="visit")

    tried = trial_of(staff, program.earning_rules.get(code="review"), award_times="10")

    assert [row[2] for row in tried.context["panel"].rows] == ["40 points"]


def test_a_new_rule_can_be_tried_before_it_is_there(staff):
    program = make_program()
    make_member(program)
    state_order(program, amount=1000)
    new = {"program": program.pk, "code": "new", "on": "order", "award_kind": "points",
           "award_points": "7"}  # fmt: skip

    tried = staff.post(reverse("admin:loyalty_earningrule_try_new"), new)

    assert [row[3] for row in tried.context["panel"].rows] == ["7 points"]
    assert not EarningRule.objects.filter(code="new").exists()


def test_trying_a_rule_that_does_not_compile_tells_why(staff):
    rule = make_program().earning_rules.get(code="spend")

    tried = trial_of(staff, rule, when="order.subtotl >= 1")

    assert tried.context["panel"] is None
    assert "did you mean order.subtotal?" in text_of(tried)


def test_an_archived_rule_leaves_the_list_and_comes_back(staff):
    program = make_program(rules={"spend": SPEND, "extra": SPEND})
    rule = program.earning_rules.get(code="extra")
    archive = reverse("admin:loyalty_earningrule_archive", args=[rule.pk])

    staff.post(archive)
    assert list(EarningRule.objects.live().values_list("code", flat=True)) == ["spend"]
    assert page(rule) not in text_of(staff.get(listing(EarningRule)))
    assert page(rule) in text_of(staff.get(listing(EarningRule, state="archived")))

    staff.post(archive)
    assert list(EarningRule.objects.live().values_list("code", flat=True)) == [
        "spend",
        "extra",
    ]


def test_a_rule_that_was_published_by_file_and_then_archived_goes_on_until_publishing(staff):
    program = make_program()
    rule = program.earning_rules.get(code="spend")
    staff.post(reverse("admin:loyalty_earningrule_archive", args=[rule.pk]))
    make_member(program)

    assert state_order(program, "1", amount=1000).body["points"][0]["target"] == 10
    change_rules(program, {})
    assert state_order(program, "2", amount=1000).body["points"] == []
