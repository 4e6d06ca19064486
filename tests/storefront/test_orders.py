"""Orders, refunds and previews over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import Decision, Entry, Order
from tests.storefront.conftest import order

MARKS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
POINTS = {
    "point_type": "points",
    "target": 50,
    "previous": 0,
    "delta": 50,
    "state": "available",
    "available_at": None,
    "expires_at": "2027-05-01T10:00:00Z",
    "desired": 50,
    "limited_by": None,
}


@pytest.fixture
def ada(door):
    """The id of a member without points."""
    door.put("/members/ada", {})
    return "ada"


def test_an_order_is_answered_as_the_contract_says(door, ada):
    answer = door.put("/orders/1001", order(version=3))

    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("decision").startswith("dec_")
    assert body == {
        "id": "1001",
        "version": 3,
        "applied": True,
        "status": "paid",
        "member": "ada",
        "points": [POINTS],
        "restored": [{"point_type": "points", "points": 0}],
        "clamped": 0,
        "waiting": False,
        "wallets": {"points": {"available": 50, "pending": 0, "held": 0, "debt": 0}},
        "tiers": [],
        "referral": None,
        "challenges": [],
        "badges": [],
        "vouchers": [],
    }


def test_a_repeat_is_200_and_changes_nothing(door, ada):
    door.put("/orders/1001", order(version=3))

    answer = door.put("/orders/1001", order(version=3))

    assert (answer.status_code, answer.json()["applied"]) == (200, False)
    assert answer.json()["points"] == [POINTS | {"previous": 50, "delta": 0}]
    assert Entry.objects.count() == 1


def test_a_newer_version_restates_the_order(door, ada):
    door.put("/orders/1001", order(version=3))

    answer = door.put("/orders/1001", order(version=4, status="cancelled"))

    assert (answer.status_code, answer.json()["applied"]) == (200, True)
    assert answer.json()["points"][0]["delta"] == -50
    assert answer.json()["wallets"]["points"]["available"] == 0


def test_a_version_that_goes_back_is_ignored(door, ada):
    door.put("/orders/1001", order(version=4))

    answer = door.put("/orders/1001", order(version=3, status="cancelled"))

    assert (answer.status_code, answer.json()["applied"]) == (200, False)
    assert answer.json()["version"] == 4
    assert answer.json()["wallets"]["points"]["available"] == 50


def test_the_same_version_with_another_content_is_a_conflict(door, ada):
    door.put("/orders/1001", order(version=4))

    answer = door.put("/orders/1001", order(version=4, status="cancelled"))

    assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")
    assert door.get("/orders/1001").json()["status"] == "paid"


def test_an_order_of_somebody_unknown_waits(door):
    answer = door.put("/orders/1001", order(member="nobody"))

    assert answer.status_code == 201
    assert (answer.json()["waiting"], answer.json()["wallets"]) == (True, {})
    assert door.put("/members/nobody", {}).json()["wallets"]["points"]["available"] == 50


def test_a_guests_order_waits_for_as_long_as_it_can_be_claimed(door):
    guest = order(member=None, guest={"email": "Ada@example.org"})
    assert door.put("/orders/1001", guest).json()["waiting"]

    def waiting():
        [row] = door.get("/orders").json()["results"]
        assert row["waiting"] == door.get("/orders/1001").json()["waiting"]
        assert row["waiting"] == door.put("/orders/1001", guest).json()["waiting"]
        return row["waiting"]

    door.put("/clock", {"now": "2026-05-31T10:00:00Z"})
    assert waiting()
    door.put("/clock", {"now": "2026-05-31T10:00:00.000001Z"})
    assert not waiting()


def test_an_order_that_came_too_late_to_be_claimed_does_not_wait(door):
    late = order(member="nobody", placed_at="2026-03-01T10:00:00Z")

    assert door.put("/orders/1001", late).json()["waiting"] is False


def test_a_refund_waits_for_its_order_however_long(door):
    door.post("/orders/1001/refunds", {"id": "r", "amount": 5})
    door.put("/clock", {"now": "2027-05-31T10:00:00Z"})

    assert door.get("/orders/1001").json()["waiting"] is True


def test_versions_may_begin_with_zero(door, ada):
    assert door.put("/orders/1001", order(version=0)).json()["version"] == 0

    answer = door.put("/orders/1001", order(version=1, status="cancelled"))

    assert (answer.status_code, answer.json()["applied"]) == (200, True)


def test_the_times_of_a_statement_are_answered_like_all_others(door, ada):
    paid_at = "2026-04-30T10:00:00Z"
    door.put("/orders/1001", order(paid_at="2026-04-30T12:00:00+02:00"))

    body = door.get("/orders/1001").json()

    decision = door.get(f"/decisions/{body['decision']}").json()
    statements = [body["stated"], body["statements"][0]["statement"], decision["statement"]]
    assert [statement["paid_at"] for statement in statements] == [paid_at] * 3


def test_a_guests_order_is_earned_by_enrolling_the_address(door):
    door.put("/orders/1001", order(member=None, guest={"email": "Ada@example.org"}))

    member = door.put("/members/ada", {"email": "ada@example.org"}).json()

    assert member["wallets"]["points"]["available"] == 50
    assert door.get("/orders/1001").json()["member"] == "ada"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"totall": 1}, "/totall", "unknown_field"),
        ({"status": "payed"}, "/status", "invalid_choice"),
        ({"status": None}, "/status", "required"),
        ({"lines": []}, "/lines", "required"),
        ({"lines": "A"}, "/lines", "wrong_type"),
        ({"lines": [{"unit_price": "25.00"}]}, "/lines/0/unit_price", "wrong_type"),
        ({"lines": [{"unit_price": 25.5}]}, "/lines/0/unit_price", "not_an_integer"),
        ({"lines": [{"unit_price": 25.0}]}, "/lines/0/unit_price", "not_an_integer"),
        ({"lines": [{"unit_price": -1}]}, "/lines/0/unit_price", "negative"),
        ({"lines": [{"unit_price": 10**30}]}, "/lines/0/unit_price", "out_of_range"),
        ({"shipping": 2**63}, "/shipping", "out_of_range"),
        ({"shipping": 2**63 - 1}, "", "out_of_range"),
        ({"discount": 5001}, "/discount", "inconsistent"),
        ({"currency": "USD"}, "/currency", "currency_mismatch"),
        ({"currency": "euro"}, "/currency", "invalid_currency"),
        ({"placed_at": "9999-01-01T00:00:00Z"}, "/placed_at", "in_the_future"),
        ({"placed_at": "2026-05-01T10:05:01Z"}, "/placed_at", "in_the_future"),
        ({"placed_at": "2026-05-01T10:00:00"}, "/placed_at", "invalid_time"),
        ({"channel": "a\0b"}, "/channel", "nul_character"),
        ({"channel": "\udc00"}, "/channel", "not_unicode"),
        ({"member": "a\n"}, "/member", "control_character"),
        ({"version": -1}, "/version", "negative"),
        ({"tax_included": 1}, "/tax_included", "wrong_type"),
    ],
)
def test_a_faulty_order_is_refused_by_name_and_leaves_nothing(door, ada, change, pointer, code):
    decisions = Decision.objects.count()

    answer = door.put("/orders/1001", order() | change)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Order.objects.exists()
    assert Decision.objects.count() == decisions


def test_five_minutes_ahead_are_forgiven(door, ada):
    assert door.put("/orders/1", order(placed_at="2026-05-01T10:05:00Z")).status_code == 201


def test_an_absurdly_large_order_is_refused(door, ada):
    answer = door.put("/orders/1", {"member": "ada", "status": "paid", "subtotal": 10**15 + 1})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "out_of_range"


def test_a_refund_of_a_line_that_the_order_does_not_have_is_refused(door, ada):
    door.put("/orders/1001", order())

    answer = door.post(
        "/orders/1001/refunds", {"id": "r-1", "lines": [{"id": "nope", "quantity": 1}]}
    )

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "pointer": "/lines/0/id",
            "code": "unknown_line",
            "detail": "the order has no line nope",
        }
    ]


def test_a_refund_takes_back_its_share(door, ada):
    door.put("/orders/1001", order())

    answer = door.post(
        "/orders/1001/refunds", {"id": "r-1", "lines": [{"id": "1", "quantity": 1}]}
    )

    assert (answer.status_code, answer.json()["refund"]) == (201, "r-1")
    assert (
        answer.json()["points"][0] | {"target": 25, "previous": 50, "delta": -25}
        == (answer.json()["points"][0])
    )
    assert answer.json()["wallets"]["points"]["available"] == 25


def test_a_refund_counts_once(door, ada):
    door.put("/orders/1001", order())
    refund = {"id": "r-1", "amount": 1000}

    door.post("/orders/1001/refunds", refund)
    answer = door.post("/orders/1001/refunds", refund)

    assert (answer.status_code, answer.json()["applied"]) == (200, False)
    assert answer.json()["wallets"]["points"]["available"] == 40


def test_a_refund_that_says_something_else_is_a_conflict(door, ada):
    door.put("/orders/1001", order())
    door.post("/orders/1001/refunds", {"id": "r-1", "amount": 1000})

    answer = door.post("/orders/1001/refunds", {"id": "r-1", "amount": 2000})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflicting_fact")
    assert door.get("/orders/1001").json()["subtotal"] == 4000


def test_a_refund_of_more_than_was_bought_is_clamped_and_says_so(door, ada):
    door.put("/orders/1001", order())

    answer = door.post("/orders/1001/refunds", {"id": "r-1", "amount": 5600})

    assert (answer.json()["points"][0]["target"], answer.json()["clamped"]) == (0, 600)


def test_a_refund_may_come_before_its_order(door, ada):
    early = door.post("/orders/1001/refunds", {"id": "r-1", "amount": 1000})
    assert (early.status_code, early.json()["waiting"]) == (202, True)
    assert door.get("/orders/1001").json()["status"] is None

    answer = door.put("/orders/1001", order())

    assert (answer.status_code, answer.json()["points"][0]["target"]) == (201, 40)


@pytest.mark.parametrize(
    ("refund", "pointer", "code"),
    [
        ({"amount": 5}, "/id", "required"),
        ({"id": "r"}, "", "required"),
        ({"id": "r", "amount": -5}, "/amount", "negative"),
        ({"id": "r", "amount": 10**30}, "/amount", "out_of_range"),
        ({"id": "r", "amount": "5"}, "/amount", "wrong_type"),
        ({"id": "r", "lines": [{"id": "1"}]}, "/lines/0/quantity", "required"),
        ({"id": "r", "amount": 5, "ammount": 5}, "/ammount", "unknown_field"),
    ],
)
def test_a_faulty_refund_is_refused_by_name_and_changes_nothing(
    door, ada, refund, pointer, code
):
    door.put("/orders/1001", order())

    answer = door.post("/orders/1001/refunds", refund)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert door.get("/orders/1001").json()["refunds"] == []


def test_an_order_shows_its_points_and_its_history(door, ada):
    door.put("/orders/1001", order(version=1))
    door.put("/orders/1001", order(version=2, channel="web"))
    door.post("/orders/1001/refunds", {"id": "r-1", "amount": 1000})

    body = door.get("/orders/1001").json()

    assert (body["subtotal"], body["stated"]["channel"]) == (4000, "web")
    assert body["points"] == [
        {"point_type": "points", "target": 40, "desired": 40, "limited_by": None}
    ]
    assert [(one["kind"], one["version"]) for one in body["statements"]] == [
        ("order", 1),
        ("order", 2),
        ("refund", 2),
    ]
    assert body["decision"] == body["statements"][-1]["decision"]


def test_orders_are_listed_by_member_even_those_that_wait(door, ada):
    door.put("/orders/1", order())
    door.put("/orders/2", order(member="bob"))

    def of(member):
        page = door.get(f"/orders?member={member}").json()
        return [one["id"] for one in page["results"]]

    assert (of("ada"), of("bob"), of("cyd")) == (["1"], ["2"], [])


def test_a_preview_says_what_an_order_would_earn_and_writes_nothing(door, ada):
    answer = door.post("/orders/preview", order())

    assert answer.status_code == 200
    assert answer.json()["points"][0]["target"] == 50
    assert [(rule["rule"], rule["matched"]) for rule in answer.json()["rules"]] == [
        ("spend", True)
    ]
    assert not Order.objects.exists()
    assert not Entry.objects.exists()


def test_a_preview_needs_no_member(door):
    answer = door.post("/orders/preview", {"status": "paid", "subtotal": 1999})

    assert answer.json()["points"][0]["target"] == 19


def test_a_faulty_preview_is_refused_like_an_order(door):
    answer = door.post("/orders/preview", {"status": "paid", "subtotal": -1})

    assert (answer.status_code, answer.json()["code"]) == (400, "negative")


def test_an_order_may_be_called_preview(door, ada):
    assert door.put("/orders/preview", order()).status_code == 201
    assert door.get("/orders/preview").json()["id"] == "preview"


def queries_of(ask):
    """Return how many statements a request makes, transactions left out."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    return sum(not one["sql"].startswith(MARKS) for one in captured)


def test_an_order_costs_the_same_however_many_lines_it_has(door, ada):
    door.get("/program")
    many = [{"unit_price": 100, "id": str(number)} for number in range(100)]

    few_queries = queries_of(lambda: door.put("/orders/1", order()))
    many_queries = queries_of(lambda: door.put("/orders/2", order(lines=many)))

    assert many_queries == few_queries
    # One of them asks for the key; its use is noted once an hour.
    assert few_queries <= 13
