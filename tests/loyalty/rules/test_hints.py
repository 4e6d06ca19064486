"""What a little more in the cart would earn."""

from loyalty.rules.hints import hints
from loyalty.rules.orders import order_facts
from tests.loyalty.rules.bodies import NOON, line, order, rule_set


def hinted(rules, body, member=None, **given):
    return hints(rule_set(rules), order_facts(body), at=NOON, member=member or {}, **given)


def test_a_rule_for_larger_orders_says_what_is_missing():
    rules = {"bonus": {"award": {"points": 100}, "when": "order.subtotal >= 5000"}}

    assert hinted(rules, order(line(unit_price=3750))) == [
        {
            "rule": "bonus",
            "point_type": "points",
            "missing": 1250,
            "points": 100,
            "text": "Spend €12.50 more for 100 more points",
        }
    ]


def test_a_hint_speaks_of_money_as_the_locale_does():
    rules = {"bonus": {"award": {"points": 1}, "when": "order.subtotal >= 5000"}}

    (hint,) = hinted(rules, order(line(unit_price=3750)), locale="de")

    assert hint["text"] == "Spend 12,50\N{NO-BREAK SPACE}€ more for 1 more point"


def missing(when, body):
    rules = {"bonus": {"award": {"points": 100}, "when": when}}
    return [hint["missing"] for hint in hinted(rules, body)]


def test_thresholds_are_understood_however_they_are_written():
    body = order(line(unit_price=3750))

    assert missing("order.subtotal > 5000", body) == [1251]
    assert missing("5000 <= order.subtotal", body) == [1250]
    assert missing("5000 < order.subtotal", body) == [1251]


def test_the_total_counts_tax_and_shipping_that_are_there_already():
    body = order(line(unit_price=3750), tax=500, shipping=250)

    assert missing("order.total >= 5000", body) == [500]


def test_of_several_thresholds_the_one_that_makes_it_hold_counts():
    body = order(line(unit_price=3750))

    assert missing("order.subtotal >= 4000 and order.subtotal >= 5000", body) == [1250]
    assert missing("order.subtotal >= 4000 or order.subtotal >= 5000", body) == [250]


def test_nothing_is_promised_where_more_money_would_not_do():
    body = order(line(unit_price=3750))

    assert missing('order.subtotal >= 5000 and order.channel == "app"', body) == []
    assert missing("order.subtotal >= 5000 and order.subtotal < 5000", body) == []
    assert missing("order.subtotal >= 9000000000000000000", body) == []
    assert missing("not order.subtotal < 5000", body) == []


def test_an_award_by_amount_counts_what_would_be_spent():
    rules = {"bonus": {"award": {"points": 2, "per": "1.00"}, "when": "order.subtotal >= 5000"}}

    (hint,) = hinted(rules, order(line(unit_price=3750)))

    assert (hint["missing"], hint["points"]) == (1250, 100)


def test_full_steps_say_how_far_the_next_is():
    rules = {"steps": {"award": {"points": 5, "per": "10.00", "whole_steps": True}}}

    (hint,) = hinted(rules, order(line(unit_price=3750)))

    assert (hint["missing"], hint["points"]) == (250, 5)


def test_bands_say_how_far_the_next_is():
    rules = {"bands": {"award": {"bands": [{"from": "50.00", "points": 2, "per": "1.00"}]}}}

    (hint,) = hinted(rules, order(line(unit_price=3750)))

    assert (hint["missing"], hint["points"]) == (1350, 2)


def test_a_rule_about_some_goods_gives_no_hint_about_any_goods():
    rules = {
        "steps": {
            "award": {"points": 5, "per": "10.00", "whole_steps": True},
            "lines": 'line.sku == "SKU-1"',
        }
    }

    assert hinted(rules, order(line(unit_price=3750))) == []


def test_included_tax_does_not_lead_a_hint_astray():
    body = order(line(unit_price=4760), tax=760, tax_included=True, shipping=0)

    assert missing("order.subtotal >= 5000", body) == [1000]


def test_a_silenced_rule_gives_no_hint():
    rules = {
        "only": {"award": {"points": 10}, "exclusive": True},
        "bonus": {"award": {"points": 100}, "when": "order.subtotal >= 5000"},
    }

    assert hinted(rules, order(line(unit_price=3750))) == []


def test_the_nearest_comes_first():
    rules = {
        "far": {"award": {"points": 100}, "when": "order.subtotal >= 9000"},
        "near": {"award": {"points": 10}, "when": "order.subtotal >= 4000"},
    }

    assert [hint["rule"] for hint in hinted(rules, order())] == ["near", "far"]
