"""What holds of every order, every refund and every rule set."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from loyalty.rules.lines import Switches
from loyalty.rules.multipliers import Bonus
from loyalty.rules.orders import order_facts
from tests.loyalty.rules import oracle
from tests.loyalty.rules.bodies import judge, points_of_rule, refund
from tests.loyalty.rules.strategies import (
    amounts,
    bonuses,
    orders,
    plain_orders,
    refunds,
    rule_sets,
)

EVERYTHING = Switches(*[True] * 5, ignore_discounts=False)
PER_EURO = {"award": {"points": 1, "per": "1.00"}, "base": {"gift_card_products": True}}


def outcomes(rules, body, posted=(), bonuses=()):
    given = [Bonus("tier", Decimal(bonus)) for bonus in bonuses]
    evaluation = judge(rules, body, refunds=posted, bonuses=given)
    return {each.code: each.desired for each in evaluation.awards}


@given(rule_sets(), orders(), refunds(), bonuses)
def test_rules_give_what_the_book_says(rules, body, posted, brought):
    expected = oracle.earned(rules, body, posted, brought)

    assert outcomes(rules, body, posted, brought) == expected


@given(orders(), refunds())
def test_an_order_stands_as_the_book_says(body, posted):
    facts = order_facts(body, posted)

    *lines, shipping = oracle.lines_of(body, posted)
    assert [(each.units, each.amount, each.tax) for each in facts.lines] == [
        (each["units"], each["amount"], each["tax"]) for each in lines
    ]
    assert (facts.shipping.amount, facts.shipping.tax) == (shipping["amount"], shipping["tax"])


@given(orders(), refunds())
def test_parts_add_up_to_their_whole(body, posted):
    facts = order_facts(body, posted)

    assert sum(each.amount for each in facts.lines) == facts.subtotal
    assert sum(each.tax for each in facts.lines) + facts.shipping.tax == facts.tax
    assert facts.subtotal + facts.tax + facts.shipping.amount == facts.total


@given(plain_orders(), refunds())
def test_goods_are_what_was_bought_less_what_went_back(body, posted):
    facts = order_facts(body, posted)

    assert facts.subtotal == facts.goods_after_discounts - facts.refunded_goods


@given(plain_orders(), st.lists(amounts))
def test_money_that_is_asked_back_is_given_or_clamped(body, asked):
    facts = order_facts(body, [refund(amount=amount) for amount in asked])

    assert facts.refunded_goods + facts.clamped == sum(asked)


@given(orders(), refunds())
def test_counted_with_everything_the_base_is_the_total(body, posted):
    # Where an included tax is greater than the price, there is nothing to add up.
    assume(not body["tax_included"])
    facts = order_facts(body, posted)

    bases = facts.bases(EVERYTHING)
    assert sum(bases.lines) + bases.shipping == facts.total


@given(orders(), refunds(), st.randoms())
def test_the_order_in_which_refunds_come_does_not_matter(body, posted, random):
    shuffled = [*posted]
    random.shuffle(shuffled)

    assert order_facts(body, shuffled).lines == order_facts(body, posted).lines


@given(orders(), refunds())
def test_refunds_may_be_split_at_will(body, posted):
    split = []
    for each in posted:
        split += [refund(amount=each["amount"] // 2)]
        split += [refund(amount=each["amount"] - each["amount"] // 2)]
        for part in each["lines"]:
            split += [refund(**{f"_{part['id']}": 1})] * part["quantity"]

    whole, parts = order_facts(body, posted), order_facts(body, split)
    assert parts.lines == whole.lines
    assert parts.clamped == whole.clamped


@given(orders(), refunds())
def test_refunds_may_be_stated_or_posted(body, posted):
    lines = []
    for each in body["lines"]:
        units = sum(
            part["quantity"] for r in posted for part in r["lines"] if part["id"] == each["id"]
        )
        each["refunded_amount"] = None
        lines.append(each | {"refunded_quantity": each["refunded_quantity"] + units})
    money = body["refunded_amount"] + sum(each["amount"] for each in posted)
    stated = body | {"lines": lines, "refunded_amount": money}

    assert order_facts(stated).lines == order_facts(body, posted).lines
    assert order_facts(stated).clamped == order_facts(body, posted).clamped


@given(plain_orders(), refunds(), refunds())
def test_a_further_refund_never_earns_more(body, posted, further):
    before = points_of_rule(PER_EURO, body, refunds=posted)
    after = points_of_rule(PER_EURO, body, refunds=posted + further)

    assert after <= before


@given(plain_orders())
def test_an_order_given_back_whole_earns_nothing(body):
    posted = [refund(**{f"_{each['id']}": each["quantity"] for each in body["lines"]})]

    assert points_of_rule({"award": {"points": 100}}, body, refunds=posted) == 0
    assert points_of_rule(PER_EURO, body, refunds=posted) == 0


@given(rule_sets(), plain_orders(), st.randoms())
def test_the_order_of_lines_does_not_matter(rules, body, random):
    # What is shared over lines favours the earlier of equals: share nothing.
    body["discount"] = 0
    lines = [*body["lines"]]
    random.shuffle(lines)

    assert outcomes(rules, body | {"lines": lines}) == outcomes(rules, body)


@given(rule_sets(), orders(), st.randoms())
def test_the_order_in_which_rules_are_written_does_not_matter(rules, body, random):
    codes = [*rules]
    random.shuffle(codes)

    shuffled = {code: rules[code] for code in codes}
    assert outcomes(shuffled, body) == outcomes(rules, body)


@given(rule_sets(), orders(), refunds())
def test_every_rule_gives_points_or_a_reason(rules, body, posted):
    evaluation = judge(rules, body, refunds=posted)

    for each in evaluation.awards:
        assert (each.desired > 0) == (each.why_not is None)
    assert all(each.explain() for each in evaluation.outcomes)
