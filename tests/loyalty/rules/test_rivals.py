"""Several rules: they add up, unless a group or an exclusive rule says otherwise."""

from tests.loyalty.rules.bodies import judge, order, why_not


def gives(points, **rule):
    return {"award": {"points": points}} | rule


def test_rules_add_up():
    assert judge({"a": gives(10), "b": gives(5)}, order()).totals() == {"points": 15}


def test_of_a_group_only_the_best_counts():
    rules = {"a": gives(10, group="g"), "b": gives(15, group="g"), "c": gives(1)}

    evaluation = judge(rules, order())

    assert evaluation.totals() == {"points": 16}
    assert why_not(evaluation) == {"a": "group_beaten:b"}


def test_of_equals_in_a_group_the_higher_priority_counts():
    rules = {"a": gives(10, group="g"), "b": gives(10, group="g", priority=1)}

    assert why_not(judge(rules, order())) == {"a": "group_beaten:b"}


def test_of_equals_in_a_group_with_one_priority_the_first_code_counts():
    rules = {"b": gives(10, group="g"), "a": gives(10, group="g")}

    assert why_not(judge(rules, order())) == {"b": "group_beaten:a"}


def test_a_rule_of_a_group_that_gives_nothing_beats_nobody():
    rules = {"a": gives(0, group="g", priority=1), "b": gives(0, group="g")}

    assert why_not(judge(rules, order())) == {"a": "zero", "b": "zero"}


def test_groups_of_different_point_types_do_not_meet():
    rules = {"a": gives(10, group="g"), "b": gives(99, group="g", point_type="miles")}
    types = {"point_types": {"points": {}, "miles": {}}, "default_point_type": "points"}

    assert judge(rules, order(), **types).totals() == {"points": 10, "miles": 99}


def test_an_exclusive_rule_silences_the_rest():
    rules = {"only": gives(5, exclusive=True), "a": gives(10), "z": gives(20)}

    evaluation = judge(rules, order())

    assert evaluation.totals() == {"points": 5}
    assert why_not(evaluation) == {"a": "silenced_by:only", "z": "silenced_by:only"}


def test_an_exclusive_rule_does_not_silence_rules_of_higher_priority():
    rules = {"only": gives(5, exclusive=True), "first": gives(10, priority=1), "a": gives(1)}

    evaluation = judge(rules, order())

    assert evaluation.totals() == {"points": 15}
    assert why_not(evaluation) == {"a": "silenced_by:only"}


def test_an_exclusive_rule_that_does_not_match_silences_nobody():
    rules = {
        "only": gives(5, exclusive=True, when="order.subtotal >= 999999"),
        "a": gives(10),
    }

    assert judge(rules, order()).totals() == {"points": 10}


def test_an_exclusive_rule_that_gives_nothing_silences_nobody():
    rules = {"only": gives(0, exclusive=True), "a": gives(10)}

    assert judge(rules, order()).totals() == {"points": 10}


def test_an_exclusive_rule_silences_only_its_own_point_type():
    rules = {"only": gives(5, exclusive=True), "fly": gives(7, point_type="miles")}
    types = {"point_types": {"points": {}, "miles": {}}, "default_point_type": "points"}

    assert judge(rules, order(), **types).totals() == {"points": 5, "miles": 7}


def test_of_two_exclusive_rules_the_first_asked_counts():
    rules = {"a": gives(5, exclusive=True), "b": gives(9, exclusive=True, priority=1)}

    assert why_not(judge(rules, order())) == {"a": "silenced_by:b"}


def test_an_exclusive_rule_that_its_group_beats_silences_nobody():
    rules = {
        "first": gives(20, group="g", priority=2),
        "only": gives(5, group="g", priority=1, exclusive=True),
        "a": gives(3),
    }

    evaluation = judge(rules, order())

    assert evaluation.totals() == {"points": 23}
    assert why_not(evaluation) == {"only": "group_beaten:first"}


def test_a_silenced_rule_beats_nobody_in_its_group():
    rules = {
        "first": gives(10, group="g", priority=2),
        "only": gives(5, priority=1, exclusive=True),
        "last": gives(20, group="g"),
    }

    evaluation = judge(rules, order())

    assert evaluation.totals() == {"points": 15}
    assert why_not(evaluation) == {"last": "silenced_by:only"}


def test_rules_are_asked_by_priority_then_exclusive_ones_then_by_code():
    rules = {
        "b": gives(1),
        "a": gives(1),
        "x": gives(1, exclusive=True),
        "z": gives(1, priority=1),
        "m": {"multiply": 2},
    }

    codes = [each.code for each in judge(rules, order()).outcomes]

    assert codes == ["m", "z", "x", "a", "b"]
