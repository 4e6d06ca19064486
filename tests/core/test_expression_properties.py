"""Random conditions against a small oracle, and random text against the compiler."""

import operator
import warnings
from fractions import Fraction
from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from core.expressions import ExpressionError, FieldType, Schema, compile_expression
from core.syntax import ErrorCode

FAMILIES = {
    "order.subtotal": "number",
    "order.weight": "number",
    "order.channel": "text",
    "order.coupons": "list",
    "order.is_first": "flag",
    "order.attributes.a": "any",
    "order.attributes.b": "any",
    "member.tier.vip": "text",
}
SCHEMA = Schema(
    {
        "order.subtotal": FieldType.INT,
        "order.weight": FieldType.DECIMAL,
        "order.channel": FieldType.TEXT,
        "order.coupons": FieldType.LIST_OF_TEXT,
        "order.is_first": FieldType.BOOL,
        "order.attributes.*": FieldType.ANY,
        "member.tier.*": FieldType.TEXT,
    }
)

# Conditions are tuples, written as text for the compiler and asked by the oracle:
# ("name", dotted) ("literal", text, value) ("list", [literals]) ("chain", sides, words)
# ("not", inner) ("and" | "or", left, right)

WHOLE = [("literal", str(number), number) for number in range(-2, 3)]
POINTED = [("literal", text, Fraction(text)) for text in ("0.1", "1.0", "-0.5")]
WORDS = [("literal", f'"{text}"', text) for text in ("", "x", "web")]
FLAGS = [("literal", str(flag), flag) for flag in (True, False)]
OPEN = [("name", "order.attributes.a"), ("name", "order.attributes.b")]
SUBTOTAL = ("name", "order.subtotal")
WEIGHT = ("name", "order.weight")
IS_FIRST = ("name", "order.is_first")
TEXTS = [*WORDS, ("name", "order.channel"), ("name", "member.tier.vip"), *OPEN]
ORDER = ["<", "<=", ">", ">="]
EQUALITY = ["==", "!="]
NUMERIC = ORDER + EQUALITY
COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def chains(pool, words):
    lengths = st.integers(2, 4)
    return lengths.flatmap(
        lambda length: st.tuples(
            st.just("chain"),
            st.lists(st.sampled_from(pool), min_size=length, max_size=length),
            st.lists(st.sampled_from(words), min_size=length - 1, max_size=length - 1),
        )
    )


def searches(pool, lists):
    sides = st.tuples(st.sampled_from(pool), lists).map(list)
    words = st.sampled_from(["in", "not in"]).map(lambda word: [word])
    return st.tuples(st.just("chain"), sides, words)


def lists_of(literals):
    some = st.lists(st.sampled_from(literals), min_size=1, max_size=4)
    return st.tuples(st.just("list"), some)


names = st.sampled_from(sorted(FAMILIES)).map(lambda name: ("name", name))
known = st.tuples(
    st.just("chain"),
    names.map(lambda name: [name, ("literal", "None", None)]),
    st.sampled_from(["==", "!=", "is", "is not"]).map(lambda word: [word]),
)
comparisons = st.one_of(
    chains([*WHOLE, SUBTOTAL, WEIGHT, *OPEN], NUMERIC),
    chains([*WHOLE, *POINTED, WEIGHT, *OPEN], NUMERIC),
    chains(TEXTS, EQUALITY),
    chains([*FLAGS, IS_FIRST, *OPEN], EQUALITY),
    searches([*WHOLE, SUBTOTAL, *OPEN], lists_of(WHOLE)),
    searches([*POINTED, WEIGHT, *OPEN], lists_of(WHOLE + POINTED)),
    searches(TEXTS, lists_of(WORDS)),
    searches(TEXTS, st.sampled_from([("name", "order.coupons"), *OPEN])),
    known,
    st.sampled_from([*FLAGS, IS_FIRST, *OPEN]),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=4,
)
values = st.one_of(
    st.none(),
    st.integers(-2, 2),
    st.sampled_from([0.1, 1.0, -0.5, float("nan"), float("inf")]),
    st.decimals(-2, 2, places=1),
    st.booleans(),
    st.sampled_from(["", "x", "web"]),
    st.lists(st.sampled_from(["", "x", 1, True, None, ["x"]]), max_size=3),
    st.just({"x": 1}),
)
few_values = st.dictionaries(st.sampled_from(["a", "b", "vip"]), values)
scopes = st.fixed_dictionaries(
    {},
    optional={
        "order": st.fixed_dictionaries(
            {},
            optional={
                "subtotal": st.integers(-2, 2) | values,
                "weight": st.decimals(-2, 2, places=1) | values,
                "channel": st.sampled_from(["x", "web"]) | values,
                "coupons": st.lists(st.sampled_from(["x", "web"])) | values,
                "is_first": st.booleans() | values,
                "attributes": few_values | values,
            },
        )
        | values,
        "member": st.fixed_dictionaries({}, optional={"tier": few_values | values}),
    },
)


def written(condition):
    match condition:
        case ("name", name):
            return name
        case ("literal", text, _):
            return text
        case ("list", literals):
            return f"[{', '.join(written(literal) for literal in literals)}]"
        case ("chain", [first, *others], words):
            rest = [f"{word} {written(side)}" for word, side in zip(words, others)]
            return " ".join([written(first), *rest])
        case ("not", inner):
            return f"not ({written(inner)})"
        case (word, left, right):
            return f"({written(left)}) {word} ({written(right)})"


def names_in(condition):
    match condition:
        case ("name", name):
            return {name}
        case ("chain", sides, _):
            return set().union(*map(names_in, sides))
        case ("and" | "or" | "not", *inner):
            return set().union(*map(names_in, inner))
    return set()


def found(scope, name):
    value = scope
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def told(value):
    """Return the family of a value and the value, or None for what has no family."""
    if value is True or value is False:
        return "flag", value
    if isinstance(value, str):
        return "text", value
    if isinstance(value, list):
        return "list", value
    try:
        return "number", Fraction(str(value))
    except ValueError:
        return None


def side(condition, scope):
    """Return what one side says, or None if that is unknown."""
    match condition:
        case ("literal", _, value):
            return told(value)
        case ("list", literals):
            return "list", [value for _, _, value in literals]
        case ("name", name):
            value = told(found(scope, name))
            fits = value and FAMILIES[name] in {value[0], "any"}
            return value if fits else None


def oracle(condition, scope):
    """Return True, False or None (unknown)."""
    match condition:
        case ("not", inner):
            answer = oracle(inner, scope)
            return None if answer is None else not answer
        case ("and", *parts):
            return all_of(oracle(part, scope) for part in parts)
        case ("or", *parts):
            no = all_of(negation(oracle(part, scope)) for part in parts)
            return negation(no)
        case ("chain", sides, words):
            steps = zip(pairwise(sides), words)
            return all_of(step(*pair, word, scope) for pair, word in steps)
        case _:
            value = side(condition, scope)
            return value[1] if value and value[0] == "flag" else None


def negation(answer):
    return None if answer is None else not answer


def all_of(answers):
    answers = list(answers)
    if False in answers:
        return False
    return None if None in answers else True


def step(left, right, word, scope):
    if right[:2] == ("literal", "None"):
        return (found(scope, left[1]) is None) is (word in {"==", "is"})
    a, b = side(left, scope), side(right, scope)
    if word in {"in", "not in"}:
        element = told(right[1][0][2])[0] if right[0] == "list" else "text"
        if not a or not b or a[0] != element or b[0] != "list":
            return None
        return (a in [told(entry) for entry in b[1]]) is (word == "in")
    if not a or not b or a[0] != b[0] or a[0] == "list":
        return None
    if word in ORDER and a[0] != "number":
        return None
    return COMPARE[word](a[1], b[1])


@given(conditions, st.lists(scopes, min_size=1, max_size=5))
def test_a_condition_answers_as_the_oracle_does(condition, scopes):
    expression = compile_expression(written(condition), SCHEMA)

    assert expression.names == names_in(condition)
    for scope in scopes:
        assert expression(scope) is (oracle(condition, scope) is True)
        missing = [name for name in names_in(condition) if found(scope, name) is None]
        assert expression.missing(scope) == tuple(sorted(missing))


@given(conditions, conditions, scopes)
def test_not_moves_over_and_and_or(left, right, scope):
    a, b = written(left), written(right)
    whole = compile_expression(f"not (({a}) and ({b}))", SCHEMA)
    parts = compile_expression(f"not ({a}) or not ({b})", SCHEMA)

    assert whole(scope) is parts(scope)


anything = st.text(st.characters(exclude_categories=()), max_size=80)
pieces = st.sampled_from(
    """
    order.subtotal order.channel order.coupons order.is_first order.attributes.x x
    == != < <= > >= = in not is and or if else for lambda await yield async None True
    ( ) [ ] { } , . : - + * ** ~ & | ^ / % @ := -> ; ! # \\ ` $ ?
    1 0.5 1e9 0x1 1j 007 9223372036854775808 1_0
    "x" 'x' "" \" ' \"\"\" f"{x}" b'x' r"\\d" "\\q"
    """.split()
) | st.sampled_from(["\n", "\r", "\t", "\f", "\0", "\ud800", "\u00a0", "é", "ﬁ", "٣"])
soup = st.tuples(st.lists(pieces, max_size=60), st.sampled_from(["", " "])).map(
    lambda drawn: drawn[1].join(drawn[0])
)
towers = st.tuples(pieces, st.integers(1, 12_000), pieces, st.integers(0, 12_000)).map(
    lambda drawn: drawn[0] * drawn[1] + "order.is_first" + drawn[2] * drawn[3]
)


@given(anything | soup | towers, scopes)
def test_any_text_is_a_condition_or_an_error_with_a_place(source, scope):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            answer = compile_expression(source, SCHEMA)(scope)
        except ExpressionError as error:
            assert error.code in get_args(ErrorCode)
            assert 1 <= error.line <= source.count("\n") + source.count("\r") + 1
            assert 1 <= error.column <= min(len(source), 2_000) + 1
            assert error.detail.encode()
            assert len(error.detail) < 300
        else:
            assert answer is True or answer is False
