"""Events and decisions over HTTP."""

import pytest

from loyalty.models import MemberEvent
from tests.storefront.conftest import order

REVIEW = {"id": "rev-9", "type": "review", "member": "ada", "properties": {"stars": 5}}


@pytest.fixture
def ada(door):
    """The id of a member without points."""
    door.put("/members/ada", {})
    return "ada"


def test_an_event_earns_and_is_answered_like_an_order(door, ada):
    answer = door.post("/events", REVIEW)

    body = answer.json()
    assert answer.status_code == 201
    assert (body["id"], body["type"], body["applied"]) == ("rev-9", "review", True)
    assert body["occurred_at"] == "2026-05-01T10:00:00Z"
    assert [(one["point_type"], one["delta"]) for one in body["points"]] == [("points", 50)]
    assert body["wallets"]["points"]["available"] == 50
    assert (body["tiers"], body["referral"], body["vouchers"]) == ([], None, [])


def test_a_repeat_is_200_and_earns_nothing(door, ada):
    door.post("/events", REVIEW)

    answer = door.post("/events", REVIEW)

    assert (answer.status_code, answer.json()["applied"]) == (200, False)
    assert answer.json()["wallets"]["points"]["available"] == 50


def test_the_same_id_with_another_content_is_a_conflict(door, ada):
    door.post("/events", REVIEW)

    answer = door.post("/events", REVIEW | {"properties": {"stars": 1}})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflicting_fact")
    assert MemberEvent.objects.get(external_id="rev-9").properties == {"stars": 5}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"id": None}, "/id", "required"),
        ({"id": "perennial:x"}, "/id", "reserved"),
        ({"type": "order"}, "/type", "reserved"),
        ({"type": "Review!"}, "/type", "invalid_slug"),
        ({"member": None}, "/member", "required"),
        ({"occurred_at": "9999-01-01T00:00:00Z"}, "/occurred_at", "in_the_future"),
        ({"properties": []}, "/properties", "wrong_type"),
        ({"points": 50}, "/points", "unknown_field"),
    ],
)
def test_a_faulty_event_is_refused_by_name_and_leaves_nothing(door, ada, change, pointer, code):
    answer = door.post("/events", REVIEW | change)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not MemberEvent.objects.filter(type="review").exists()


def test_a_decision_explains_every_rule(door, ada):
    decision = door.put("/orders/1001", order()).json()["decision"]

    body = door.get(f"/decisions/{decision}").json()

    assert (body["id"], body["kind"], body["fact"]) == (decision, "order", "1001")
    assert (body["member"], body["rule_set"], body["subtotal"]) == ("ada", 1, 5000)
    assert body["occurred_at"] == "2026-05-01T10:00:00Z"
    [rule] = body["rules"]
    assert (rule["rule"], rule["matched"], rule["base"]) == ("spend", True, 5000)
    [points] = body["points"]
    assert (points["point_type"], points["target"], points["delta"]) == ("points", 50, 50)
    assert body["statement"]["status"] == "paid"


def test_a_decision_says_that_a_fact_waits(door):
    decision = door.put("/orders/1001", order(member="nobody")).json()["decision"]

    body = door.get(f"/decisions/{decision}").json()

    assert (body["member"], body["waiting"], body["rules"]) == (None, True, [])


@pytest.mark.parametrize(
    "id_", ["1", "dec_", "dec_0", "dec_01", "dec_x", "ent_1", f"dec_{2**63}"]
)
def test_what_is_no_decision_is_not_there(door, ada, id_):
    door.put("/orders/1001", order())

    assert door.get(f"/decisions/{id_}").status_code == 404


def test_an_entry_leads_to_its_decision(door, ada):
    door.post("/events", REVIEW)

    [entry] = door.get("/members/ada/entries").json()["results"]

    assert door.get(f"/decisions/{entry['decision']}").json()["fact"] == "rev-9"
