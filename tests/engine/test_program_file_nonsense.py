"""A good file with anything at all put anywhere: read or refused, never a crash."""

import copy
import json

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.program_file import ProgramFileError, file_schema, read_program
from engine.program_file.dump import as_yaml

GOOD = {
    "version": 1,
    "program": {
        "slug": "shop",
        "name": "Shop",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "origins": ["https://shop.example"],
        "guest_claim": "30 days",
    },
    "point_types": {
        "points": {
            "name": {"one": "Bean", "other": "Beans"},
            "value": "0.01",
            "hold": {"after": "fulfilled", "days": 14, "timeout": "60 days"},
            "expiry": {"after": "12 months", "round_up_to": "month"},
            "expiry_reminders": [30, 7],
            "debt": {"allow_up_to": 500},
        },
        "miles": {"expiry": {"dates": ["12-31"], "at_least": "15 days"}},
        "stars": {"expiry": {"inactivity": "6 months", "reset_by": ["earn", "event:visit"]}},
    },
    "earning_rules": {
        "spend": {
            "point_type": "points",
            "award": {"points": 1, "per": "1.00", "whole_steps": True},
            "lines": 'line.category == "coffee"',
            "when": "order.subtotal >= 1000",
            "base": {"tax": True},
            "limits": [{"points": 500, "per": "month", "of": "program"}],
            "valid": {"from": "2026-05-01", "weekdays": ["sat"], "hours": "08:00-11:00"},
            "hold": {"days": 7},
            "expiry": {"after": "3 months"},
        },
        "bands": {
            "award": {"bands": [{"from": "50.00", "points": 1, "per": "1.00"}]},
            "group": "best",
        },
        "workout": {
            "on": "workout",
            "award": {"points_from": "event.properties.minutes", "times": "0.5"},
        },
        "double": {"multiply": "1.5", "group": "double", "priority": -1},
    },
}

WORDS = [
    "", "none", "never", "fulfilled", "1.00", "1.005", "-1", "1e3", "0", "00", "1", "true",
    "1 day", "2026-05-01", "2026-05-01T10:00:00Z", "9999-12-31", "0001-01-01", "24:00-08:00",
    "02-29", "EUR", "JPY", "UTC", "points", "earn", "order.total > 1", "a.b", "é", "\u2028",
    "x" * 3000, "(" * 2000, "per", "*", "&a", "null",
]  # fmt: skip
NUMBERS = [0, 1, -1, 7, 10**6, 2**63 - 1, 2**63, 10**30, -(10**30), 0.5, 1e300]
JUNK = st.recursive(
    st.sampled_from([None, True, False, *NUMBERS, *WORDS]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["points", "per", "after", "days", "a", "one", ""]), inner
        )
    ),
    max_leaves=5,
)


def places_in(value, path=()):
    """Yield the path to everything in nested data."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in parts:
        if isinstance(item, dict | list):
            yield from places_in(item, (*path, key))
        else:
            yield (*path, key)


PLACES = sorted(places_in(GOOD), key=str)


def spoiled(path, junk):
    """Return the good file with something else at `path`."""
    data = copy.deepcopy(GOOD)
    if not path:
        return junk
    target = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = junk
    return data


@given(path=st.sampled_from(PLACES), junk=JUNK)
def test_anything_anywhere_is_read_or_refused_by_name(path, junk):
    data = spoiled(path, junk)
    try:
        file = read_program(json.dumps(data), name="shop.json")
    except ProgramFileError as error:
        assert all(problem.code and problem.detail for problem in error.problems)
        return

    assert read_program(json.dumps(file.data)).data == file.data
    assert list(Draft202012Validator(file_schema()).iter_errors(data)) == []


SLIPS = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 3),
        st.sampled_from([*"{}[]:,\"'#&*!|>%@`-\n\t \\é", ""]),
    ),
    min_size=1,
    max_size=4,
)


@given(SLIPS)
def test_any_slip_of_the_pen_is_read_or_refused_by_name(slips):
    text = as_yaml(GOOD)
    for place, cut, put in slips:
        at = place % len(text)
        text = text[:at] + put + text[at + cut :]

    try:
        file = read_program(text)
    except ProgramFileError as error:
        assert all(
            1 <= problem.place.line <= text.count("\n") + 1 for problem in error.problems
        )
    else:
        assert read_program(as_yaml(file.data)).data == file.data
