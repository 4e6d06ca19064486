"""Rewards of referrals by the clock: what is due is told and given when it is looked at."""

import pytest

from referrals.models import Referral
from tests.storefront.conftest import order
from tests.storefront.referring import claimed, make_referrals
from tests.storefront.rewarding import enrol, pass_time, wallet

DUE = "2026-05-15T10:00:00Z"


@pytest.fixture
def shop(db):
    """A shop where rewards wait for 14 days, and Ada."""
    door = make_referrals()
    enrol(door, points=0)
    return door


@pytest.mark.parametrize("asked", ["one", "all", "rewarded"])
def test_a_reward_that_is_due_is_told_and_given_though_no_job_has_run(shop, asked):
    body = claimed(shop)
    shop.put("/members/bob", {})
    shop.put("/orders/1001", order(member="bob"))
    pass_time(DUE)
    assert Referral.objects.get().state == "qualified"

    path = {"one": f"/{body['id']}", "all": "", "rewarded": "?state=rewarded"}[asked]
    answer = shop.get(f"/referrals{path}").json()

    found = answer if asked == "one" else answer["results"][0]
    assert found["state"] == "rewarded"
    last = found["steps"][-1]
    assert (last["state"], last["cause"], last["at"]) == ("rewarded", "time", DUE)
    assert wallet(shop) == (100, 0)


def test_what_is_due_is_not_among_those_that_wait(shop):
    claimed(shop)
    shop.put("/members/bob", {})
    shop.put("/orders/1001", order(member="bob"))
    assert len(shop.get("/referrals?state=qualified").json()["results"]) == 1

    pass_time(DUE)

    assert shop.get("/referrals?state=qualified").json()["results"] == []
