"""Conditions: what they may say, and what they answer."""

from decimal import Decimal

import pytest

from core.expressions import FieldType, Schema, compile_expression

NAN = float("nan")
SCHEMA = Schema(
    {
        "order.subtotal": FieldType.INT,
        "order.weight": FieldType.DECIMAL,
        "order.channel": FieldType.TEXT,
        "order.coupons": FieldType.LIST_OF_TEXT,
        "order.is_first": FieldType.BOOL,
        "order.attributes.*": FieldType.ANY,
        "line.category": FieldType.TEXT,
        "member.tier.*": FieldType.TEXT,
        "member.age": FieldType.INT,
    }
)


def holds(source, **scope):
    return compile_expression(source, SCHEMA)(scope)


@pytest.mark.parametrize(
    ("source", "subtotal", "expected"),
    [
        ("order.subtotal >= 1000", 1000, True),
        ("order.subtotal >= 1000", 999, False),
        ("order.subtotal > 1000", 1000, False),
        ("order.subtotal <= 1000", 1000, True),
        ("order.subtotal < 1000", 1000, False),
        ("order.subtotal == 1000", 1000, True),
        ("order.subtotal != 1000", 1000, False),
        ("order.subtotal != 1000", 1001, True),
        ("1000 < order.subtotal", 1001, True),
        ("1000 < order.subtotal", 1000, False),
        ("1000 <= order.subtotal", 1000, True),
        ("1000 > order.subtotal", 1000, False),
        ("1000 >= order.subtotal", 1000, True),
        ("1000 >= order.subtotal", 1001, False),
        ("order.subtotal == -5", -5, True),
        ("order.subtotal in [1, 2]", 2, True),
        ("order.subtotal in [1, 2]", 3, False),
        ("order.subtotal not in [1, 2]", 3, True),
        ("order.subtotal not in [1, 2]", 1, False),
        ("10 <= order.subtotal < 20", 10, True),
        ("10 <= order.subtotal < 20", 20, False),
        ("10 <= order.subtotal < 20", 9, False),
    ],
)
def test_numbers_are_compared(source, subtotal, expected):
    assert holds(source, order={"subtotal": subtotal}) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('order.channel == "web"', True),
        ('order.channel == "Web"', False),
        ('order.channel != "web"', False),
        ('order.channel in ["till", "web"]', True),
        ('order.channel not in ["till", "web"]', False),
        ("order.channel == 'web'", True),
        ('order.channel == line.category or line.category == "coffee"', True),
        ("order.channel == line.category", False),
    ],
)
def test_texts_are_compared(source, expected):
    scope = {"order": {"channel": "web"}, "line": {"category": "coffee"}}

    assert holds(source, **scope) is expected


def test_a_text_is_written_with_quotes_backslashes_and_other_letters():
    source = r"""order.channel == "Grüße \"an\" \\ alle\n\t" """

    assert holds(source, order={"channel": 'Grüße "an" \\ alle\n\t'})
    assert holds('\torder.channel\t== "a\tb"\t', order={"channel": "a\tb"})


@pytest.mark.parametrize("coupons", [["VIP", "X"], ("VIP",), {"VIP"}])
def test_a_text_is_looked_for_in_a_list(coupons):
    assert holds('"VIP" in order.coupons', order={"coupons": coupons})
    assert not holds('"VIP" not in order.coupons', order={"coupons": coupons})
    assert not holds('"vip" in order.coupons', order={"coupons": coupons})


def test_a_field_is_looked_for_in_a_field():
    scope = {"order": {"coupons": ["coffee"]}, "line": {"category": "coffee"}}

    assert holds("line.category in order.coupons", **scope)


def test_a_yes_or_no_field_is_a_condition_by_itself():
    assert holds("order.is_first", order={"is_first": True})
    assert not holds("order.is_first", order={"is_first": False})
    assert holds("not order.is_first", order={"is_first": False})
    assert holds("order.is_first == False", order={"is_first": False})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("True and True", True),
        ("True and False", False),
        ("False or True", True),
        ("False or False", False),
        ("not False", True),
        ("True or True and False", True),
        ("(True or True) and False", False),
        ("True and True and False", False),
        ("False or False or True", True),
        ("not 1 == 2", True),
    ],
)
def test_conditions_are_joined(source, expected):
    assert holds(source) is expected


def test_a_condition_may_run_over_several_lines():
    source = '\n  order.subtotal >= 1000\r\n\tand order.channel == "web"\n'

    assert holds(source, order={"subtotal": 1000, "channel": "web"})


def test_an_open_name_is_whatever_stands_after_the_dot():
    order = {"attributes": {"color": "red"}}
    member = {"tier": {"vip": "gold"}}

    assert holds('order.attributes.color == "red"', order=order)
    assert holds('member.tier.vip in ["gold"]', member=member)


@pytest.mark.parametrize("value", [0.1, Decimal("0.1"), Decimal("0.10")])
def test_a_decimal_is_exact_however_it_arrives(value):
    assert holds("order.weight == 0.1", order={"weight": value})
    assert holds("order.weight in [0.1, 5]", order={"weight": value})
    assert not holds("order.weight > 0.1", order={"weight": value})


def test_a_decimal_keeps_every_digit_that_is_written():
    source = "order.weight > -0.1234567890123456789012345678901234567890"
    value = Decimal("-0.1234567890123456789012345678901234567890")

    assert not holds(source, order={"weight": value})


@pytest.mark.parametrize("value", [True, "1", [1], {"a": 1}, NAN, Decimal("sNaN")])
@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_what_is_no_number_has_no_comparison_with_a_number(value, operator):
    scope = {"order": {"attributes": {"x": value}, "subtotal": value}}

    assert not holds(f"order.attributes.x {operator} 1", **scope)
    assert not holds(f"not order.attributes.x {operator} 1", **scope)
    assert not holds(f"order.subtotal {operator} 1", **scope)


@pytest.mark.parametrize(
    ("value", "holding"),
    [
        (5, "order.attributes.x == 5"),
        (5, "order.attributes.x > 4"),
        (5, "order.attributes.x in [5, 6]"),
        (0.5, "order.attributes.x == 0.5"),
        ("red", 'order.attributes.x == "red"'),
        ("red", 'order.attributes.x in ["red"]'),
        ("red", "order.attributes.x in order.coupons"),
        (["red"], '"red" in order.attributes.x'),
        (["blue"], '"red" not in order.attributes.x'),
        (True, "order.attributes.x == True"),
        (True, "order.attributes.x"),
    ],
)
def test_an_open_name_is_compared_by_what_it_holds(value, holding):
    assert holds(holding, order={"attributes": {"x": value}, "coupons": ["red"]})


@pytest.mark.parametrize("value", [1, "yes", ["yes"], 1.5])
def test_an_open_name_by_itself_holds_only_if_it_is_true(value):
    assert not holds("order.attributes.x", order={"attributes": {"x": value}})
    assert not holds("not order.attributes.x", order={"attributes": {"x": value}})


def test_a_text_is_not_looked_for_inside_a_text():
    assert not holds('"e" in order.attributes.x', order={"attributes": {"x": "red"}})


def test_two_open_names_are_compared_if_they_hold_one_kind():
    source = "order.attributes.a == order.attributes.b"

    assert holds(source, order={"attributes": {"a": 1, "b": 1.0}})
    assert holds(source, order={"attributes": {"a": "x", "b": "x"}})
    assert not holds(source, order={"attributes": {"a": 1, "b": True}})
    assert not holds(f"not {source}", order={"attributes": {"a": 1, "b": True}})


@pytest.mark.parametrize("member", [{}, {"age": None}, None, [], "age"])
@pytest.mark.parametrize(
    "source",
    [
        "member.age >= 18",
        "member.age < 18",
        "member.age != 18",
        "member.age not in [18]",
        "not member.age >= 18",
        "member.age >= 18 and 1 == 1",
        "member.age >= 18 or 1 == 2",
        "not (member.age >= 18 and 1 == 1)",
        "not (member.age >= 18 or 1 == 2)",
        "0 < member.age < 200",
    ],
)
def test_a_condition_about_something_unknown_does_not_hold(source, member):
    assert not holds(source, member=member)
    assert not holds(source)


def test_what_is_certain_anyway_holds_beside_something_unknown():
    assert holds("member.age >= 18 or 1 == 1")
    assert holds("1 == 1 or member.age >= 18")
    assert holds("not (member.age >= 18 and 1 == 2)")
    assert holds("not (1 == 2 and member.age >= 18)")


@pytest.mark.parametrize("operator", ["==", "is"])
def test_whether_something_is_known_can_be_asked(operator):
    opposite = {"==": "!=", "is": "is not"}[operator]

    assert holds(f"member.age {operator} None")
    assert not holds(f"member.age {operator} None", member={"age": 0})
    assert holds(f"member.age {opposite} None", member={"age": 0})
    assert not holds(f"None {opposite} member.age")


def test_an_expression_names_what_it_uses():
    source = "order.subtotal > 1 and member.age > 1 or order.attributes.x == 1"
    expression = compile_expression(source, SCHEMA)

    assert expression.source == source
    assert expression.names == {"order.subtotal", "member.age", "order.attributes.x"}


def test_an_expression_tells_what_was_missing():
    source = "order.subtotal > 1 and member.age > 1 or order.attributes.x == 1"
    expression = compile_expression(source, SCHEMA)
    order = {"subtotal": 0, "attributes": {"x": None}}
    age, x = "member.age", "order.attributes.x"

    assert expression.missing({"order": order}) == (age, x)
    assert expression.missing({"order": order, "member": {"age": 0}}) == (x,)
