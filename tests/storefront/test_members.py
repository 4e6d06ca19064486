"""Members: enrolling, changing, looking up, and what they have."""

from datetime import timedelta

import pytest

from loyalty.models import Member, Program
from tests.storefront.conftest import NOON, Door, adjust, make_key, make_program, order

EMPTY = {
    "available": 0,
    "pending": 0,
    "held": 0,
    "debt": 0,
    "lifetime_earned": 0,
    "lifetime_redeemed": 0,
    "lifetime_expired": 0,
}
HELD_BACK = """
version: 1
program: {slug: held-back, name: Held, currency: EUR, timezone: Europe/Berlin, sandbox: true}
point_types: {points: {hold: {days: 14}, expiry: {after: 12 months}}}
earning_rules: {spend: {award: {points: 1, per: "1.00"}}}
"""


def test_a_member_is_enrolled_once_and_known_from_then_on(door):
    first = door.put("/members/ada", {"name": "Ada", "email": "Ada@Example.org"})
    again = door.put("/members/ada", {"name": "Ada", "email": "ada@example.org"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_the_answer_is_the_contracts(door):
    answer = door.put("/members/ada", {"name": "Ada", "email": "ada@example.org"})

    assert answer.json() == {
        "id": "ada",
        "status": "active",
        "name": "Ada",
        "email": "ada@example.org",
        "phone": None,
        "birthday": None,
        "joined_at": "2026-05-01T10:00:00Z",
        "attributes": {},
        "wallets": {"points": EMPTY},
        "tiers": {},
    }
    assert door.get("/members/ada").json() == answer.json()


def test_everything_about_a_member_is_optional(door):
    assert door.put("/members/ada", {}).status_code == 201
    assert door.put("/members/bea").status_code == 201


def test_patching_changes_what_is_said_and_nothing_else(door):
    door.put("/members/ada", {"name": "Ada", "phone": "+49 30 123456"})

    answer = door.patch("/members/ada", {"name": "Ada L."})

    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["phone"]) == ("Ada L.", "+4930123456")


def test_null_clears_a_field(door):
    door.put("/members/ada", {"name": "Ada", "email": "ada@example.org"})

    answer = door.patch("/members/ada", {"name": None, "email": None})

    assert (answer.json()["name"], answer.json()["email"]) == (None, None)


def test_patching_enrols_nobody(door):
    assert door.patch("/members/ada", {"name": "Ada"}).status_code == 404
    assert not Member.objects.exists()


def test_an_address_belongs_to_one_member(door):
    door.put("/members/ada", {"email": "ada@example.org"})

    answer = door.put("/members/bea", {"email": "ADA@example.org"})

    assert (answer.status_code, answer.json()["code"]) == (409, "address_taken")
    assert door.get("/members/bea").status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"nmae": "Ada"}, "/nmae", "unknown_field"),
        ({"name": 5}, "/name", "wrong_type"),
        ({"name": "a\0b"}, "/name", "nul_character"),
        ({"name": "\ud800"}, "/name", "not_unicode"),
        ({"email": "nonsense"}, "/email", "invalid_email"),
        ({"phone": "030 123"}, "/phone", "invalid_phone"),
        ({"birthday": "31.12.1999"}, "/birthday", "invalid_date"),
        ({"birthday": "9999-12-31"}, "/birthday", "in_the_future"),
        ({"joined_at": "9999-12-31T00:00:00Z"}, "/joined_at", "in_the_future"),
        ({"joined_at": "2026-05-01T10:06:00Z"}, "/joined_at", "in_the_future"),
        ({"joined_at": "2026-05-01 10:00"}, "/joined_at", "invalid_time"),
        ({"timezone": "Mars/Olympus"}, "/timezone", "unknown_timezone"),
        ({"attributes": {"a": {"b": 1}}}, "/attributes/a", "wrong_type"),
        ({"attributes": {"a": 10**30}}, "/attributes/a", "out_of_range"),
    ],
)
def test_a_faulty_field_is_refused_and_nobody_is_enrolled(door, body, pointer, code):
    answer = door.put("/members/ada", body)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "email=ada@example.org",
        "email=ADA@Example.org",
        "phone=%2B4930123456",
        "phone=+4930123456",
        "email=ada@example.org&phone=%2B4930123456",
    ],
)
def test_a_member_is_looked_up_at_the_till(door, query):
    door.put("/members/ada", {"email": "ada@example.org", "phone": "+4930123456"})
    door.put("/members/bea", {"email": "bea@example.org"})

    found = door.get(f"/members?{query}").json()["results"]

    assert [member["id"] for member in found] == ["ada"]


@pytest.mark.parametrize("typed", ["HC-1234-5678", "hc12345678", "HC%201234%205678"])
def test_a_card_is_found_however_it_is_typed(door, typed):
    door.put("/members/ada", {"card": "HC 1234 5678"})

    found = door.get(f"/members?card={typed}").json()["results"]

    assert [member["id"] for member in found] == ["ada"]


def test_two_ways_to_write_one_card_are_one_card(door):
    door.put("/members/ada", {"card": "hc 1234 5678"})

    answer = door.put("/members/bea", {"card": "HC-1234-5678"})

    assert (answer.status_code, answer.json()["code"]) == (409, "address_taken")


def test_nobody_is_an_empty_list(door, ada):
    found = [door.get(f"/members?{q}").json() for q in ("email=x@example.org", "card=1")]

    assert [one["results"] for one in found] == [[], []]


def test_a_wallet_says_what_is_to_come(db):
    door = Door(make_key(make_program(HELD_BACK)))
    door.put("/members/ada", {})
    door.put("/orders/1", order())

    answer = door.get("/members/ada/wallets").json()

    assert answer == {
        "at": "2026-05-01T10:00:00Z",
        "wallets": {
            "points": EMPTY
            | {
                "pending": 50,
                "lifetime_earned": 50,
                "expiring": [{"at": "2027-05-15T10:00:00Z", "points": 50}],
                "activating": [{"at": "2026-05-15T10:00:00Z", "points": 50}],
            }
        },
    }


@pytest.mark.parametrize(
    ("at", "available", "pending"),
    [
        ("2026-05-01T09:59:59Z", 0, 0),
        ("2026-05-01T10:00:00Z", 0, 50),
        ("2026-05-15T09:59:59Z", 0, 50),
        ("2026-05-15T10:00:00Z", 50, 0),
        ("2026-05-15T12:00:00%2B02:00", 50, 0),
        ("2026-05-15T12:00:00+02:00", 50, 0),
        ("2027-05-15T10:00:00Z", 0, 0),
    ],
)
def test_a_wallet_may_be_asked_for_at_any_moment(db, at, available, pending):
    door = Door(make_key(make_program(HELD_BACK)))
    door.put("/members/ada", {"joined_at": "2026-04-01T00:00:00Z"})
    door.put("/orders/1", order())

    wallet = door.get(f"/members/ada/wallets?at={at}").json()["wallets"]["points"]

    assert (wallet["available"], wallet["pending"]) == (available, pending)


def test_a_sandbox_clock_changes_what_is_available_though_no_job_ran(db):
    program = make_program(HELD_BACK)
    door = Door(make_key(program))
    door.put("/members/ada", {})
    door.put("/orders/1", order())

    # Only the hand of the clock moves; nothing that is due is done.
    Program.objects.filter(pk=program.pk).update(clock_at=NOON + timedelta(days=15))

    wallet = door.get("/members/ada").json()["wallets"]["points"]
    assert (wallet["available"], wallet["pending"]) == (50, 0)


def test_what_you_have_already_is_not_sent_again(door, ada):
    first = door.get("/members/ada")

    again = door.get("/members/ada", If_None_Match=first["ETag"])
    adjust(door, "ada", 1)
    changed = door.get("/members/ada", If_None_Match=first["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_weak_or_listed_etag_counts_as_well(door, ada):
    etag = door.get("/members/ada")["ETag"]

    stated = [f"W/{etag}", f'"other", {etag}', "*"]

    assert {door.get("/members/ada", If_None_Match=e).status_code for e in stated} == {304}


def test_reading_a_member_takes_three_queries(door, ada, django_assert_num_queries):
    door.get("/members/ada")

    with django_assert_num_queries(3):
        door.get("/members/ada")
