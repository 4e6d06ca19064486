"""Members' lives: suspended, merged, taken apart, erased, exported."""

import json

import pytest
from django.db import connection

from loyalty.models import Member, Merge
from storefront.models import IdempotencyKey
from tests.storefront.conftest import SHOP, Door, adjust, make_key, order
from tests.storefront.rewarding import (
    enrol,
    faults,
    make_shop,
    pass_time,
    redeem,
    redeemed,
    refusal,
    shopper,
    wallet,
)


@pytest.fixture
def shop(db):
    """A shop with Ada, who has 1000 points, and Bob, who has 50."""
    door = make_shop()
    enrol(door)
    enrol(door, "bob", 50)
    return door


def merge(door, who="bob", key="m", **body):
    return door.post(f"/members/{who}/merge", {"into": "ada", **body}, Idempotency_Key=key)


def unmerge(door, who="bob", key="u"):
    return door.post(f"/members/{who}/unmerge", {}, Idempotency_Key=key)


def suspend(door, **body):
    return door.post("/members/ada/suspend", body)


def test_a_suspended_member_earns_and_redeems_nothing(shop):
    answer = suspend(shop, earning=True, redeeming=True, reason="card stolen")

    assert (answer.status_code, answer.json()["status"]) == (200, "suspended")
    assert shop.put("/orders/1", order()).json()["points"][0]["target"] == 0
    assert refusal(redeem(shop, reward="coffee")) == (409, "member_suspended")


def test_both_are_suspended_unless_one_is_not(shop):
    suspend(shop)
    assert refusal(redeem(shop, "r1", reward="coffee")) == (409, "member_suspended")

    suspend(shop, redeeming=False)

    assert redeem(shop, "r2", reward="coffee").status_code == 201
    assert shop.put("/orders/1", order()).json()["points"][0]["target"] == 0


def test_suspending_nothing_is_refused(shop):
    assert faults(suspend(shop, earning=False, redeeming=False)) == [("", "nothing_suspended")]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"earning": "yes"}, ("/earning", "wrong_type")),
        ({"earnings": True}, ("/earnings", "unknown_field")),
        ({"reason": "x" * 256}, ("/reason", "too_long")),
    ],
)
def test_a_faulty_suspension_changes_nothing(shop, body, fault):
    assert faults(suspend(shop, **body)) == [fault]
    assert shop.get("/members/ada").json()["status"] == "active"


def test_a_reactivated_member_goes_on(shop):
    suspend(shop)

    answer = shop.post("/members/ada/reactivate", {})

    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert redeem(shop, reward="coffee").status_code == 201


def test_suspending_twice_and_reactivating_twice_are_harmless(shop):
    assert [suspend(shop).status_code for _ in range(2)] == [200, 200]
    again = [shop.post("/members/ada/reactivate").status_code for _ in range(2)]
    assert again == [200, 200]


def test_a_merged_id_means_the_survivor(shop):
    answer = merge(shop)

    assert answer.status_code == 200
    body = answer.json()
    assert (body["merged"], body["into"], body["undone_at"]) == ("bob", "ada", None)
    assert body["undo_until"] == "2026-05-31T10:00:00Z"
    assert body["member"]["id"] == "ada"
    assert shop.get("/members/bob").json() == shop.get("/members/ada").json()
    assert wallet(shop, "bob") == (1050, 0)


def test_what_is_asked_of_a_merged_id_is_done_to_the_survivor(shop):
    merge(shop)

    assert redeemed(shop, member="bob", reward="coffee")["member"] == "ada"
    adjust(shop, "bob", 7)
    assert wallet(shop) == (957, 100)
    assert shopper(shop, "bob").get("/me").json()["id"] == "ada"


def test_orders_are_found_by_either_id_once_they_are_one(shop):
    shop.put("/orders/1", order(member="bob"))
    merge(shop)

    for member in ("bob", "ada"):
        [found] = shop.get(f"/orders?member={member}").json()["results"]
        assert (found["id"], found["member"]) == ("1", "ada")


def test_a_merge_sent_again_is_answered_again(shop):
    first, again = merge(shop), merge(shop)

    assert again["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert Merge.objects.count() == 1


def test_merging_again_is_refused(shop):
    merge(shop, key="m1")

    assert refusal(merge(shop, key="m2")) == (409, "already_merged")


def test_a_member_cannot_be_merged_into_itself_or_nobody(shop):
    assert refusal(merge(shop, who="ada")) == (409, "same_member")
    assert refusal(merge(shop, key="n", into="nobody")) == (404, "not_found")
    assert refusal(merge(shop, who="nobody", key="o")) == (404, "not_found")


def test_a_merge_needs_to_be_told_into_whom_and_a_key(shop):
    assert faults(merge(shop, into=None)) == [("/into", "required")]
    answer = shop.post("/members/bob/merge", {"into": "ada"})
    assert refusal(answer) == (400, "idempotency_key_required")


def test_members_of_two_programs_are_not_merged(shop, other_program):
    other = Door(make_key(other_program))
    other.put("/members/eve", {})

    assert refusal(merge(shop, into="eve")) == (404, "not_found")
    assert refusal(merge(other, who="eve")) == (404, "not_found")


def test_points_that_are_reserved_stand_against_a_merge(shop):
    redeemed(shop, member="bob", reward="half")

    assert refusal(merge(shop)) == (409, "redemption_open")


def test_a_token_of_a_merged_member_is_over(shop):
    token = shopper(shop, "bob")
    merge(shop)

    assert refusal(token.get("/me")) == (401, "invalid_token")


def test_a_merge_can_be_undone(shop):
    merge(shop)

    answer = unmerge(shop)

    assert answer.status_code == 200
    assert answer.json()["member"]["id"] == "bob"
    assert answer.json()["undone_at"] == "2026-05-01T10:00:00Z"
    assert (wallet(shop, "bob"), wallet(shop)) == ((50, 0), (1000, 0))


@pytest.fixture
def party(db):
    """A shop that gives birthday points, with Ada, and Bob whose birthday is in two days."""
    door = make_shop(SHOP + "  birthday: {on: birthday, award: {points: 200}}\n")
    enrol(door, points=0)
    enrol(door, "bob", points=0, birthday="1990-05-03")
    return door


def test_a_birthday_before_a_merge_is_paid_though_no_job_has_run(party):
    pass_time("2026-05-03T08:00:00Z")

    merge(party)

    assert wallet(party) == (200, 0)


def test_a_birthday_between_a_merge_and_its_undoing_is_paid_once(party):
    merge(party)
    pass_time("2026-05-04T08:00:00Z")

    unmerge(party)

    assert (wallet(party), wallet(party, "bob")) == ((200, 0), (0, 0))


def test_an_undone_merge_is_not_undone_twice(shop):
    merge(shop)
    unmerge(shop, key="u1")

    assert refusal(unmerge(shop, key="u2")) == (409, "already_undone")


def test_what_was_never_merged_is_not_undone(shop):
    assert refusal(unmerge(shop)) == (404, "not_found")


def test_a_merge_is_undone_within_30_days(shop):
    merge(shop)
    shop.put("/clock", {"now": "2026-05-31T10:00:00Z"})

    assert refusal(unmerge(shop)) == (409, "undo_too_late")


def test_lists_have_whoever_is_somebody_now(shop):
    shop.patch("/members/bob", {"email": "bob@example.org"})
    merge(shop)

    assert [each["id"] for each in shop.get("/members").json()["results"]] == ["ada"]
    found = shop.get("/members?email=bob@example.org").json()["results"]
    assert [each["id"] for each in found] == ["ada"]


def test_an_erased_member_is_not_there_any_more(shop):
    answer = shop.ask("DELETE", "/members/ada")

    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(shop.get("/members/ada")) == (404, "not_found")
    assert [each["id"] for each in shop.get("/members").json()["results"]] == ["bob"]


def test_erasing_again_is_harmless_and_erasing_nobody_is_404(shop):
    codes = [shop.ask("DELETE", "/members/ada").status_code for _ in range(2)]

    assert codes == [204, 204]
    assert refusal(shop.ask("DELETE", "/members/nobody")) == (404, "not_found")


def test_erasing_under_a_key_is_answered_again_without_a_body(shop):
    answers = [shop.ask("DELETE", "/members/ada", Idempotency_Key="e") for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert not any(answer.has_header("Content-Type") for answer in answers)


def test_an_erased_member_does_not_come_back(shop):
    shop.ask("DELETE", "/members/ada")

    assert refusal(shop.put("/members/ada", {})) == (409, "member_erased")
    assert refusal(shop.post("/members/ada/tokens", {})) == (404, "not_found")


def test_a_member_of_another_program_is_not_erased(shop, other_program):
    other = Door(make_key(other_program))

    assert refusal(other.ask("DELETE", "/members/ada")) == (404, "not_found")
    assert shop.get("/members/ada").status_code == 200


def test_answers_that_are_kept_forget_an_erased_member(shop):
    body = {"name": "Ada Lovelace", "email": "ada.l@example.org"}
    shop.put("/members/ada", body, Idempotency_Key="put")
    redeemed(shop, reward="coffee")
    redeemed(shop, "bobs", member="bob", reward="half")
    suspend(shop)
    shop.post("/members/ada/adjustments", {"point_type": "points", "points": 1, "reason": "x"},
              Idempotency_Key="a")  # fmt: skip
    bobs = IdempotencyKey.objects.get(key="bobs")

    shop.ask("DELETE", "/members/ada")

    kept = b"".join(bytes(row.body or b"") for row in IdempotencyKey.objects.all())
    assert b"ada" not in kept
    assert b"Lovelace" not in kept
    again = shop.put("/members/ada", body, Idempotency_Key="put")
    assert refusal(again) == (409, "member_erased")
    assert IdempotencyKey.objects.get(key="bobs").body == bobs.body


def test_keys_that_name_an_erased_member_forget_it_and_still_answer(shop):
    stated = {"point_type": "points", "points": 5, "reason": "gift"}
    key = {"Idempotency_Key": "gift-of-ADA-to-bob"}
    given = shop.post("/members/bob/adjustments", stated, **key)

    shop.ask("DELETE", "/members/ada")

    assert tables_with("gift-of-ada") == []
    again = shop.post("/members/bob/adjustments", stated, **key)
    assert again.content == given.content
    assert wallet(shop, "bob") == (55, 0)
    other = shop.post("/members/bob/adjustments", stated | {"points": 6}, **key)
    assert refusal(other) == (422, "idempotency_key_reused")


def test_nothing_in_the_database_tells_of_an_erased_member(shop):
    shop.put("/members/ada", {"name": "Zuleika Q", "email": "zuleika@example.org",
                              "phone": "+4930999888777", "card": "77-88-99",
                              "attributes": {"shoe": "zuleika-shoe"}})  # fmt: skip
    shop.put("/orders/1", order(member="ada", attributes={"gift_for": "Zuleika Q"}))
    me = shopper(shop)
    me.post("/me/redemptions", {"reward": "coffee"}, Idempotency_Key="mine")

    shop.ask("DELETE", "/members/ada")

    assert tables_with("zuleika") == tables_with("999888777") == tables_with("778899") == []
    assert shop.get("/orders/1").status_code == 200


def tables_with(text):
    """Return which tables hold a text anywhere."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = cursor.fetchall()
            plain = "\n".join(str(_readable(value)) for row in rows for value in row)
            if text.lower() in plain.lower():
                found.append(table)
    return found


def _readable(value):
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    return value


def test_an_export_has_everything_of_a_member(shop):
    shop.put("/orders/1", order())
    redeemed(shop, reward="coffee")

    answer = shop.get("/members/ada/export")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    document = json.loads(answer.getvalue())
    assert document["member"]["id"] == "ada"
    assert [each["id"] for each in document["orders"]] == ["1"]
    assert [each["kind"] for each in document["entries"]] == ["adjust", "earn", "hold"]
    assert [each["reward"] for each in document["redemptions"]] == ["coffee"]


def test_there_is_no_export_of_nobody(shop, other_program):
    other = Door(make_key(other_program))

    assert refusal(other.get("/members/ada/export")) == (404, "not_found")


@pytest.mark.parametrize("what", ["suspend", "reactivate", "unmerge", "merge"])
def test_what_is_another_programs_is_not_there(shop, other_program, what):
    other = Door(make_key(other_program))
    body = {"into": "ada"} if what == "merge" else {}

    answer = other.post(f"/members/ada/{what}", body, Idempotency_Key="k")

    assert refusal(answer) == (404, "not_found")
    assert Member.objects.get(external_id="ada").status == "active"
