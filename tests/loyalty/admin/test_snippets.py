"""Pieces of the program file: read as written, and written as they are read."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from loyalty.admin.snippets import LONGEST, SnippetField, read_snippet, written

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
values = st.recursive(
    st.booleans() | st.integers(-(10**18), 10**18) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_is_written_is_read_back(value):
    assert read_snippet(written(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"days": 14}, "{days: 14}"),
        ([{"times": 1, "per": "day"}], "[{times: 1, per: day}]"),
        ({"after": "12 months"}, "{after: 12 months}"),
        ({"from": "0.50"}, '{from: "0.50"}'),
        ("none", "none"),
        ("null", '"null"'),
        ({"on": True, "off": None}, "{on: true, off: null}"),
        (None, ""),
    ],
)
def test_values_are_written_as_the_file_writes_them(value, text):
    assert written(value) == text


@pytest.mark.parametrize(
    "text",
    ["{days: 14", "[1, 2", "a: b: c", "\x00", "{a: 1, a: 2}", "[" * 3000, "&a [*a]", "!!set x"],
)
def test_what_is_no_snippet_is_refused(text):
    with pytest.raises(ValidationError):
        SnippetField().clean(text)


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(ValidationError, match="At most"):
        SnippetField().clean("x" * (LONGEST + 1))


def test_nothing_written_is_nothing_said():
    assert SnippetField().clean("  ") is None
