"""Everything about a member, as one document."""

import json
from datetime import timedelta

import pytest

from core.zones import written
from loyalty.queries.export import export_chunks, member_export
from loyalty.services.adjustments import Requested
from loyalty.services.merging import merge_members, undo_merge
from tests.factories import (
    NOON,
    give_points,
    make_member,
    make_program,
    make_rewards,
    redeem,
    state_event,
    state_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    program = make_program()
    ada = make_member(
        program,
        name="Ada",
        email="ada@example.org",
        consents={"email": True},
        attributes={"b": 1},
    )
    state_order(program, amount=4000)
    state_event(program)
    give_points(ada, 5, note="a promise")
    return ada


def test_an_export_has_every_kind_of_row(ada):
    document = member_export(ada, at=NOON)

    assert {name: len(rows) for name, rows in document.items() if isinstance(rows, list)} == {
        "merged": 0,
        "consents": 1,
        "orders": 1,
        "events": 2,
        "entries": 2,
        "adjustments": 1,
        "redemptions": 0,
        "vouchers": 0,
        "voucher_uses": 0,
        "merges": 0,
        "decisions": 3,
        "announcements": 3,
    }
    assert document["member"]["email"] == "ada@example.org"
    assert document["wallets"]["points"]["available"] == 45
    assert document["adjustments"][0]["note"] == "a promise"


def test_an_export_is_the_same_each_time(ada):
    assert member_export(ada, at=NOON) == member_export(ada, at=NOON)


def test_an_export_piece_by_piece_is_the_same_document(ada):
    assert json.loads("".join(export_chunks(ada, at=NOON))) == member_export(ada, at=NOON)


def test_an_export_has_nothing_of_anybody_else(ada):
    state_order(ada.program, "2002", member="bob", amount=100)
    make_member(ada.program, "bob", email="bob@example.org")

    assert "bob" not in "".join(export_chunks(ada, at=NOON))


def test_who_was_merged_is_part_of_it(ada):
    twin = make_member(ada.program, "twin", email="twin@example.org")
    merge_members(member=twin, into=ada, requested=Requested("m-1", NOON))

    document = member_export(ada, at=NOON)

    assert [one["id"] for one in document["merged"]] == ["twin"]
    assert [one["email"] for one in document["merged"]] == ["twin@example.org"]


def test_an_export_tells_when_and_why_members_were_merged(ada):
    twin = make_member(ada.program, "twin")
    asked = Requested("m-1", NOON)
    merge_members(member=twin, into=ada, requested=asked, reason="enrolled twice")

    assert member_export(ada, at=NOON)["merges"] == [
        {
            "merged": "twin",
            "reason": "enrolled twice",
            "merged_at": written(NOON),
            "undone_at": None,
        }
    ]


def test_a_merge_that_was_undone_does_not_tell_who_the_other_was(ada):
    twin = make_member(ada.program, "twin")
    done = merge_members(member=ada, into=twin, requested=Requested("m-1", NOON))
    undo_merge(merge=done, at=NOON)
    ada.refresh_from_db()

    (told,) = member_export(ada, at=NOON)["merges"]

    assert (told["merged"], told["undone_at"]) == ("ada", written(NOON))


def test_an_export_tells_where_codes_were_used(ada):
    make_rewards(ada.program, ten={"cost": {"points": 5}, "gives": {"fixed": "10.00"}})
    code = redeem(ada, "ten", capture=True).voucher.shown
    state_order(ada.program, "1002", amount=4000, vouchers=[code])

    assert member_export(ada, at=NOON)["voucher_uses"] == [
        {
            "code": code,
            "order": "1002",
            "subtotal": 4000,
            "discount": 1000,
            "used_at": written(NOON),
            "released_at": None,
        }
    ]


def test_an_export_tells_that_a_hold_is_over_though_nobody_noted_it(ada):
    make_rewards(ada.program, coffee={"cost": {"points": 5}, "gives": {"free_product": "X"}})
    held = redeem(ada, "coffee")

    before = member_export(ada, at=NOON)["redemptions"][0]
    after = member_export(ada, at=NOON + timedelta(hours=1))["redemptions"][0]

    assert (before["status"], before["settled_at"]) == ("held", None)
    assert (after["status"], after["settled_at"]) == ("expired", written(held.expires_at))
