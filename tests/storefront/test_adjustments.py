"""Points that a person gives, takes, passes on, or undoes."""

import pytest

from loyalty.models import Adjustment, Entry, Program
from tests.storefront.conftest import adjust

GIFT = {"point_type": "points", "points": 30, "reason": "goodwill"}


def post(door, body, path="/members/ada/adjustments", key="k"):
    return door.post(path, body, Idempotency_Key=key)


def wallet(door, member="ada"):
    return door.get(f"/members/{member}").json()["wallets"]["points"]


def test_a_gift_is_answered_with_its_entry(door, ada):
    answer = post(door, GIFT)

    assert answer.status_code == 201
    body = answer.json()
    assert {name: body[name] for name in ("kind", "points", "point_type", "reason", "seq")} == {
        "kind": "adjust",
        "points": 30,
        "point_type": "points",
        "reason": "goodwill",
        "seq": 2,
    }
    assert body["movement"] == {"available": 30, "pending": 0, "held": 0, "debt": 0}
    assert body["after"] == {"available": 130, "pending": 0, "held": 0, "debt": 0}
    assert body["source"]["type"] == "adjustment"
    assert (body["reverses"], body["decision"]) == (None, None)
    assert door.get("/members/ada/entries?limit=1").json()["results"] == [body]


def test_points_are_taken_from_what_is_available(door, ada):
    assert post(door, GIFT | {"points": -100}).status_code == 201
    assert wallet(door)["available"] == 0


def test_more_than_is_available_is_refused_and_changes_nothing(door, ada):
    answer = post(door, GIFT | {"points": -101})

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_points")
    assert (answer.json()["short_by"], answer.json()["available"]) == (1, 100)
    assert answer.json()["detail"] == "1 point short: 100 available"
    assert wallet(door)["available"] == 100


def test_with_allow_debt_more_can_be_taken(door, ada):
    answer = post(door, GIFT | {"points": -101, "allow_debt": True})

    assert answer.status_code == 201
    assert (wallet(door)["available"], wallet(door)["debt"]) == (0, 1)


@pytest.mark.parametrize(
    ("more", "expires_at"),
    [
        ({}, "2027-05-01T10:00:00Z"),
        ({"expires_at": None}, None),
        ({"expires_at": "2026-06-01T00:00:00+02:00"}, "2026-05-31T22:00:00Z"),
        ({"occurred_at": "2026-04-01T10:00:00Z"}, "2027-04-01T10:00:00Z"),
    ],
)
def test_points_expire_by_policy_or_as_stated(door, ada, more, expires_at):
    assert post(door, GIFT | more).json()["expires_at"] == expires_at


def test_points_may_be_given_for_later(door, ada):
    post(door, GIFT | {"available_at": "2026-05-08T10:00:00Z"})

    assert (wallet(door)["available"], wallet(door)["pending"]) == (100, 30)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"points": 0}, "/points", "out_of_range"),
        ({"points": "30"}, "/points", "wrong_type"),
        ({"points": True}, "/points", "wrong_type"),
        ({"points": 30.0}, "/points", "not_an_integer"),
        ({"points": 10**30}, "/points", "out_of_range"),
        ({"points": -(2**63)}, "/points", "out_of_range"),
        ({"points": None}, "/points", "required"),
        ({"reason": ""}, "/reason", "blank"),
        ({"reason": "x" * 61}, "/reason", "too_long"),
        ({"reason": None}, "/reason", "required"),
        ({"point_type": "pionts"}, "/point_type", "unknown_point_type"),
        ({"note": "a\0"}, "/note", "nul_character"),
        ({"ocurred_at": "2026-05-01T10:00:00Z"}, "/ocurred_at", "unknown_field"),
        ({"occurred_at": "2026-05-01T10:06:00Z"}, "/occurred_at", "in_the_future"),
        ({"expires_at": "2026-05-01T10:00:00Z"}, "/expires_at", "inconsistent"),
        ({"occurred_at": "9999-12-31T23:59:59Z"}, "/occurred_at", "in_the_future"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "/expires_at", "out_of_range"),
        ({"available_at": "9999-12-31T23:59:59Z"}, "/available_at", "out_of_range"),
        (
            {"points": -5, "available_at": "2026-05-02T10:00:00Z"},
            "/available_at",
            "inconsistent",
        ),
        ({"points": -5, "expires_at": "2027-05-02T10:00:00Z"}, "/expires_at", "inconsistent"),
        ({"allow_debt": "yes"}, "/allow_debt", "wrong_type"),
    ],
)
def test_a_faulty_adjustment_is_refused_by_name_and_changes_nothing(
    door, ada, change, pointer, code
):
    answer = post(door, GIFT | change)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert Adjustment.objects.count() == 1
    assert wallet(door)["available"] == 100


def test_points_that_no_wallet_can_hold_are_refused(door, ada):
    answer = post(door, GIFT | {"points": 2**63 - 1})

    assert answer.status_code in (400, 409)
    assert wallet(door)["available"] == 100


def test_above_the_threshold_a_second_person_decides(door, ada, program):
    Program.objects.filter(pk=program.pk).update(adjustment_approval_above=29)

    answer = post(door, GIFT)

    assert (answer.status_code, answer.json()["status"]) == (202, "awaiting_approval")
    assert answer.json()["points"] == 30
    assert wallet(door)["available"] == 100


def test_at_the_threshold_nobody_is_asked(door, ada, program):
    Program.objects.filter(pk=program.pk).update(adjustment_approval_above=30)

    assert post(door, GIFT).status_code == 201


def test_a_transfer_moves_points_and_keeps_their_expiry(door, ada):
    door.put("/members/bob", {})
    body = {"to": "bob", "point_type": "points", "points": 40}

    answer = post(door, body, "/members/ada/transfers")

    assert (answer.status_code, answer.json()["kind"]) == (201, "transfer_out")
    assert (wallet(door)["available"], wallet(door, "bob")["available"]) == (60, 40)
    [received] = door.get("/members/bob/entries").json()["results"]
    assert received["expires_at"] == "2027-05-01T10:00:00Z"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"points": 101}, 409, "insufficient_points"),
        ({"to": "ada"}, 409, "same_member"),
        ({"to": "nobody"}, 404, "not_found"),
        ({"points": 0}, 400, "out_of_range"),
        ({"points": -1}, 400, "negative"),
        ({"point_type": "x"}, 400, "unknown_point_type"),
        ({"too": "bob"}, 400, "unknown_field"),
    ],
)
def test_a_faulty_transfer_is_refused_and_moves_nothing(door, ada, change, status, code):
    door.put("/members/bob", {})
    body = {"to": "bob", "point_type": "points", "points": 40} | change

    answer = post(door, body, "/members/ada/transfers")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (wallet(door)["available"], wallet(door, "bob")["available"]) == (100, 0)


def test_an_adjustment_is_undone_by_a_new_entry(door, ada):
    gift = post(door, GIFT).json()

    answer = post(door, {"reason": "typed twice"}, f"/entries/{gift['id']}/reverse", key="r")

    body = answer.json()
    assert (answer.status_code, body["points"]) == (201, -30)
    assert (body["reverses"], body["reason"]) == (gift["id"], "typed twice")
    assert wallet(door)["available"] == 100


def test_an_entry_is_undone_once(door, ada):
    gift = post(door, GIFT).json()
    path = f"/entries/{gift['id']}/reverse"
    post(door, {"reason": "typed twice"}, path, key="r-1")

    answer = post(door, {"reason": "typed twice"}, path, key="r-2")

    assert (answer.status_code, answer.json()["code"]) == (409, "already_reversed")
    assert wallet(door)["available"] == 100


def test_what_a_fact_has_earned_cannot_be_undone_by_hand(door, ada):
    door.post("/events", {"id": "e", "type": "review", "member": "ada"})
    [earned, _] = door.get("/members/ada/entries").json()["results"]

    answer = post(door, {"reason": "x"}, f"/entries/{earned['id']}/reverse")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_reversible")
    assert wallet(door)["available"] == 150


def test_a_reversal_needs_a_reason(door, ada):
    entry = Entry.objects.get()

    answer = post(door, {}, f"/entries/ent_{entry.pk}/reverse")

    assert (answer.status_code, answer.json()["code"]) == (400, "required")
    assert wallet(door)["available"] == 100


def test_the_reversal_of_a_gift_that_was_spent_is_refused(door, ada):
    gift = adjust(door, "ada", 30)
    adjust(door, "ada", -110)

    answer = post(door, {"reason": "x"}, f"/entries/{gift['id']}/reverse")

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_points")
    assert wallet(door)["available"] == 20
