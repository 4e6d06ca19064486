"""Why did I get 47 points? And why did I get none?"""

import pytest

from loyalty.models import Decision, Entry
from tests.factories import (
    SPEND,
    give_points,
    make_member,
    make_program,
    pass_time,
    refund_order,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db


def outcome_of(fact_id="1001"):
    return Decision.objects.filter(fact_id=fact_id).latest("id").outcome


def why(rule, outcome):
    (told,) = [one for one in outcome["rules"] if one["rule"] == rule]
    return told


def test_an_entry_names_its_decision():
    program = make_program()
    make_member(program)

    answer = state_order(program)

    assert f"dec_{Entry.objects.get().decision_id}" == answer.body["decision"]


def test_a_rule_that_matched_tells_its_base_and_what_it_gave():
    program = make_program()
    make_member(program)

    state_order(program, amount=4799)

    told = why("spend", outcome_of())
    assert (told["matched"], told["base"], told["desired"], told["given"]) == (
        True,
        4799,
        47,
        47,
    )


def test_a_rule_whose_condition_does_not_hold_is_told_as_well():
    big = SPEND | {"when": "order.subtotal >= 10000"}
    program = make_program(rules={"spend": SPEND, "big": big})
    make_member(program)

    state_order(program, amount=5000)

    told = why("big", outcome_of())
    assert (told["matched"], told["given"]) == (False, 0)
    assert told["why_not"]


def test_a_multiplier_that_acted_is_named_with_the_award():
    program = make_program(rules={"spend": SPEND, "double": {"on": "order", "multiply": 2}})
    make_member(program)

    state_order(program)

    assert [m["reason"] for m in why("spend", outcome_of())["multipliers"]] == ["double"]


def test_what_a_limit_took_away_is_told():
    capped = SPEND | {"limits": [{"points": 30, "per": "day"}]}
    program = make_program(rules={"spend": capped})
    make_member(program)

    state_order(program, amount=5000)

    points = outcome_of()["points"]["points"]
    assert (points["desired"], points["target"], points["limited_by"]) == (50, 30, "spend")


def test_an_order_that_is_not_paid_is_worth_nothing():
    program = make_program()
    make_member(program)

    state_order(program, status="pending")

    assert outcome_of()["why_nothing"] == "order_pending"


def test_a_program_without_rules_says_so():
    program = make_program(rules={})
    make_member(program)

    answer = state_order(program)

    assert answer.body["points"] == []
    assert outcome_of()["rules"] == []


def test_an_order_that_waits_says_so():
    program = make_program()

    state_order(program, member="nobody")

    assert outcome_of()["waiting"]


def test_a_refund_tells_what_it_took_and_what_was_there():
    program = make_program()
    make_member(program)
    state_order(program, amount=5000)

    refund_order(program, amount=2000)

    points = outcome_of()["points"]["points"]
    assert (points["previous"], points["target"], points["delta"]) == (50, 30, -20)


def test_a_refund_tells_what_had_expired_already():
    program = make_program(points={"expiry": {"after": "10 days"}})
    make_member(program)
    state_order(program, amount=5000)
    pass_time(program, days=10)

    refund_order(program, amount=2000)

    assert outcome_of()["points"]["points"]["already_expired"] == 20


def test_a_refund_tells_what_was_forgiven():
    program = make_program(points={"debt": "clamp"})
    ada = make_member(program)
    state_order(program, amount=5000)
    give_points(ada, -50)

    refund_order(program, amount=2000)

    assert outcome_of()["points"]["points"]["forgiven"] == 20


def test_a_refund_that_asked_for_too_much_tells_what_was_clamped():
    program = make_program()
    make_member(program)
    state_order(program, amount=5000)

    refund_order(program, amount=6000)

    assert outcome_of()["clamped"] == 1000


def test_an_event_that_no_rule_listens_to_leaves_a_decision():
    program = make_program()
    make_member(program)

    state_event(program, "e-1", type="visit")

    assert outcome_of("e-1")["rules"] == []


def test_a_decision_keeps_the_statement():
    program = make_program()
    make_member(program)

    state_order(program, amount=5000, channel="web")

    statement = Decision.objects.get(fact_id="1001").statement
    assert (statement["member"], statement["channel"]) == ("ada", "web")
