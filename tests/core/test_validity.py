from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import InvalidInput
from core.validity import ALWAYS_VALID, Hours, Validity, parse_validity

BERLIN = ZoneInfo("Europe/Berlin")
TICK = timedelta(microseconds=1)


def in_berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def why_not(form: dict[str, Any], instant: datetime) -> str | None:
    return parse_validity(form, zone=BERLIN).why_not(instant, BERLIN)


def problems_of(form: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        parse_validity(form, zone=BERLIN, pointer="/rules/spend/valid")
    start = len("/rules/spend/valid")
    return [(found.pointer[start:], found.code) for found in refusal.value.problems]


@pytest.mark.parametrize(
    "form",
    [
        None,
        {},
        {"from": None, "until": None, "weekdays": None, "hours": None},
        {"hours": "00:00-24:00"},
    ],
)
def test_what_says_nothing_is_always_valid(form: object):
    assert parse_validity(form, zone=BERLIN) == ALWAYS_VALID
    assert ALWAYS_VALID.why_not(in_berlin("2026-05-01T03:00"), BERLIN) is None


def test_every_field_is_read():
    form = {
        "from": "2026-05-01",
        "until": "2026-06-01T09:00:00Z",
        "weekdays": ["sat", "sun"],
        "hours": "22:00-02:00",
    }

    assert parse_validity(form, zone=BERLIN) == Validity(
        starts_at=in_berlin("2026-05-01T00:00"),
        ends_at=datetime(2026, 6, 1, 9, tzinfo=UTC),
        weekdays=frozenset({5, 6}),
        hours=Hours(22 * 60, 26 * 60),
    )


def test_it_begins_with_its_start_and_is_over_at_its_end():
    form = {"from": "2026-05-01", "until": "2026-06-01"}
    start, end = in_berlin("2026-05-01"), in_berlin("2026-06-01")

    assert why_not(form, start - TICK) == "not_yet_valid"
    assert why_not(form, start) is None
    assert why_not(form, end - TICK) is None
    assert why_not(form, end) == "no_longer_valid"


@pytest.mark.parametrize(
    ("instant", "reason"),
    [
        ("2026-05-01T23:59:59.999999", "wrong_weekday"),
        ("2026-05-02T00:00", None),
        ("2026-05-03T23:59:59.999999", None),
        ("2026-05-04T00:00", "wrong_weekday"),
    ],
)
def test_weekdays_are_local(instant: str, reason: str | None):
    assert why_not({"weekdays": ["sat", "sun"]}, in_berlin(instant)) == reason


@pytest.mark.parametrize(
    ("instant", "reason"),
    [
        ("2026-05-01T07:59:59.999999", "wrong_hour"),
        ("2026-05-01T08:00", None),
        ("2026-05-01T10:59:59.999999", None),
        ("2026-05-01T11:00", "wrong_hour"),
    ],
)
def test_hours_are_local_and_end_exclusively(instant: str, reason: str | None):
    assert why_not({"hours": "08:00-11:00"}, in_berlin(instant)) == reason


@pytest.mark.parametrize(
    ("instant", "reason"),
    [
        ("2026-05-02T01:00", "wrong_weekday"),  # Saturday, but Friday night
        ("2026-05-02T21:59", "wrong_hour"),
        ("2026-05-02T22:00", None),
        ("2026-05-03T01:59", None),  # Sunday, but Saturday night
        ("2026-05-03T02:00", "wrong_weekday"),
        ("2026-05-03T23:00", "wrong_weekday"),
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(
    instant: str, reason: str | None
):
    form = {"weekdays": ["sat"], "hours": "22:00-02:00"}

    assert why_not(form, in_berlin(instant)) == reason


@pytest.mark.parametrize("hours", ["18:00-24:00", "18:00-00:00"])
def test_hours_may_end_at_midnight(hours: str):
    assert why_not({"hours": hours}, in_berlin("2026-05-01T23:59:59")) is None
    assert why_not({"hours": hours}, in_berlin("2026-05-02T00:00")) == "wrong_hour"


def test_hours_that_come_twice_count_twice():
    form = {"hours": "02:00-03:00"}

    for hour in (0, 1):
        instant = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        assert why_not(form, instant) is None


def test_a_date_whose_midnight_never_comes_begins_with_the_jump():
    zone = ZoneInfo("America/Sao_Paulo")
    validity = parse_validity({"from": "2018-11-04"}, zone=zone)

    assert validity.starts_at == datetime(2018, 11, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        ("always", [("", "wrong_type")]),
        ([], [("", "wrong_type")]),
        ({"form": "2026-05-01"}, [("/form", "unknown_key")]),
        ({"a/b~c": None}, [("/a~1b~0c", "unknown_key")]),
        ({"from": "May"}, [("/from", "invalid_time")]),
        ({"from": 20260501}, [("/from", "invalid_time")]),
        ({"until": "9999-12-31T23:00:00-02:00"}, [("/until", "out_of_range")]),
        ({"weekdays": []}, [("/weekdays", "invalid_weekdays")]),
        ({"weekdays": "sat"}, [("/weekdays", "invalid_weekdays")]),
        ({"weekdays": ["sat", "Sun"]}, [("/weekdays", "invalid_weekdays")]),
        ({"weekdays": [["sat"]]}, [("/weekdays", "invalid_weekdays")]),
        ({"hours": "8-11"}, [("/hours", "invalid_hours")]),
        ({"hours": "08:00-08:00"}, [("/hours", "invalid_hours")]),
        ({"hours": "24:00-02:00"}, [("/hours", "invalid_hours")]),
        ({"hours": "22:00-24:01"}, [("/hours", "invalid_hours")]),
        ({"hours": "08:00-11:60"}, [("/hours", "invalid_hours")]),
        ({"hours": 8}, [("/hours", "invalid_hours")]),
        ({"from": "2026-06-01", "until": "2026-06-01"}, [("/until", "out_of_order")]),
        (
            {"to": 1, "from": "May", "hours": 8},
            [
                ("/to", "unknown_key"),
                ("/from", "invalid_time"),
                ("/hours", "invalid_hours"),
            ],
        ),
    ],
)
def test_every_problem_has_its_place(form: object, problems: list[tuple[str, str]]):
    assert problems_of(form) == problems
