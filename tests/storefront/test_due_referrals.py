"""Rewards of referrals by the clock: what is due is told and given when it is looked at."""

import json

import pytest

from referrals.models import Referral
from tests.storefront.conftest import order
from tests.storefront.referring import claimed, code_of, make_referrals
from tests.storefront.rewarding import enrol, pass_time, wallet

DUE = "2026-05-15T10:00:00Z"
NOTHING_YET = {"advocate": None, "friend": None}


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


ONE_A_YEAR = """\
referral_programs:
  friends:
    advocate: {gives: {points: 100}, cap: {times: 1, per: year}}
    friend: {gives: {points: 50}}
"""


def rewards(door, referral):
    return door.get(f"/referrals/{referral['id']}").json()["rewards"]


def test_over_the_cap_the_advocates_side_says_so_and_the_friend_is_rewarded(db):
    door = make_referrals(programs=ONE_A_YEAR)
    enrol(door, points=0)
    bob, cid = claimed(door, "bob", "b"), claimed(door, "cid", "c")
    for friend in ("bob", "cid"):
        door.put(f"/members/{friend}", {})
        assert rewards(door, bob if friend == "bob" else cid) == NOTHING_YET
        door.put(f"/orders/of-{friend}", order(member=friend))

    assert rewards(door, bob) == {"advocate": "given", "friend": "given"}
    assert rewards(door, cid) == {"advocate": "cap_reached", "friend": "given"}

    door.put("/orders/of-bob", order(member="bob", status="cancelled"))

    assert rewards(door, bob) == {"advocate": "taken_back", "friend": "taken_back"}
    # There is room now.
    assert rewards(door, cid) == {"advocate": "given", "friend": "given"}


def test_an_export_tells_of_codes_friends_and_rewards_and_not_who_the_others_are(db):
    door = make_referrals(programs=ONE_A_YEAR)
    enrol(door, points=0)
    claimed(door, {"id": "bob", "email": "bob@example.org"})
    door.put("/members/bob", {"email": "bob@example.org"})
    door.put("/orders/of-bob", order(member="bob"))

    ada, bob = (json.loads(door.get(f"/members/{m}/export").getvalue()) for m in ("ada", "bob"))

    assert [each["code"] for each in ada["referral_codes"]] == [code_of(door)]
    assert [each["state"] for each in ada["referrals"]] == ["rewarded"]
    assert [each["state"] for each in bob["referred_by_others"]] == ["rewarded"]
    for document, side, points in ((ada, "advocate", 100), (bob, "friend", 50)):
        (reward,) = document["referral_rewards"]
        assert (reward["side"], reward["gives"]["points"]) == (side, points)
    assert "bob" not in json.dumps(ada["referrals"] + ada["referral_rewards"])
