"""The catalogue: what can be had, how much of it is left, and why not."""

import pytest

from loyalty.models import Voucher
from tests.storefront.conftest import Door, make_key
from tests.storefront.rewarding import (
    enrol,
    faults,
    make_shop,
    redeemed,
    refusal,
    settle,
)


@pytest.fixture
def shop(db):
    """A shop with Ada, who has 120 points."""
    door = make_shop()
    enrol(door, points=120)
    return door


def rewards(door, path="/rewards"):
    """Return the catalogue by code."""
    answer = door.get(path)
    assert answer.status_code == 200, answer.content
    return {each["code"]: each for each in answer.json()["results"]}


def test_the_catalogue_has_what_is_visible_in_its_order(shop):
    assert list(rewards(shop)) == [
        "coffee",
        "tenner",
        "half",
        "last_mug",
        "daily",
        "grown_ups",
        "summer",
        "pooled",
        "pay",
    ]


def test_a_reward_says_what_it_costs_and_gives_and_when(shop):
    assert rewards(shop)["summer"] == {
        "code": "summer",
        "name": "summer",
        "cost": {"points": 10},
        "gives": {"free_shipping": True},
        "stock": None,
        "visible": {"from": None, "until": None},
        "redeemable": {"from": "2026-05-31T22:00:00Z", "until": "2026-08-31T22:00:00Z"},
        "limits": [],
        "several_per_order": False,
    }


def test_what_is_not_visible_yet_appears_at_its_time(shop):
    shop.put("/clock", {"now": "2026-05-31T22:00:00Z"})

    assert "early" in rewards(shop)


def test_for_a_member_each_says_what_stands_between(shop):
    told = {
        code: (each["affordable"], each["eligible"], each["why_not"])
        for code, each in rewards(shop, "/rewards?member=ada").items()
    }

    assert told == {
        "coffee": (True, True, None),
        "tenner": (False, True, "insufficient_points"),
        "half": (True, True, None),
        "last_mug": (True, True, None),
        "daily": (True, True, None),
        "grown_ups": (True, False, "not_eligible"),
        "summer": (True, True, "not_redeemable"),
        "pooled": (True, True, "out_of_stock"),
        "pay": (True, True, None),
    }


def test_what_was_taken_is_not_there_for_others(shop):
    mug = redeemed(shop, reward="last_mug")
    assert rewards(shop)["last_mug"]["stock"] == 0

    settle(shop, mug["id"], "void")

    assert rewards(shop)["last_mug"]["stock"] == 1


def test_a_limit_that_is_used_up_is_told(shop):
    redeemed(shop, reward="daily")

    assert rewards(shop, "/rewards?member=ada")["daily"]["why_not"] == "limit_reached"


def test_a_suspended_member_is_told_so_of_each(shop):
    shop.post("/members/ada/suspend", {})

    told = rewards(shop, "/rewards?member=ada").values()

    assert {each["why_not"] for each in told} == {"member_suspended"}


def test_there_is_no_catalogue_for_nobody(shop):
    assert refusal(shop.get("/rewards?member=nobody")) == (404, "not_found")


def test_another_programs_rewards_are_not_shown(shop, other_program):
    other = Door(make_key(other_program))

    assert rewards(other) == {}
    assert refusal(other.get("/rewards?member=ada")) == (404, "not_found")


@pytest.mark.parametrize("path", ["/rewards", "/rewards?member=ada"])
def test_a_catalogue_costs_the_same_however_long_it_is(
    path, shop, other_program, django_assert_max_num_queries
):
    rewards(shop, path)

    with django_assert_max_num_queries(10):
        assert len(rewards(shop, path)) == 9


def import_codes(door, *codes, reward="pooled"):
    return door.post(f"/rewards/{reward}/vouchers", {"codes": list(codes)})


def test_codes_made_elsewhere_are_given_out_one_by_one(shop):
    answer = import_codes(shop, "GIFT-1", "GIFT-2")

    assert (answer.status_code, answer.json()) == (200, {"imported": 2, "known": 0})
    assert rewards(shop)["pooled"]["stock"] == 2
    codes = [redeemed(shop, n, reward="pooled")["voucher"]["code"] for n in "12"]
    assert codes == ["GIFT-1", "GIFT-2"]
    assert rewards(shop)["pooled"]["stock"] == 0


def test_codes_that_are_known_are_left_as_they_are(shop):
    import_codes(shop, "GIFT-1")

    assert import_codes(shop, "gift1", "GIFT-2").json() == {"imported": 1, "known": 1}
    assert Voucher.objects.count() == 2


def test_a_code_in_the_pool_is_nobodys_yet(shop):
    import_codes(shop, "GIFT-1")

    assert refusal(shop.get("/vouchers/GIFT-1")) == (404, "not_found")


@pytest.mark.parametrize(
    ("codes", "fault"),
    [
        (None, ("/codes", "required")),
        ("GIFT", ("/codes", "wrong_type")),
        (["GIFT", ""], ("/codes/1", "blank")),
        (["---"], ("/codes/0", "wrong_code")),
        (["x" * 81], ("/codes/0", "too_long")),
        (["a\0"], ("/codes/0", "nul_character")),
        ([5], ("/codes/0", "wrong_type")),
        (["A"] * 10_001, ("/codes", "too_many")),
    ],
)
def test_faulty_codes_are_refused_by_name_and_none_is_kept(shop, codes, fault):
    answer = shop.post("/rewards/pooled/vouchers", {"codes": codes})

    assert faults(answer) == [fault]
    assert not Voucher.objects.exists()


def test_codes_are_for_a_reward_that_there_is(shop, other_program):
    other = Door(make_key(other_program))

    assert refusal(import_codes(shop, "A", reward="nothing")) == (404, "not_found")
    assert refusal(import_codes(other, "A")) == (404, "not_found")
