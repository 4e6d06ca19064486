"""Batches: exactly as if the facts were stated one by one."""

import json

import pytest

from loyalty.models import Member, MemberEvent, Order
from tests.storefront.conftest import Door, make_key, order

ADA = {"kind": "member", "id": "ada", "name": "Ada"}
PAID = {"kind": "order", "id": "1001", **order()}
REVIEW = {"kind": "event", "id": "rev-9", "type": "review", "member": "ada"}
BROKEN = {"kind": "order", "id": "1002", "status": "paid", "lines": [{"unit_prize": 5}]}


def send(door, *lines, path="/batches", **headers):
    """Send lines; bytes go as they are."""
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines]
    headers.setdefault("Content_Type", "application/x-ndjson")
    return door.post(path, b"\n".join(texts), **headers)


def statuses(answer):
    return [(one["line"], one["status"]) for one in answer.json()["results"]]


def test_each_line_is_answered_like_the_fact_by_itself(door):
    answer = send(door, ADA, PAID, REVIEW)

    assert answer.status_code == 200
    member, paid, review = answer.json()["results"]
    assert member == {"line": 1, "status": 201, "applied": True, "id": "ada"}
    assert (paid["line"], paid["status"], paid["points"][0]["delta"]) == (2, 201, 50)
    assert (review["id"], review["wallets"]["points"]["available"]) == ("rev-9", 100)


def test_a_batch_leaves_the_same_behind_as_its_lines_one_by_one(door, other_program):
    other = Door(make_key(other_program))
    send(door, ADA, PAID, PAID, REVIEW, PAID | {"status": "cancelled"})

    other.put("/members/ada", {"name": "Ada"})
    for body in (order(), order()):
        other.put("/orders/1001", body)
    other.post("/events", {"id": "rev-9", "type": "review", "member": "ada"})
    other.put("/orders/1001", order(status="cancelled"))

    def entries(door):
        rows = door.get("/members/ada/entries").json()["results"]
        return [(row["seq"], row["kind"], row["points"], row["after"]) for row in rows]

    assert entries(door) == entries(other)
    assert door.get("/members/ada").json() == other.get("/members/ada").json()


def test_a_repeat_says_so(door):
    send(door, ADA, PAID)

    _, paid = send(door, ADA, PAID).json()["results"]

    assert (paid["status"], paid["applied"]) == (200, False)


def test_a_line_that_is_refused_does_not_stop_the_others(door):
    conflict = REVIEW | {"properties": {"stars": 1}}

    answer = send(door, ADA, b"{", REVIEW, BROKEN, conflict, PAID)

    assert statuses(answer) == [(1, 201), (2, 400), (3, 201), (4, 400), (5, 409), (6, 201)]
    _, no_json, _, broken, conflict, _ = answer.json()["results"]
    assert no_json["code"] == "invalid_json"
    assert "/lines/0/unit_prize" in {error["pointer"] for error in broken["errors"]}
    assert conflict["code"] == "conflicting_fact"


@pytest.mark.parametrize(
    ("line", "pointer", "code"),
    [
        (b"[]", "", "wrong_type"),
        (b"5", "", "wrong_type"),
        ({"id": "1"}, "/kind", "invalid_choice"),
        ({"kind": "refund"}, "/kind", "invalid_choice"),
        ({"kind": ["order"]}, "/kind", "invalid_choice"),
        ({"kind": "member"}, "/id", "required"),
        ({"kind": "member", "id": 5}, "/id", "wrong_type"),
        ({"kind": "order", "status": "paid", "subtotal": 5}, "/id", "required"),
        ({"kind": "event", "type": "x", "member": "ada"}, "/id", "required"),
        ({"kind": "member", "id": "a\0"}, "/id", "nul_character"),
        ({"kind": "member", "id": "\ud800"}, "/id", "not_unicode"),
    ],
)
def test_a_faulty_line_is_refused_by_name(door, line, pointer, code):
    [result] = send(door, line).json()["results"]

    assert result["status"] == 400
    assert [(e["pointer"], e["code"]) for e in result["errors"]] == [(pointer, code)]


def test_empty_lines_are_skipped_and_counted(door):
    answer = send(door, b"", ADA, b"  ", PAID, b"")

    assert statuses(answer) == [(2, 201), (4, 201)]


def test_an_empty_batch_has_no_results(door):
    assert send(door).json() == {"results": []}


def test_each_line_needs_its_own_scope(program):
    answer = send(Door(make_key(program, "members", "orders")), ADA, REVIEW, PAID)

    assert statuses(answer) == [(1, 201), (2, 403), (3, 201)]
    assert answer.json()["results"][1]["code"] == "insufficient_scope"
    assert not MemberEvent.objects.filter(type="review").exists()


def test_a_thousand_lines_are_done_at_once(door):
    lines = [{"kind": "member", "id": f"m-{number}"} for number in range(1000)]

    answer = send(door, *lines)

    assert {one["status"] for one in answer.json()["results"]} == {201}
    assert Member.objects.count() == 1000


def test_more_than_a_thousand_lines_are_refused(door):
    answer = send(door, *[ADA] * 1001)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_lines")
    assert not Member.objects.exists()


def test_an_atomic_batch_is_done_as_a_whole(door):
    assert statuses(send(door, ADA, PAID, path="/batches?atomic=true")) == [(1, 201), (2, 201)]


def test_an_atomic_batch_with_a_faulty_line_does_nothing(door):
    answer = send(door, ADA, PAID, BROKEN, path="/batches?atomic=true")

    assert answer.status_code == 400
    places = {(error["pointer"], error["line"]) for error in answer.json()["errors"]}
    assert ("/3/lines/0/unit_prize", 3) in places
    assert not Member.objects.exists()


def test_an_atomic_batch_with_a_refused_line_does_nothing(door):
    conflict = REVIEW | {"properties": {"stars": 1}}

    answer = send(door, ADA, b"", REVIEW, conflict, path="/batches?atomic=true")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflicting_fact")
    assert answer.json()["line"] == 4
    assert not Member.objects.exists()


def test_an_atomic_batch_without_a_scope_does_nothing(program):
    door = Door(make_key(program, "members"))

    answer = send(door, ADA, PAID, path="/batches?atomic=true")

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert answer.json()["line"] == 2
    assert not Member.objects.exists()


def test_of_several_lines_that_an_atomic_batch_is_refused_for_the_first_is_named(door):
    send(door, REVIEW, PAID | {"version": 1})
    conflicts = [PAID | {"version": 1, "subtotal": 5, "lines": []}, REVIEW | {"type": "visit"}]

    answer = send(door, ADA, *conflicts, path="/batches?atomic=true")

    assert (answer.json()["line"], answer.json()["code"]) == (2, "version_conflict")


def test_broken_json_is_told_by_the_line_of_the_batch(door):
    broken = b'{"kind": "event" "id"}'

    _, _, alone = send(door, ADA, ADA, broken).json()["results"]
    [error] = send(door, ADA, ADA, broken, path="/batches?atomic=true").json()["errors"]

    assert (alone["line"], alone["column"]) == (3, 18)
    assert error["detail"] == "Expecting ',' delimiter at line 3, column 18."
    assert (error["pointer"], error["line"]) == ("/3", 3)


@pytest.mark.parametrize("atomic", ["yes", "1", "True", ""])
def test_atomic_is_true_or_false(door, atomic):
    answer = send(door, ADA, path=f"/batches?atomic={atomic}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_choice")
    assert not Member.objects.exists()


def test_a_batch_is_no_json_document(door):
    answer = send(door, ADA, Content_Type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_batch_may_be_repeated_under_a_key(door):
    first = send(door, ADA, PAID, Idempotency_Key="b")
    again = send(door, ADA, PAID, Idempotency_Key="b")

    assert again.content == first.content
    assert Order.objects.count() == 1
