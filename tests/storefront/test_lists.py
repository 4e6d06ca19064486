"""Lists: pages that stay true while rows are added, at a price that does not grow."""

import pytest

from tests.storefront.conftest import NOON, Door, adjust, make_key, make_program, order

TWO_TYPES = """
version: 1
program: {slug: two-types, name: Two, currency: EUR, timezone: Europe/Berlin, sandbox: true}
point_types: {points: {}, stamps: {kind: stamp}}
earning_rules:
  spend: {award: {points: 1, per: "1.00"}}
  stamp: {point_type: stamps, award: {points: 1}}
"""


def place(door, *numbers, member="ada"):
    for number in numbers:
        answer = door.put(f"/orders/{number}", order(member=member))
        assert answer.status_code == 201, answer.content


def walk(door, url, way="next"):
    """Yield the pages from `url` on, as somebody does who follows `way`."""
    while url:
        answer = door.get(url.partition("/api/v1")[2] or url)
        assert answer.status_code == 200, answer.content
        yield answer.json()
        url = answer.json()[way]


def ids(page):
    return [row["id"] for row in page["results"]]


@pytest.fixture
def bob(door):
    """A member without points, for orders and their entries alone."""
    door.put("/members/ada", {})
    return "ada"


def test_a_short_list_is_one_page(door, bob):
    place(door, 1, 2)

    page = door.get("/orders").json()

    assert ids(page) == ["2", "1"]
    assert (page["next"], page["previous"]) == (None, None)


def test_an_empty_list_is_one_page(door):
    assert door.get("/orders").json() == {"results": [], "next": None, "previous": None}


def test_the_pages_show_every_row_once_newest_first(door, bob):
    place(door, 1, 2, 3, 4, 5)

    pages = [ids(page) for page in walk(door, "/orders?limit=2")]

    assert pages == [["5", "4"], ["3", "2"], ["1"]]


def test_the_way_back_shows_the_same_pages(door, bob):
    place(door, 1, 2, 3, 4, 5)
    *_, last = walk(door, "/orders?limit=2")

    pages = [ids(page) for page in walk(door, last["previous"], way="previous")]

    assert pages == [["3", "2"], ["5", "4"]]


def test_the_first_page_reached_backwards_leads_on(door, bob):
    place(door, 1, 2, 3)
    *_, last = walk(door, "/orders?limit=2")
    [first] = walk(door, last["previous"], way="previous")

    assert ids(first) == ["3", "2"]
    assert [ids(page) for page in walk(door, first["next"])] == [["1"]]


def test_a_page_of_exactly_the_limit_has_no_next(door, bob):
    place(door, 1, 2)

    assert door.get("/orders?limit=2").json()["next"] is None


def test_rows_added_meanwhile_shift_nothing(door, bob):
    place(door, 1, 2, 3, 4)
    first = door.get("/orders?limit=2").json()
    place(door, 5, 6)

    pages = [ids(page) for page in walk(door, first["next"])]

    assert pages == [["2", "1"]]


def test_rows_added_meanwhile_are_on_the_way_back(door, bob):
    place(door, 1, 2)
    [*_, last] = walk(door, "/orders?limit=1")
    place(door, 3)

    pages = [ids(page) for page in walk(door, last["previous"], way="previous")]

    assert pages == [["2"], ["3"]]


def test_the_links_keep_what_was_asked_for(door, bob):
    door.put("/members/bob", {})
    place(door, 1, 3, 5)
    place(door, 2, 4, member="bob")

    pages = [ids(page) for page in walk(door, "/orders?member=ada&limit=1")]

    assert pages == [["5"], ["3"], ["1"]]


def test_a_cursor_of_another_list_is_harmless(door, bob):
    place(door, 1, 2, 3)
    cursor = door.get("/members/ada/entries?limit=1").json()["next"].partition("cursor=")[2]

    assert door.get(f"/orders?cursor={cursor}").status_code == 200


@pytest.fixture
def two_types(db):
    door = Door(make_key(make_program(TWO_TYPES)))
    door.put("/members/ada", {})
    place(door, 1, 2, 3)
    return door


def test_a_statement_of_two_wallets_is_one_list(two_types):
    entries = two_types.get("/members/ada/entries").json()["results"]

    assert [(e["source"]["id"], e["point_type"]) for e in entries] == [
        ("3", "stamps"),
        ("3", "points"),
        ("2", "stamps"),
        ("2", "points"),
        ("1", "stamps"),
        ("1", "points"),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_its_pages_show_every_entry_once_both_ways(two_types, limit):
    whole = ids(two_types.get("/members/ada/entries").json())
    path = f"/members/ada/entries?limit={limit}"

    there = list(walk(two_types, path))
    back = list(walk(two_types, there[-1]["previous"], way="previous"))

    assert [one for page in there for one in ids(page)] == whole
    back_whole = [one for page in reversed(back) for one in ids(page)]
    assert back_whole == whole[: len(whole) - len(ids(there[-1]))]


def test_entries_of_a_wallet_that_begins_meanwhile_shift_nothing(door, program):
    from_points = adjust(door, door.put("/members/bea", {}).json()["id"], 5)

    first = door.get("/members/bea/entries?limit=1").json()

    assert ids(first) == [from_points["id"]]


def test_entries_may_be_asked_for_by_point_type_and_kind(two_types):
    two_types.post("/orders/3/refunds", {"id": "r", "amount": 100})
    path = "/members/ada/entries?point_type=points&kind=clawback"

    entries = two_types.get(path).json()["results"]

    assert [(e["point_type"], e["kind"], e["points"]) for e in entries] == [
        ("points", "clawback", -1)
    ]


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/orders", 2),
        ("/orders?member=ada", 3),
        ("/members", 3),
        ("/members/ada/entries", 5),
    ],
)
def test_a_list_of_three_costs_what_a_list_of_one_does(
    door, bob, path, most, django_assert_num_queries
):
    place(door, 1)
    door.get(path)
    with django_assert_num_queries(most):
        assert len(door.get(path).json()["results"]) == 1
    place(door, 2, 3)
    door.put("/members/bea", {})
    door.put("/members/cyd", {})

    with django_assert_num_queries(most):
        assert len(door.get(path).json()["results"]) == 3


def test_a_statement_shows_when_points_expire(door, bob):
    place(door, 1)

    [entry] = door.get("/members/ada/entries").json()["results"]

    assert entry["expires_at"] == "2027-05-01T10:00:00Z"
    assert entry["occurred_at"] == NOON.isoformat().replace("+00:00", "Z")
