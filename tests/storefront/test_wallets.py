"""What is looked up to tell what a member has."""

from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import Member, Program
from loyalty.services.adjustments import Requested
from loyalty.services.merging import merge_members
from tests.storefront.conftest import NOON, SHOP, Door, adjust, make_key, make_program, order


def available(door, member):
    answer = door.get(f"/members/{member}/wallets")
    return answer.json()["wallets"]["points"]["available"]


def statements(door, path):
    with CaptureQueriesContext(connection) as asked:
        assert door.get(path).status_code == 200
    return len(asked)


def test_wallets_take_one_statement_beside_that_of_the_key(door, ada):
    door.get("/members/ada/wallets")
    before = statements(door, "/members/ada/wallets")
    for number in ("1", "2", "3"):
        door.put(f"/orders/{number}", order(member="ada"))

    assert (before, statements(door, "/members/ada/wallets")) == (2, 2)


def test_a_merged_id_tells_what_the_survivor_has(door, ada):
    door.put("/members/bob", {})
    adjust(door, "bob", 50)
    bob, survivor = Member.objects.get(external_id="bob"), Member.objects.get(external_id=ada)
    merge_members(member=bob, into=survivor, requested=Requested("m-1", NOON))

    assert (available(door, "bob"), available(door, "ada")) == (150, 150)


def test_a_birthday_that_nobody_has_stated_is_in_the_wallet(db):
    birthday = "  birthday: {on: birthday, award: {points: 25}}\n"
    door = Door(make_key(make_program(SHOP + birthday)))
    door.put("/members/ada", {"birthday": "1990-05-02"})
    Program.objects.update(clock_at=datetime(2026, 5, 2, 8, tzinfo=UTC))

    assert available(door, "ada") == 25
