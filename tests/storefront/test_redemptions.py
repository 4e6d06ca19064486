"""Redemptions: held, captured, voided, over, given back; and every way to be refused."""

import pytest

from loyalty.models import Redemption
from tests.storefront.conftest import SHOP, Door, make_key
from tests.storefront.rewarding import (
    REWARDS,
    enrol,
    faults,
    make_shop,
    pass_time,
    redeem,
    redeemed,
    refusal,
    settle,
    wallet,
)


@pytest.fixture
def shop(db):
    """A shop with Ada, who has 1000 points."""
    door = make_shop()
    enrol(door)
    return door


@pytest.fixture
def other(shop, other_program):
    """The door of another program's storefront."""
    return Door(make_key(other_program))


def later(door, moment):
    assert door.put("/clock", {"now": moment}).status_code == 200


def test_a_reward_is_held_until_it_is_captured(shop):
    answer = redeem(shop, reward="coffee", order="1001")

    body = answer.json()
    voucher = body.pop("voucher")
    assert (answer.status_code, body) == (
        201,
        {
            "id": f"red_{Redemption.objects.get().pk}",
            "status": "held",
            "member": "ada",
            "reward": "coffee",
            "point_type": "points",
            "points": 100,
            "captured_points": 0,
            "reversed_points": 0,
            "order": "1001",
            "gives": {"free_product": "ESPRESSO"},
            "discount": None,
            "fulfilment": None,
            "held_at": "2026-05-01T10:00:00Z",
            "expires_at": "2026-05-01T10:30:00Z",
            "settled_at": None,
        },
    )
    assert voucher["code"].startswith("HC-")
    assert (voucher["valid"], voucher["uses_left"]) == (True, 1)
    assert wallet(shop) == (900, 100)


def test_points_pay_at_the_checkout(shop):
    body = redeemed(shop, point_type="points", points=500, order_total=4000)

    assert (body["reward"], body["points"], body["discount"]) == ("pay", 500, 500)
    assert body["voucher"] is None


def test_with_capture_points_are_spent_at_once(shop):
    body = redeemed(shop, reward="coffee", capture=True)

    assert (body["status"], body["captured_points"], body["expires_at"]) == (
        "captured",
        100,
        None,
    )
    assert body["settled_at"] == "2026-05-01T10:00:00Z"
    assert wallet(shop) == (900, 0)


@pytest.mark.parametrize(
    ("asked", "points"), [({"points": 730}, 700), ({"points": 9999}, 1000), ({}, 1000)]
)
def test_with_up_to_what_can_be_taken_is_taken(shop, asked, points):
    body = redeemed(shop, point_type="points", order_total=100_000, up_to=True, **asked)

    assert body["points"] == points


def test_a_hold_lasts_as_long_as_it_is_told(shop):
    body = redeemed(shop, reward="coffee", ttl=86_400)

    assert body["expires_at"] == "2026-05-02T10:00:00Z"


def test_a_repeat_is_one_redemption(shop):
    first, again = (redeem(shop, reward="coffee") for _ in range(2))

    assert again["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert wallet(shop) == (900, 100)


def test_the_same_key_for_another_reward_is_refused(shop):
    redeemed(shop, reward="coffee")

    assert refusal(redeem(shop, reward="half")) == (422, "idempotency_key_reused")
    assert wallet(shop) == (900, 100)


@pytest.mark.parametrize("path", ["", "/red_1/capture", "/red_1/void", "/red_1/reverse"])
def test_what_moves_points_needs_a_key(shop, path):
    answer = shop.post(f"/redemptions{path}", {"member": "ada", "reward": "coffee"})

    assert refusal(answer) == (400, "idempotency_key_required")


def test_a_refusal_stays_one_for_its_key(shop):
    enrol(shop, "bob", 99)
    first = redeem(shop, "k", member="bob", reward="coffee")
    shop.post(
        "/members/bob/adjustments",
        {"point_type": "points", "points": 1, "reason": "x"},
        Idempotency_Key="one more",
    )

    again = redeem(shop, "k", member="bob", reward="coffee")

    assert refusal(first) == (409, "insufficient_points")
    assert again.content == first.content
    assert redeem(shop, "another", member="bob", reward="coffee").status_code == 201


def test_too_few_points_are_refused_with_how_many_are_missing(shop):
    enrol(shop, "bob", 70)

    answer = redeem(shop, member="bob", reward="coffee")

    assert refusal(answer) == (409, "insufficient_points")
    assert (answer.json()["short_by"], answer.json()["available"]) == (30, 70)
    assert wallet(shop, "bob") == (70, 0)


PAY = {"point_type": "points", "order_total": 4000}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reward": "grown_ups"}, "not_eligible"),
        ({"reward": "summer"}, "not_redeemable"),
        ({"reward": "early"}, "not_redeemable"),
        ({"reward": "pooled"}, "out_of_stock"),
        ({**PAY, "points": 50}, "below_minimum"),
        ({**PAY, "points": 120}, "not_a_step"),
        ({**PAY, "points": 600, "order_total": 1000}, "above_maximum"),
        ({**PAY, "points": 1500, "order_total": 100_000}, "insufficient_points"),
    ],
)
def test_what_a_rule_forbids_is_refused_by_name_and_changes_nothing(shop, body, code):
    assert refusal(redeem(shop, **body)) == (409, code)
    assert wallet(shop) == (1000, 0)
    assert not Redemption.objects.exists()


def test_what_was_had_to_its_limit_is_refused_until_the_next_day(shop):
    redeemed(shop, "1", reward="daily")

    assert refusal(redeem(shop, "2", reward="daily")) == (409, "limit_reached")
    later(shop, "2026-05-01T22:00:00Z")
    assert redeem(shop, "3", reward="daily").status_code == 201


def test_the_last_one_is_had_once(shop):
    enrol(shop, "bob", 100)
    redeemed(shop, "1", reward="last_mug")

    assert refusal(redeem(shop, "2", member="bob", reward="last_mug")) == (409, "out_of_stock")
    assert wallet(shop, "bob") == (100, 0)


def test_one_order_redeems_a_reward_once(shop):
    first = redeemed(shop, "1", reward="coffee", order="7")

    answer = redeem(shop, "2", reward="coffee", order="7")

    assert refusal(answer) == (409, "already_redeemed")
    assert answer.json()["redemption"] == first["id"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, ("/reward", "required")),
        ({"reward": "cofee"}, ("/reward", "unknown_reward")),
        ({"point_type": "pionts"}, ("/point_type", "unknown_point_type")),
        ({"reward": "coffee", "point_type": "stars"}, ("/point_type", "unknown_price")),
        ({"reward": "coffee", "points": 5}, ("/points", "not_here")),
        ({"point_type": "points", "points": 5}, ("/order_total", "required")),
        ({"reward": "coffee", "ttl": 0}, ("/ttl", "out_of_range")),
        ({"reward": "coffee", "ttl": 86_401}, ("/ttl", "out_of_range")),
        ({"reward": "coffee", "up_too": True}, ("/up_too", "unknown_field")),
        ({"reward": "coffee", "capture": "yes"}, ("/capture", "wrong_type")),
        ({"reward": "coffee", "order": "a\0"}, ("/order", "nul_character")),
        ({**PAY, "points": 0}, ("/points", "out_of_range")),
        ({**PAY, "points": -5}, ("/points", "negative")),
        ({**PAY, "points": 10.0}, ("/points", "not_an_integer")),
        ({**PAY, "points": 2**63}, ("/points", "out_of_range")),
        ({**PAY, "order_total": -1}, ("/order_total", "negative")),
        ({"reward": "coffee", "member": None}, ("/member", "required")),
    ],
)
def test_a_faulty_request_is_refused_by_name_and_changes_nothing(shop, body, fault):
    assert fault in faults(redeem(shop, **body))
    assert wallet(shop) == (1000, 0)


def test_of_several_ways_to_pay_one_has_to_be_named(db):
    more = "  pay_more: {gives: {pay: {rate: '0.02'}}}\n"
    door = make_shop(rewards=REWARDS + more)
    enrol(door)

    assert faults(redeem(door, "1", **PAY, points=100)) == [("/reward", "required")]
    named = redeemed(door, "2", reward="pay_more", points=100, order_total=4000)
    assert named["discount"] == 200


def test_points_without_a_reward_for_paying_pay_by_their_value(db):
    door = make_shop(rewards="")
    enrol(door)

    body = redeemed(door, point_type="points", points=3, order_total=100)

    assert (body["reward"], body["discount"]) == (None, 3)


def test_lists_go_by_the_clock_and_not_by_jobs(shop):
    over = redeemed(shop, "1", reward="coffee", ttl=60)
    open_ = redeemed(shop, "2", reward="half")
    pass_time("2026-05-01T10:01:00Z")

    assert ids(shop.get("/redemptions?status=held")) == [open_["id"]]
    assert ids(shop.get("/redemptions?status=expired")) == [over["id"]]


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


def test_a_list_is_of_a_member_a_status_or_open_work(shop):
    enrol(shop, "bob", 500)
    mug = redeemed(shop, "1", reward="last_mug", capture=True)
    coffee = redeemed(shop, "2", reward="coffee")
    bobs = redeemed(shop, "3", member="bob", reward="coffee", capture=True)

    assert ids(shop.get("/redemptions")) == [bobs["id"], coffee["id"], mug["id"]]
    assert ids(shop.get("/redemptions?member=ada")) == [coffee["id"], mug["id"]]
    assert ids(shop.get("/redemptions?status=captured")) == [bobs["id"], mug["id"]]
    assert ids(shop.get("/redemptions?member=ada&status=held")) == [coffee["id"]]
    assert ids(shop.get("/redemptions?fulfilment=open")) == [mug["id"]]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/redemptions?status=done", ("/status", "invalid_choice")),
        ("/redemptions?fulfilment=none", ("/fulfilment", "invalid_choice")),
        ("/redemptions?reward=coffee", ("/reward", "unknown_field")),
    ],
)
def test_a_faulty_list_is_refused_by_name(shop, path, fault):
    assert faults(shop.get(path)) == [fault]


def test_there_is_no_list_of_nobody(shop):
    assert refusal(shop.get("/redemptions?member=nobody")) == (404, "not_found")


def test_a_list_of_three_costs_what_a_list_of_one_does(shop, django_assert_max_num_queries):
    path = "/redemptions?member=ada"
    redeemed(shop, "1", reward="coffee")
    shop.get(path)
    with django_assert_max_num_queries(4):
        assert len(ids(shop.get(path))) == 1
    redeemed(shop, "2", reward="tenner", capture=True)
    redeemed(shop, "3", reward="last_mug")

    with django_assert_max_num_queries(4):
        assert len(ids(shop.get(path))) == 3


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"order_total": 4000}, (1000, 1000, 1000)),
        ({"order_total": 1000}, (500, 500, 500)),
        ({"order_total": 1099}, (500, 500, 500)),
        ({"order_total": 199}, (0, 0, 0)),
        ({"order_total": 4000, "points": 730}, (700, 700, 1000)),
        ({"order_total": 4000, "points": 99}, (0, 0, 1000)),
        ({"order_total": 4000, "reward": "pay"}, (1000, 1000, 1000)),
    ],
)
def test_a_quote_says_what_can_be_used(shop, asked, answered):
    body = {"member": "ada", "point_type": "points", **asked}

    quote = shop.post("/redemptions/quote", body).json()

    assert quote.keys() == {"points", "discount", "minimum", "step", "maximum"}
    assert (quote["points"], quote["discount"], quote["maximum"]) == answered
    assert (quote["minimum"], quote["step"]) == (100, 50)
    assert not Redemption.objects.exists()


def test_who_may_not_redeem_is_quoted_nothing(shop):
    shop.post("/members/ada/suspend", {"earning": False})

    quote = shop.post("/redemptions/quote", {"member": "ada", **PAY}).json()

    assert (quote["points"], quote["maximum"]) == (0, 0)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"point_type": "points"}, ("/order_total", "required")),
        ({"order_total": 5}, ("/reward", "required")),
        ({"order_total": 5, "reward": "coffee"}, ("/reward", "not_a_payment")),
        ({**PAY, "up_to": True}, ("/up_to", "unknown_field")),
    ],
)
def test_a_faulty_quote_is_refused_by_name(shop, body, fault):
    answer = shop.post("/redemptions/quote", {"member": "ada", **body})

    assert faults(answer) == [fault]


def test_another_programs_redemptions_are_not_there(shop, other):
    held = redeemed(shop, reward="coffee")["id"]
    enrol(other, "eve", 0)

    asked = [
        other.get(f"/redemptions/{held}"),
        *(settle(other, held, what, what) for what in ("capture", "void", "reverse")),
        other.post(f"/redemptions/{held}/fulfil", {"status": "open"}),
        redeem(other, reward="coffee"),
        other.post("/redemptions/quote", {"member": "ada", **PAY}),
    ]

    assert {refusal(answer) for answer in asked} == {(404, "not_found")}
    assert ids(other.get("/redemptions")) == []
    assert faults(redeem(other, "k", member="eve", reward="coffee")) == [
        ("/reward", "unknown_reward")
    ]
    assert wallet(shop) == (900, 100)


@pytest.mark.parametrize("id_", ["red_999", "red_0", "red_x", "999", "red_" + "9" * 30])
def test_a_redemption_that_there_is_not_is_not_found(shop, id_):
    assert refusal(shop.get(f"/redemptions/{id_}")) == (404, "not_found")


def test_a_redemption_is_one_object_with_its_etag(shop):
    held = redeemed(shop, reward="coffee")["id"]
    first = shop.get(f"/redemptions/{held}")

    assert shop.get(f"/redemptions/{held}", If_None_Match=first["ETag"]).status_code == 304


def test_a_price_in_several_point_types_is_paid_in_the_one_that_is_named(db):
    text = SHOP.replace("point_types:\n", "point_types:\n  stars: {}\n")
    door = make_shop(text, "rewards: {tea: {cost: {points: 10, stars: 1}, gives: {donation: '1.00', to: X}}}\n")  # noqa: E501 # fmt: skip
    enrol(door)

    body = redeemed(door, "1", reward="tea", point_type="points")

    assert (body["point_type"], body["points"]) == ("points", 10)
    answer = redeem(door, "2", reward="tea", point_type="stars")
    assert refusal(answer) == (409, "insufficient_points")
