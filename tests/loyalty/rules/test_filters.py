"""Conditions on lines, and what those that ask for one text remember."""

from loyalty.rules.filters import MOST_REMEMBERED
from tests.loyalty.rules.bodies import line, order, points_of_rule, rule_set


def per_item(condition):
    return {"award": {"points": 1, "per_item": True}, "lines": condition}


def filter_of(condition):
    (rule,) = rule_set({"rule": per_item(condition)}).on("order").awards
    return rule.counting.lines


class Asked:
    """Lines of an order that count how often they are handed out to be asked."""

    def __init__(self, *skus):
        self.places = range(len(skus))
        self.skus = [*skus]
        self.times = 0

    def column(self, field):
        return self.skus

    def scopes(self):
        self.times += 1
        return [{"line": {"sku": sku}} for sku in self.skus]


def test_the_same_text_is_asked_about_once():
    tea = filter_of('line.sku == "tea"')
    first, second = Asked("tea", "milk"), Asked("milk", "tea", "tea")

    assert tea.matching(first) == (0,)
    assert tea.matching(second) == (1, 2)
    assert (first.times, second.times) == (1, 0)


def test_a_text_that_is_new_is_asked_about():
    tea = filter_of('line.sku == "tea"')

    assert tea.matching(Asked("milk")) == ()
    assert tea.matching(Asked("milk", "tea")) == (1,)


def test_what_is_remembered_does_not_grow_for_ever():
    tea = filter_of('line.sku == "tea"')
    for number in range(MOST_REMEMBERED):
        tea.matching(Asked(str(number)))

    last = Asked("new")
    tea.matching(last)
    again = Asked("0")
    tea.matching(again)

    assert (last.times, again.times) == (1, 1)


def test_a_condition_on_more_than_a_text_is_asked_every_time():
    body = order(line("1", sku="tea"), line("2", sku="tea", quantity=2))
    rule = per_item('line.sku == "tea" and line.quantity >= 2')

    assert points_of_rule(rule, body) == 2


def test_a_condition_on_numbers_is_asked_every_time():
    dear = filter_of("line.unit_price >= 1000")
    prices = Asked()
    prices.scopes = lambda: [{"line": {"unit_price": 1000}}]
    prices.places = range(1)

    assert dear.matching(prices) == (0,)
