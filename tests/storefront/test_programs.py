"""A program's face, its clock and its file."""

import json

import pytest

from loyalty.models import EarningRule, Program
from tests.storefront.conftest import NOON, SHOP, Door, make_key, make_program, order

DOUBLED = SHOP.replace("points: 1, per", "points: 2, per")


def put_file(door, text, path="/program/file", form="application/yaml"):
    return door.put(path, text if isinstance(text, bytes) else text.encode(), Content_Type=form)


def test_the_face_says_what_the_points_are_and_how_to_earn_them(door):
    assert door.get("/program").json() == {
        "slug": "bean-shop",
        "name": "Bean Shop",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "locale": "en",
        "sandbox": True,
        "point_types": {
            "points": {
                "name": {"one": "Bean", "other": "Beans"},
                "kind": "spendable",
                "value": "0.01",
                "decimals": 0,
            }
        },
        "ladders": {},
        "ways_to_earn": [
            {
                "code": "spend",
                "name": "One bean per euro",
                "on": "order",
                "point_type": "points",
                "award": {"points": 1, "per": "1.00"},
            },
            {
                "code": "review",
                "name": "review",
                "on": "review",
                "point_type": "points",
                "award": {"points": 50},
            },
        ],
    }


def test_a_sandbox_has_a_clock(door):
    assert door.get("/clock").json() == {"now": "2026-05-01T10:00:00Z"}


def test_a_clock_that_has_not_moved_is_not_sent_twice(door):
    etag = door.get("/clock")["ETag"]

    assert door.get("/clock", If_None_Match=etag).status_code == 304
    door.put("/clock", {"now": "2026-05-02T10:00:00Z"})
    assert door.get("/clock", If_None_Match=etag).status_code == 200


def test_the_clock_moves_forward_and_says_what_has_run(door, ada):
    answer = door.put("/clock", {"now": "2027-05-01T10:00:00Z"})

    assert answer.status_code == 200
    assert answer.json()["now"] == "2027-05-01T10:00:00Z"
    assert answer.json()["ran"]["expired"] == 1
    assert door.get("/clock").json() == {"now": "2027-05-01T10:00:00Z"}
    assert door.get("/members/ada").json()["wallets"]["points"]["available"] == 0


def test_the_same_time_again_runs_nothing(door, ada):
    answer = door.put("/clock", {"now": "2026-05-01T10:00:00Z"})

    assert (answer.status_code, sum(answer.json()["ran"].values())) == (200, 0)


def test_the_clock_does_not_go_back_once_there_are_facts(door, ada):
    answer = door.put("/clock", {"now": "2026-05-01T09:59:59Z"})

    assert (answer.status_code, answer.json()["code"]) == (409, "clock_backwards")
    assert "stands at 2026-05-01T10:00:00Z" in answer.json()["detail"]
    assert door.get("/clock").json() == {"now": "2026-05-01T10:00:00Z"}


def test_before_the_first_fact_the_clock_may_go_back(door):
    assert door.put("/clock", {"now": "2010-12-01T00:00:00Z"}).status_code == 200
    assert door.get("/clock").json() == {"now": "2010-12-01T00:00:00Z"}


@pytest.mark.parametrize(
    "body", [{}, {"now": None}, {"now": "now"}, {"to": "x"}, [], {"now": 5}]
)
def test_a_faulty_time_moves_nothing(door, body):
    assert door.put("/clock", body).status_code == 400
    assert Program.objects.get().clock_at == NOON


@pytest.mark.parametrize(
    "now", ["9000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "1899-12-31T23:59:59Z"]
)
def test_a_time_beyond_all_dates_is_out_of_range(door, now):
    answer = door.put("/clock", {"now": now})

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (400, "/now")
    assert error["code"] == "out_of_range"
    assert Program.objects.get().clock_at == NOON


def test_the_clock_moves_at_most_ten_years_at_once(door, ada):
    answer = door.put("/clock", {"now": "2036-05-01T10:00:00.000001Z"})

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (
        400,
        "/now",
        "out_of_range",
    )
    assert "the furthest is 2036-05-01T10:00:00Z" in error["detail"]
    assert Program.objects.get().clock_at == NOON
    assert door.put("/clock", {"now": "2036-05-01T10:00:00Z"}).status_code == 200


def test_a_clock_by_which_nothing_has_happened_may_be_set_to_any_time(door):
    assert door.put("/clock", {"now": "8000-01-01T00:00:00Z"}).status_code == 200
    assert door.put("/clock", {"now": "2026-05-01T10:00:00Z"}).status_code == 200


def test_in_the_last_year_of_the_clock_points_are_earned_all_the_same(door):
    assert door.put("/clock", {"now": "8999-12-31T23:59:59Z"}).status_code == 200
    door.put("/members/ada", {"name": "Ada"})

    [points] = door.put("/orders/1", order()).json()["points"]

    assert (points["delta"], points["expires_at"]) == (50, "9000-12-31T23:59:59Z")


def test_only_a_sandbox_has_a_clock(db):
    door = Door(make_key(make_program(SHOP.replace("sandbox: true", "sandbox: false"))))

    answers = [door.get("/clock"), door.put("/clock", {"now": "2027-01-01T00:00:00Z"})]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "not_a_sandbox")] * 2


def test_the_file_comes_as_yaml_and_putting_it_back_changes_nothing(door):
    file = door.get("/program/file")

    assert file["Content-Type"] == "application/yaml"
    assert put_file(door, file.content).json() == {"changes": []}


def test_the_file_comes_as_json_and_putting_it_back_changes_nothing(door):
    file = door.get("/program/file", Accept="application/json")

    assert file.json()["program"]["slug"] == "bean-shop"
    assert put_file(door, file.content, form="application/json").json() == {"changes": []}


def test_a_plan_says_what_would_change_and_changes_nothing(door):
    before = door.get("/program/file").content

    answer = put_file(door, DOUBLED, "/program/file?plan=true")

    assert answer.json() == {
        "changes": [
            {
                "action": "update",
                "path": "earning_rules.spend.award",
                "from": {"points": 1, "per": "1.00"},
                "to": {"points": 2, "per": "1.00"},
            }
        ]
    }
    assert door.get("/program/file").content == before


def test_a_file_changes_what_orders_earn_from_then_on(door, ada):
    put_file(door, DOUBLED)

    assert door.put("/orders/1", order()).json()["points"][0]["delta"] == 100


def test_what_a_file_does_not_mention_is_archived(door):
    answer = put_file(door, SHOP.partition("  review:")[0])

    [change] = answer.json()["changes"]
    assert (change["action"], change["path"]) == ("archive", "earning_rules.review")
    assert EarningRule.objects.get(code="review").archived_at == NOON


def test_the_file_of_another_program_is_refused(door):
    answer = put_file(door, SHOP.replace("bean-shop", "tea-shop"))

    assert (answer.status_code, answer.json()["code"]) == (409, "slug_mismatch")
    assert not Program.objects.filter(slug="tea-shop").exists()


def test_a_mistake_in_a_condition_is_shown_where_it_stands_in_the_file(door):
    text = SHOP.replace("award: {points: 50}", "award: {points: 50}, when: 'event.x > y'")

    [error] = put_file(door, text).json()["errors"]

    row = text.splitlines()[error["line"] - 1]
    assert row[error["column"] - 1 :].startswith("event.x > y")
    assert "line" not in error["detail"]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (SHOP + "  spent: {awrd: {points: 1}}\n", "unknown_key", 14),
        (SHOP.replace("spend:", "spend: ]"), None, 12),
        (SHOP.replace("award: {points: 50}", "award: {points: 50}, when: 'order.'"), None, 13),
        ("", None, 1),
    ],
)
def test_a_faulty_file_is_refused_with_its_line_and_changes_nothing(door, text, code, line):
    before = door.get("/program/file").content

    answer = put_file(door, text)

    assert answer.status_code == 400
    assert line in {error["line"] for error in answer.json()["errors"]}
    if code:
        assert code in {error["code"] for error in answer.json()["errors"]}
    assert door.get("/program/file").content == before


def test_a_file_in_json_is_refused_with_its_line_as_well(door):
    file = door.get("/program/file", Accept="application/json").json()
    text = json.dumps(file | {"surprise": 1}, indent=1)

    answer = put_file(door, text, form="application/json")

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["line"]) == ("/surprise", text.count("\n"))


def test_a_file_of_a_megabyte_is_refused(door):
    answer = put_file(door, "#" * 1_000_001)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
