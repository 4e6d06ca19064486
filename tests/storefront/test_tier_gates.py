"""Rewards that are for some tiers only."""

import pytest

from loyalty.models import Redemption
from tests.storefront.conftest import SHOP
from tests.storefront.rewarding import enrol, pass_time, redeem, refusal, shopper
from tests.storefront.tiering import VIP, make_tiers, set_tier

REWARDS = """\
rewards:
  lounge: {cost: {points: 10}, gives: {entitlement: lounge, quantity: 1}, when: 'member.tier.vip in ["gold"]'}
  pay: {gives: {pay: {rate: "0.01"}}, when: 'member.tier.vip == "gold"'}
"""  # noqa: E501
PAYMENT = {"point_type": "points", "points": 100, "order_total": 4000}


@pytest.fixture
def shop(db):
    """A shop with Ada, who is gold until June, and Bob, who is not."""
    door = make_tiers(VIP, REWARDS, shop=SHOP)
    enrol(door)
    enrol(door, "bob", points=999)
    set_tier(door, until="2026-06-01T00:00:00Z")
    return door


def lounge(answer):
    [found] = [each for each in answer.json()["results"] if each["code"] == "lounge"]
    return found["eligible"], found["why_not"]


def quoted(door, member):
    body = {"member": member, "point_type": "points", "order_total": 4000}
    return door.post("/redemptions/quote", body).json()["points"]


def test_a_reward_for_gold_is_for_gold(shop):
    assert lounge(shop.get("/rewards?member=ada")) == (True, None)
    assert lounge(shop.get("/rewards?member=bob")) == (False, "not_eligible")
    assert lounge(shopper(shop).get("/me/rewards")) == (True, None)
    assert lounge(shopper(shop, "bob").get("/me/rewards")) == (False, "not_eligible")


def test_gold_redeems_it_and_others_do_not(shop):
    assert redeem(shop, "1", reward="lounge").status_code == 201
    assert refusal(redeem(shop, "2", member="bob", reward="lounge")) == (409, "not_eligible")
    assert [row.member.external_id for row in Redemption.objects.all()] == ["ada"]


def test_a_shopper_redeems_what_its_tier_opens(shop):
    def tap(member):
        body = {"reward": "lounge"}
        return shopper(shop, member).post("/me/redemptions", body, Idempotency_Key="tap")

    assert tap("ada").status_code == 201
    assert refusal(tap("bob")) == (409, "not_eligible")


def test_paying_with_points_may_be_for_gold_as_well(shop):
    assert (quoted(shop, "ada"), quoted(shop, "bob")) == (1200, 0)
    assert redeem(shop, "1", **PAYMENT).status_code == 201
    assert refusal(redeem(shop, "2", member="bob", **PAYMENT)) == (409, "not_eligible")


def test_a_tier_that_is_over_opens_nothing_though_no_job_has_run(shop):
    pass_time("2026-06-01T00:00:00+00:00")

    assert lounge(shop.get("/rewards?member=ada")) == (False, "not_eligible")
    assert refusal(redeem(shop, reward="lounge")) == (409, "not_eligible")
    assert quoted(shop, "ada") == 0
