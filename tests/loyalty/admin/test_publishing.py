"""Publishing: first what changes, and for whom; then just that."""

from django.urls import reverse

from core.staff import DASH
from loyalty.models import EarningRule, RuleSet
from tests.factories import (
    SPEND,
    change_rules,
    make_member,
    make_program,
    pass_time,
    state_order,
)
from tests.loyalty.admin.conftest import page, text_of
from tests.loyalty.admin.test_rules import posted


def publish_page(program):
    return reverse("admin:loyalty_program_publish", args=[program.pk])


def edit(staff, program, code="spend", **changes):
    rule = program.earning_rules.get(code=code)
    answer = staff.post(page(rule), posted(rule, **changes))
    assert answer.status_code == 302


def test_the_preview_tells_what_changes_from_what_to_what(staff):
    program = make_program(rules={"spend": SPEND, "extra": SPEND})
    edit(staff, program, award_points="2")
    extra = program.earning_rules.get(code="extra")
    staff.post(reverse("admin:loyalty_earningrule_archive", args=[extra.pk]))

    changes = staff.get(publish_page(program)).context["changes"].rows

    assert changes == [
        (
            "update",
            "earning_rules.spend.award",
            '{points: 1, per: "1.00"}',
            '{points: 2, per: "1.00"}',
        ),
        (
            "archive",
            "earning_rules.extra",
            '{on: order, award: {points: 1, per: "1.00"}}',
            DASH,
        ),
    ]


def test_the_preview_tells_what_the_last_orders_would_earn(staff):
    program = make_program()
    make_member(program)
    state_order(program, "1", amount=1050)
    state_order(program, "2", amount=2000)
    edit(staff, program, award_points="2")

    rows = staff.get(publish_page(program)).context["effect"].rows

    assert [row[2:] for row in rows] == [(20, 40, "+20"), (10, 21, "+11"), (30, 61, "+31")]


def test_looking_at_the_preview_publishes_nothing(staff):
    program = make_program()
    edit(staff, program, award_points="2")

    staff.get(publish_page(program))

    assert RuleSet.objects.filter(program=program).count() == 1


def test_publishing_counts_for_orders_from_then_on(staff):
    program = make_program()
    make_member(program)
    state_order(program, "before", amount=1000)
    pass_time(program, hours=1)
    program.refresh_from_db()
    edit(staff, program, award_points="2")
    seen = staff.get(publish_page(program)).context["seen"]

    staff.post(publish_page(program), {"seen": seen})

    program.refresh_from_db()
    assert program.rule_sets.get(version=2).published_at == program.now()
    assert state_order(program, "after", amount=1000).body["points"][0]["target"] == 20
    assert state_order(program, "before", amount=2000).body["points"][0]["target"] == 20


def test_what_somebody_changed_meanwhile_is_not_published_unseen(staff):
    program = make_program()
    edit(staff, program, award_points="2")
    seen = staff.get(publish_page(program)).context["seen"]
    edit(staff, program, award_points="1000")

    answer = staff.post(publish_page(program), {"seen": seen})

    assert "Look again" in text_of(answer)
    assert RuleSet.objects.filter(program=program).count() == 1


def test_rules_that_cannot_be_used_are_named_and_not_published(staff):
    program = make_program()
    EarningRule.objects.update(definition={"award": {"points": 1, "per": "1.00"}, "when": "1"})
    seen = staff.get(publish_page(program)).context["seen"]

    text = text_of(staff.get(publish_page(program)))
    staff.post(publish_page(program), {"seen": seen})

    assert "These rules cannot be used yet" in text
    assert page(program.earning_rules.get()) in text
    assert "when: " in text
    assert RuleSet.objects.filter(program=program).count() == 1


def test_a_page_with_nothing_to_publish_has_no_button(staff):
    program = make_program()

    text = text_of(staff.get(publish_page(program)))

    assert "Nothing: the rules are published as they stand." in text
    assert 'name="seen"' not in text


def test_a_new_point_type_policy_is_among_what_is_published(staff):
    program = make_program()
    points = program.point_types.get()
    form = {
        "name_one": "point",
        "name_other": "points",
        "kind": "spendable",
        "value": "0.01",
        "decimals": "0",
        "hold": "{days: 14}",
        "expiry": "",
        "spend_order": "soonest_expiry",
        "debt": "",
        "restore_on_refund": "prorated",
        "min_validity_after_return": "14 days",
    }

    staff.post(page(points), form)

    changes = staff.get(publish_page(program)).context["changes"].rows
    assert changes == [("update", "point_types.points.hold", "none", "{days: 14}")]


def test_publishing_the_same_again_makes_no_new_version(staff):
    program = make_program()
    change_rules(program, {"spend": SPEND})
    seen = staff.get(publish_page(program)).context["seen"]

    staff.post(publish_page(program), {"seen": seen})

    assert RuleSet.objects.filter(program=program).count() == 1
