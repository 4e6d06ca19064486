"""Publishing what staff have edited."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import InvalidInput
from loyalty.models import EarningRule, PointType, RuleSet
from loyalty.queries.programs import preview_publication
from loyalty.queries.setup import setup_of
from loyalty.rules.publication import Change
from loyalty.services.programs import publish_rules
from tests.factories import make_program

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)

pytestmark = pytest.mark.django_db


def edit_rule(program, code="spend", **columns):
    EarningRule.objects.filter(program=program, code=code).update(**columns)


def test_publishing_an_edited_rule_writes_the_next_version():
    program = make_program()
    edit_rule(program, definition={"award": {"points": 2, "per": "1.00"}})

    published = publish_rules(program=program, at=LATER)

    assert (published.version, published.published_at) == (2, LATER)
    assert published.content["rules"]["spend"]["award"]["points"] == 2


def test_publishing_makes_every_process_read_the_program_anew():
    program = make_program()
    before = setup_of(program)
    PointType.objects.filter(program=program).update(max_balance=500)

    assert publish_rules(program=program, at=LATER) is None

    assert before.point_types["points"].max_balance is None
    assert setup_of(program).point_types["points"].max_balance == 500


def test_publishing_a_rule_that_cannot_be_used_is_refused_and_publishes_nothing():
    program = make_program()
    revision = program.revision
    edit_rule(program, definition={"award": {"points": 1}, "when": "order.subtotl > 1"})

    with pytest.raises(InvalidInput) as caught:
        publish_rules(program=program, at=LATER)

    [problem] = caught.value.problems
    assert (problem.pointer, problem.code) == ("/rules/spend/when", "unknown_name")
    program.refresh_from_db()
    assert program.revision == revision
    assert RuleSet.objects.filter(program=program).count() == 1


def test_an_archived_rule_is_not_published():
    program = make_program()
    edit_rule(program, archived_at=NOON)

    assert publish_rules(program=program, at=LATER).content["rules"] == {}


def test_a_preview_says_what_publishing_would_change():
    program = make_program(
        rules={
            "spend": {"award": {"points": 1, "per": "1.00"}},
            "review": {"on": "review", "award": {"points": 5}},
        }
    )
    edit_rule(program, definition={"award": {"points": 2, "per": "1.00"}})
    edit_rule(program, "review", archived_at=NOON)
    EarningRule.objects.create(
        program=program, code="visit", on="visit", definition={"award": {"points": 1}}
    )
    PointType.objects.filter(program=program).update(hold={"days": 3})

    assert preview_publication(program) == [
        Change("update", "point_types.points.hold", "none", {"days": 3}),
        Change(
            "update",
            "earning_rules.spend.award",
            {"points": 1, "per": "1.00"},
            {"points": 2, "per": "1.00"},
        ),
        Change("create", "earning_rules.visit", None, {"on": "visit", "award": {"points": 1}}),
        Change(
            "archive", "earning_rules.review", {"on": "review", "award": {"points": 5}}, None
        ),
    ]


def test_a_preview_of_what_is_published_is_empty():
    program = make_program(rules={"b": {"award": {"points": 1}}, "a": {"multiply": 2}})

    assert preview_publication(program) == []


def test_a_change_is_written_as_the_contract_has_it():
    change = Change("update", "earning_rules.spend.award", None, {"points": 1})

    assert change.as_dict() == {
        "action": "update",
        "path": "earning_rules.spend.award",
        "from": None,
        "to": {"points": 1},
    }
