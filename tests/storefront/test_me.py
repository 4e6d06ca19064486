"""What a shopper sees: its own, as everywhere, and nothing that is not for its eyes."""

import json
from datetime import UTC, datetime

import pytest

from loyalty.models import Program, Redemption
from storefront.models import IdempotencyKey
from tests.concurrency import at_once
from tests.storefront.conftest import SHOP, adjust, make_key, order
from tests.storefront.rewarding import (
    enrol,
    faults,
    make_shop,
    redeemed,
    refusal,
    settle,
    shopper,
    wallet,
)
from tests.storefront.tiering import VIP, set_tier

MINE = [
    "/me",
    "/me/wallets",
    "/me/entries",
    "/me/tier",
    "/me/benefits",
    "/me/access?sku=A",
    "/me/rewards",
    "/me/redemptions",
]


@pytest.fixture
def shop(db):
    """A shop with Ada, who has 1000 points."""
    door = make_shop(SHOP + VIP)
    enrol(door)
    return door


@pytest.fixture
def ada(shop):
    """The door of Ada's browser."""
    return shopper(shop)


def redeem(door, key="r", /, **body):
    return door.post("/me/redemptions", body, Idempotency_Key=key)


def test_a_shopper_is_told_what_the_storefront_is(shop, ada):
    assert ada.get("/me").json() == shop.get("/members/ada").json()
    assert ada.get("/me/wallets").json() == shop.get("/members/ada/wallets").json()


def test_wallets_can_be_asked_for_at_a_moment(shop, ada):
    path = "/wallets?at=2027-05-02T00:00:00Z"

    assert ada.get(f"/me{path}").json() == shop.get(f"/members/ada{path}").json()
    assert ada.get("/me/wallets?at=soon").status_code == 400


def test_a_statement_is_the_same_but_for_what_staff_said(shop, ada):
    shop.put("/orders/1001", order())
    theirs = shop.get("/members/ada/entries").json()["results"]

    mine = ada.get("/me/entries").json()["results"]

    hidden = {"reason": None, "decision": None}
    assert mine == [
        each | hidden | {"source": {"type": each["source"]["type"], "id": source}}
        for each, source in zip(theirs, ["1001", None], strict=True)
    ]


def test_a_statement_can_be_asked_for_in_parts(shop, ada):
    shop.put("/orders/1001", order())

    assert [e["kind"] for e in ada.get("/me/entries?kind=earn").json()["results"]] == ["earn"]
    page = ada.get("/me/entries?limit=1").json()
    assert "/api/v1/me/entries?" in page["next"]
    assert faults(ada.get("/me/entries?kind=x")) == [("/kind", "invalid_choice")]


def test_the_catalogue_is_the_shoppers_own(shop, ada):
    assert ada.get("/me/rewards").json() == shop.get("/rewards?member=ada").json()
    assert faults(ada.get("/me/rewards?member=bob")) == [("/member", "unknown_field")]


def test_a_shopper_redeems_and_sees_it(shop, ada):
    answer = redeem(ada, reward="coffee")

    assert (answer.status_code, answer.json()["status"]) == (201, "held")
    assert answer.json() == shop.get(f"/redemptions/{answer.json()['id']}").json()
    assert ada.get("/me/redemptions").json()["results"] == [answer.json()]
    assert wallet(shop) == (900, 100)


def test_a_shopper_may_spend_at_once_and_pay(shop, ada):
    assert redeem(ada, "1", reward="coffee", capture=True).json()["status"] == "captured"
    paid = redeem(ada, "2", point_type="points", points=200, order_total=4000)
    assert (paid.status_code, paid.json()["discount"]) == (201, 200)


PAYING = {"point_type": "points", "points": 1000}
PAID = {"member": "ada", "status": "paid", "subtotal": 1000}


def test_a_shopper_pays_for_an_order_of_which_the_shop_knows_the_total(shop, ada):
    """At most half of an order may be paid with points, each worth a cent."""
    shop.put("/orders/1", PAID | {"status": "pending"})

    assert refusal(redeem(ada, "1", **PAYING, order="1")) == (409, "above_maximum")
    paid = redeem(ada, "2", **PAYING, order="1", order_total=10**9, up_to=True, capture=True)

    assert (paid.json()["status"], paid.json()["points"]) == ("captured", 500)


def test_a_lower_total_that_a_shopper_says_counts(shop, ada):
    shop.put("/orders/1", PAID | {"status": "pending"})

    paid = redeem(ada, **PAYING, order="1", order_total=400, up_to=True)

    assert paid.json()["points"] == 200


def test_the_total_that_a_shopper_claims_is_borne_out_by_the_order(shop, ada):
    cart = redeem(ada, **PAYING, order_total=10**9).json()["id"]
    named = PAID | {"redemptions": [cart]}

    early = shop.put("/orders/1", named | {"status": "pending"}).json()
    paid = shop.put("/orders/1", named).json()

    warned = {"id": cart, "status": "held", "why": "above_maximum"}
    assert early["redemptions"] == [warned]
    assert paid["redemptions"] == [warned | {"status": "captured"}]
    after = shop.get(f"/redemptions/{cart}").json()
    assert (after["captured_points"], after["discount"]) == (500, 500)
    # The order earned 10 points of its own.
    assert wallet(shop) == (510, 0)


def test_a_claim_that_the_order_bears_is_taken_whole(shop, ada):
    cart = redeem(ada, **PAYING, order_total=2000).json()["id"]

    paid = shop.put("/orders/1", PAID | {"subtotal": 2000, "redemptions": [cart]}).json()

    assert paid["redemptions"] == [{"id": cart, "status": "captured", "why": None}]
    assert wallet(shop) == (20, 0)


def test_an_order_that_bears_nothing_of_a_claim_leaves_it_held(shop, ada):
    cart = redeem(ada, **PAYING, order_total=10**9).json()["id"]

    paid = shop.put("/orders/1", PAID | {"subtotal": 100, "redemptions": [cart]}).json()

    assert paid["redemptions"] == [{"id": cart, "status": "held", "why": "above_maximum"}]
    assert wallet(shop) == (1, 1000)


def test_what_the_shop_itself_said_is_not_doubted(shop):
    cart = redeemed(shop, **PAYING, order_total=2000)["id"]

    paid = shop.put("/orders/1", PAID | {"redemptions": [cart]}).json()

    assert paid["redemptions"] == [{"id": cart, "status": "captured", "why": None}]


def test_a_claim_is_not_spent_at_once(shop, ada):
    cart = redeem(ada, **PAYING, order_total=10**9, capture=True)

    assert faults(cart) == [("/capture", "not_here")]
    assert wallet(shop) == (1000, 0)


def test_the_order_of_somebody_else_says_nothing_of_a_total(shop, ada):
    enrol(shop, "bob", 0)
    shop.put("/orders/1", PAID | {"member": "bob", "subtotal": 10**9, "status": "pending"})

    cart = redeem(ada, **PAYING, order="1", order_total=2000, capture=True)

    assert faults(cart) == [("/capture", "not_here")]


def test_a_percentage_is_not_of_what_a_shopper_says(shop, ada):
    assert redeem(ada, reward="half", order_total=10**9).json()["discount"] is None


def test_a_shopper_finds_what_today_has_brought_though_no_job_has_run(db):
    birthday = "  birthday: {on: birthday, award: {points: 25}}\n"
    door = make_shop(SHOP + birthday)
    enrol(door, points=0, birthday="1990-05-02")
    mine = shopper(door)
    Program.objects.update(clock_at=datetime(2026, 5, 2, 8, tzinfo=UTC))

    assert mine.get("/me").json()["wallets"]["points"]["available"] == 25


def test_a_shopper_redeems_for_nobody_else(shop, ada):
    enrol(shop, "bob", 500)

    assert faults(redeem(ada, reward="coffee", member="bob")) == [("/member", "unknown_field")]
    assert not Redemption.objects.exists()


def test_a_shoppers_redemption_needs_a_key_of_its_own(shop, ada):
    answer = ada.post("/me/redemptions", {"reward": "coffee"})

    assert refusal(answer) == (400, "idempotency_key_required")


def test_a_shoppers_repeat_is_one_redemption(shop, ada):
    first = redeem(ada, reward="coffee")
    # A token is soon over; the key is the member's, whatever token it comes with.
    again = redeem(shopper(shop), reward="coffee")

    assert again["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert Redemption.objects.count() == 1


def test_the_key_of_one_shopper_is_not_that_of_another_or_of_the_storefront(shop, ada):
    enrol(shop, "bob", 500)
    redeem(ada, "k", reward="coffee")
    redeem(shopper(shop, "bob"), "k", reward="coffee")
    redeemed(shop, "k", reward="half")

    assert Redemption.objects.count() == 3
    assert IdempotencyKey.objects.filter(key="k").count() == 3


def test_a_shoppers_refusal_stays_one_for_its_key(shop, ada):
    first = redeem(ada, "k", reward="grown_ups")
    shop.patch("/members/ada", {"birthday": "1990-01-01"})

    assert refusal(first) == (409, "not_eligible")
    assert redeem(ada, "k", reward="grown_ups").content == first.content
    assert redeem(ada, "another", reward="grown_ups").status_code == 201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reward": "grown_ups"}, "not_eligible"),
        ({"reward": "summer"}, "not_redeemable"),
        ({"reward": "pooled"}, "out_of_stock"),
        ({"point_type": "points", "points": 50, "order_total": 4000}, "below_minimum"),
    ],
)
def test_a_shopper_is_refused_as_the_storefront_is(shop, ada, body, code):
    assert refusal(redeem(ada, **body)) == (409, code)


def test_a_suspended_shopper_may_look_and_not_redeem(shop, ada):
    shop.post("/members/ada/suspend", {"reason": "fraud suspected"})

    assert ada.get("/me").json()["status"] == "suspended"
    assert refusal(redeem(ada, reward="coffee")) == (409, "member_suspended")


@pytest.mark.django_db(transaction=True)
def test_one_tap_sent_five_times_at_once_is_one_redemption(shop, ada):
    answers = at_once(5, lambda: redeem(ada, "tap", reward="half"))

    told = {(answer.status_code, answer.json().get("code")) for answer in answers}
    assert told <= {(201, None), (409, "in_progress")}
    assert (201, None) in told
    assert wallet(shop) == (950, 50)


SECRETS = ["fraud-suspected", "sorry-about-that", "called-twice", "behind-the-shelf", "gave-up",
           "enrolled-twice", "friend-of-the-owner"]  # fmt: skip


def live(shop):
    """Let staff write something wherever they can, and others come close to Ada."""
    enrol(shop, "bob", 500, email="bob@example.org")
    enrol(shop, "twin", 30, email="twin@example.org")
    shop.put("/orders/1001", order())
    adjust(shop, "ada", 5, reason="sorry-about-that", note="called-twice")
    sent = {"to": "bob", "point_type": "points", "points": 3}
    shop.post("/members/ada/transfers", sent, Idempotency_Key="t")
    back = {"to": "ada", "point_type": "points", "points": 2}
    shop.post("/members/bob/transfers", back, Idempotency_Key="t2")
    mug = redeemed(shop, "1", reward="last_mug", capture=True)
    work = {"status": "in_progress", "note": "behind-the-shelf"}
    assert shop.post(f"/redemptions/{mug['id']}/fulfil", work).status_code == 200
    coffee = redeemed(shop, "2", reward="coffee", capture=True)
    assert settle(shop, coffee["id"], "reverse", "b", reason="gave-up").status_code == 200
    redeemed(shop, "3", member="bob", reward="half")
    assert set_tier(shop, reason="friend-of-the-owner").status_code == 200
    into = {"into": "ada", "reason": "enrolled-twice"}
    assert shop.post("/members/twin/merge", into, Idempotency_Key="m").status_code == 200
    shop.post("/members/ada/suspend", {"earning": False, "redeeming": True,
                                       "reason": "fraud-suspected"})  # fmt: skip


@pytest.mark.parametrize("path", MINE)
def test_no_answer_tells_what_is_not_for_the_shopper(shop, ada, path):
    live(shop)

    answer = ada.get(path)

    assert answer.status_code == 200
    text = answer.content.decode()
    assert [secret for secret in SECRETS if secret in text] == []
    assert "bob" not in text
    assert "twin" not in text.replace("twin@example.org", "")
    for name, value in named_values(answer.json()):
        assert name not in ("suspension_reason", "fraud", "score", "rules", "statement")
        assert name not in ("reason", "note", "decision") or value is None, (name, value)
        assert name != "member" or value == "ada"


def named_values(value):
    """Yield every name in a JSON document, with what it stands for."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name, each
            yield from named_values(each)
    elif isinstance(value, list):
        for each in value:
            yield from named_values(each)


def test_the_test_above_would_find_what_it_looks_for(shop):
    live(shop)
    paths = ["/members/ada/entries", "/redemptions?member=ada", "/members/bob"]
    paths.append("/members/ada/tier")

    told = json.dumps([shop.get(path).json() for path in paths])

    for secret in (
        "sorry-about-that",
        "behind-the-shelf",
        "gave-up",
        "bob",
        "dec_",
        "friend-of-the-owner",
    ):
        assert secret in told


def test_a_shopper_sees_no_redemption_of_anybody_else(shop, ada):
    enrol(shop, "bob", 500)
    redeemed(shop, "1", member="bob", reward="coffee")

    assert ada.get("/me/redemptions").json()["results"] == []


@pytest.mark.parametrize(("path", "most"), [("/me/entries", 6), ("/me/redemptions", 2)])
def test_a_list_of_three_costs_what_a_list_of_one_does(
    shop, ada, path, most, django_assert_max_num_queries
):
    redeemed(shop, "1", reward="coffee", capture=True)
    ada.get(path)
    redeemed(shop, "2", reward="tenner", capture=True)
    redeemed(shop, "3", reward="half")

    with django_assert_max_num_queries(most):
        assert len(ada.get(path).json()["results"]) >= 3


@pytest.mark.parametrize("path", MINE)
def test_nothing_is_written_where_there_is_only_to_read(ada, path):
    method = "PUT" if path == "/me/redemptions" else "POST"
    answer = ada.ask(method, path, {}, Idempotency_Key="k")

    assert refusal(answer) == (405, "method_not_allowed")


def test_what_me_does_not_have_is_not_there(ada):
    assert refusal(ada.get("/me/nothing")) == (404, "not_found")


def test_another_programs_shopper_of_the_same_id_sees_its_own(shop, other_program):
    other = type(shop)(make_key(other_program))
    enrol(other, "ada", 7)

    mine = shopper(other)

    assert mine.get("/me").json()["wallets"]["points"]["available"] == 7
    assert mine.get("/me/rewards").json() == {"results": []}
    assert faults(redeem(mine, reward="coffee")) == [("/reward", "unknown_reward")]
