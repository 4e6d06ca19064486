"""Program files as text: YAML and JSON, and everything that only looks like them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.program_file.errors import Place, ProgramFileError
from engine.program_file.text import (
    MAX_ALIASES,
    MAX_BYTES,
    MAX_DEPTH,
    Float,
    Listing,
    Scalar,
    Table,
    read_nodes,
)


def value_of(text):
    """Return the value of the only key of a text such as `a: 1`."""
    _, node = read_nodes(text, name="f.yaml").entries["a"]
    return node.value


def refusal(text):
    """Return (line, column, code) of the only problem of a text."""
    with pytest.raises(ProgramFileError) as caught:
        read_nodes(text, name="f.yaml")
    [problem] = caught.value.problems
    return (*problem.place, problem.code)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("2026-05-01", "2026-05-01"),
        ("12:30", "12:30"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("'12'", "12"),
        ('"null"', "null"),
        ("1.50", Float("1.50")),
        ("1e3", Float("1e3")),
        (".inf", Float(".inf")),
        ("1_000", "1_000"),
    ],
)
def test_plain_values_mean_what_yaml_1_2_says(written, meant):
    assert value_of(f"a: {written}") == meant


def test_a_key_is_a_text_whatever_it_looks_like():
    assert list(read_nodes("{1: a, true: b, null: c}", name="f").entries) == [
        "1",
        "true",
        "null",
    ]


def test_every_node_knows_its_line_and_column():
    root = read_nodes("a:\n  b: [1,\n    two]\n", name="f.yaml")

    key_place, inner = root.entries["a"]
    _, listing = inner.entries["b"]
    assert key_place == (1, 1)
    assert listing.place == (2, 6)
    assert [item.place for item in listing.items] == [(2, 7), (3, 5)]


def test_json_is_read_as_well():
    text = '{\n\t"a": "x\\/y", "b": [1,\t{"c": null}]\n}'

    root = read_nodes(text, name="f.json")

    assert root.entries["a"][1].value == "x/y"
    assert root.entries["b"][1].items[1].entries["c"][1].value is None


def test_a_surrogate_pair_as_json_escapes_it_is_one_character():
    assert value_of('{"a": "\\ud83d\\ude00"}') == "😀"


def test_a_byte_order_mark_is_passed_over():
    assert value_of(b"\xef\xbb\xbfa: 1") == 1


def test_an_alias_stands_for_its_anchor():
    root = read_nodes("a: &x [1]\nb: *x", name="f.yaml")

    assert root.entries["b"][1] == Listing(Place(1, 4), [Scalar(1, "1", Place(1, 8))], size=2)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: 1\nb: 'x", (2, 6, "not_yaml")),
        ("a: b: c", (1, 5, "not_yaml")),
        ("a:\n\t- 1", (2, 1, "not_yaml")),
        ("a: [1, 2", (1, 9, "not_yaml")),
        ("a: @b", (1, 4, "not_yaml")),
        ('a: "\\UFFFFFFFF"', (1, 1, "not_yaml")),
        ("a: 1\na: 2", (2, 1, "duplicate_key")),
        ('1: a\n"1": b', (2, 1, "duplicate_key")),
        ("[1]: 2", (1, 1, "wrong_type")),
        ("a: !!str 1", (1, 4, "tag")),
        ("a: !ruby/object 1", (1, 4, "tag")),
        ("a: *b", (1, 4, "unknown_alias")),
        ("a: &x [*x]", (1, 8, "unknown_alias")),
        ("a: 1\n---\nb: 2", (2, 1, "two_documents")),
        ("%YAML 1.1\n---\na: 1", (2, 1, "yaml_version")),
        ("", (1, 1, "empty")),
        ("# nothing here", (1, 1, "empty")),
        ("a: " + "9" * 41, (1, 4, "out_of_range")),
        ("a: 1\nb: x\0", (2, 5, "unreadable")),
        ("a: \ud800", (1, 4, "unreadable")),
        ('a: "\\ud800"', (1, 4, "unreadable")),
        ('{"a": "\\u0000"}', (1, 7, "unreadable")),
        (b"a: 1\nb: \xff", (2, 1, "not_utf_8")),
        ("a: " + "x" * MAX_BYTES, (1, 1, "too_long")),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(text, where):
    assert refusal(text) == where


@pytest.mark.parametrize("unit", ["[", "- ", "? ", "{a: ", "a:\n "])
def test_nesting_is_refused_before_it_costs_anything(unit):
    begun = time.process_time()

    assert refusal(unit * 10_000)[2] in ("too_deep", "duplicate_key")
    assert time.process_time() - begun < 5


def test_nesting_may_be_as_deep_as_the_limit():
    node = read_nodes("[" * MAX_DEPTH + "]" * MAX_DEPTH, name="f")

    for _ in range(MAX_DEPTH - 1):
        [node] = node.items
    assert node.items == []


def test_aliases_that_would_blow_up_are_refused():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 6)]

    assert refusal("\n".join(lines))[2] == "too_large"


def test_more_aliases_than_a_person_writes_are_refused():
    text = "a: &x 1\nb: [" + "*x, " * (MAX_ALIASES + 1) + "]"

    assert refusal(text)[2] == "too_many_aliases"


def test_more_values_than_a_program_has_are_refused():
    assert refusal("[" + "1," * 200_000 + "]")[2] == "too_large"


@given(
    st.text(
        alphabet=st.sampled_from("ab1:-[]{}&*!|>'\"%@`,?# \n\t\\~.\x85\u2028é"), max_size=40
    )
)
def test_any_text_is_read_or_refused_by_name(text):
    try:
        node = read_nodes(text, name="f.yaml")
    except ProgramFileError as error:
        assert error.problems
    else:
        assert isinstance(node, Scalar | Listing | Table)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_by_name(data):
    try:
        read_nodes(data, name="f.yaml")
    except ProgramFileError as error:
        assert error.problems
