"""Ladders that follow balances: at once both ways, whoever moved the points."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from engine.nightly import run_due
from engine.travel import move_clock
from loyalty.models import Adjustment, Member, Program
from tests.storefront.conftest import SHOP, order
from tests.storefront.rewarding import (
    enrol,
    make_shop,
    pass_time,
    redeem,
    redeemed,
    settle,
    wallet,
)
from tests.storefront.tiering import set_tier
from tiers.models import EntryReward, StandingChange

JAR = """\
ladders:
  jar:
    metric: balance
    point_type: points
    tiers:
      empty: {threshold: 0}
      some: {threshold: 100, entry: {points: 10, point_type: points}}
      full: {threshold: 1000}
"""
REWARDS = """\
rewards:
  coffee: {cost: {points: 100}, gives: {free_product: ESPRESSO}}
"""
ROSE, FELL = ("empty", "some"), ("some", "empty")


@pytest.fixture
def shop(db):
    """A shop with Ada, who has 160 points of an order and of what it lifted her to."""
    door = make_shop(SHOP + JAR, REWARDS)
    enrol(door, points=0)
    enrol(door, "bob", points=0)
    door.put("/orders/1", order(lines=[line(15000)]))
    return door


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(User.objects.create_superuser("kim", "kim@shop.example"))
    return client


def line(cents):
    return {"id": "1", "sku": "A", "quantity": 1, "unit_price": cents}


def story(member="ada"):
    """Return how a member moved and why, oldest first."""
    changes = StandingChange.objects.filter(member__external_id=member)
    return [(each.from_tier, each.to_tier, each.cause) for each in changes]


def tier(door, member="ada"):
    return door.get(f"/members/{member}/tier").json()


def transfer(door, points, to="bob"):
    body = {"to": to, "point_type": "points", "points": points}
    answer = door.post("/members/ada/transfers", body, Idempotency_Key="t")
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def test_spending_lets_fall_at_once_and_takes_nothing_back(shop):
    name = redeemed(shop, reward="coffee")["id"]

    assert story() == [(*ROSE, "order"), (*FELL, "redemption")]
    assert tier(shop)["history"][0]["source"] == {"type": "redemption", "id": name}
    assert wallet(shop) == (60, 100)


def test_the_order_after_it_takes_back_nothing_that_entering_gave(shop):
    redeem(shop, reward="coffee")

    shop.put("/orders/2", order(lines=[line(100)]))

    assert wallet(shop) == (61, 100)
    assert len(story()) == 2


def test_what_comes_back_lifts_again_and_gives_no_second_reward(shop):
    held = redeemed(shop, reward="coffee")["id"]

    settle(shop, held, "void")

    assert story()[-1] == (*ROSE, "redemption")
    assert wallet(shop) == (160, 0)


def test_a_transfer_moves_both_and_entering_gives_its_reward(shop):
    transfer(shop, 100)

    assert story()[-1] == (*FELL, "transfer")
    assert story("bob") == [(*ROSE, "transfer")]
    assert (wallet(shop), wallet(shop, "bob")) == ((60, 0), (110, 0))


def test_a_transfer_that_is_undone_moves_both_back(shop):
    sent = transfer(shop, 90)

    shop.post(f"/entries/{sent}/reverse", {"reason": "a slip"}, Idempotency_Key="back")

    assert (tier(shop)["tier"], story()[-1]) == ("some", (*ROSE, "transfer"))


def test_an_adjustment_says_what_it_was(shop):
    body = {"point_type": "points", "points": -100, "reason": "a slip"}
    shop.post("/members/ada/adjustments", body, Idempotency_Key="a")

    assert story()[-1] == (*FELL, "adjustment")


@pytest.mark.parametrize("on", ["2026-05-01T10:00:00Z", "2026-05-07T10:00:00Z"])
def test_a_refund_takes_back_the_entry_that_its_order_brought(shop, on):
    pass_time(on)

    shop.post("/orders/1/refunds", {"id": "r", "amount": 15000})

    assert story()[-1] == (*FELL, "refund")
    assert wallet(shop) == (0, 0)
    assert EntryReward.objects.get().taken_back_at is not None


def test_since_is_the_same_wherever_one_asks(shop):
    since = tier(shop)["since"]

    assert since == "2026-05-01T10:00:00Z"
    assert shop.get("/members/ada").json()["tiers"]["jar"]["since"] == since


def test_points_that_expire_are_written_down_by_the_next_tick(shop):
    pass_time("2027-05-01T10:00:01Z")
    assert tier(shop)["tier"] == "empty"

    run_due(Program.objects.get(), at=datetime.fromisoformat("2027-05-01T10:00:01Z"))

    assert story()[-1] == (*FELL, "review")
    assert wallet(shop) == (0, 0)


def test_a_clock_that_travels_far_tells_the_day_on_which_points_expired(shop):
    move_clock(program=Program.objects.get(), to=datetime.fromisoformat("2029-01-01T00:00:00Z"))

    fell = StandingChange.objects.order_by("pk").last()
    assert (fell.to_tier, fell.at.isoformat()) == ("empty", "2027-05-01T22:00:00+00:00")


def test_what_staff_redeem_for_a_member_is_followed_at_once(shop, staff):
    ada = Member.objects.get(external_id="ada")
    address = reverse("admin:loyalty_member_issue", args=[ada.pk])

    staff.post(address, {"key": "k", "reward": "coffee", "order": ""})

    assert story()[-1] == (*FELL, "redemption")


def test_what_staff_take_moves_at_once(shop, staff):
    ada = Member.objects.get(external_id="ada")
    address = reverse("admin:loyalty_member_adjust", args=[ada.pk])
    asked = {"key": "k", "point_type": ada.program.point_types.get().pk, "reason": "slip"}

    staff.post(address, asked | {"points": -100})

    assert story()[-1] == (*FELL, "adjustment")


@pytest.fixture
def waiting(shop):
    """Return an adjustment that waits for a second person."""
    Program.objects.update(adjustment_approval_above=10)
    body = {"point_type": "points", "points": -100, "reason": "slip"}
    shop.post("/members/ada/adjustments", body, Idempotency_Key="a")
    assert story() == [(*ROSE, "order")]
    return Adjustment.objects.get()


def test_what_a_second_person_approves_moves_at_once(waiting, staff):
    staff.post(reverse("admin:loyalty_adjustment_approve", args=[waiting.pk]), {"key": "k"})

    assert story()[-1] == (*FELL, "adjustment")


def test_what_is_approved_in_the_list_moves_at_once(waiting, staff):
    chosen = {"action": "approve", "_selected_action": [waiting.pk]}
    staff.post(reverse("admin:loyalty_adjustment_changelist"), chosen)

    assert story()[-1] == (*FELL, "adjustment")


def test_a_tick_that_finds_nothing_new_changes_nothing(shop):
    run_due(Program.objects.get(), at=datetime.fromisoformat("2026-05-01T10:05:00Z"))

    assert story() == [(*ROSE, "order")]


def test_a_floor_over_a_balance_leaves_what_was_reached_below_it(shop):
    set_tier(shop, tier="full", until="2026-06-01T00:00:00Z")
    pass_time("2026-06-02T00:00:00Z")

    run_due(Program.objects.get(), at=datetime.fromisoformat("2026-06-02T00:00:00Z"))

    assert tier(shop)["tier"] == "some"
    assert story() == [
        (*ROSE, "order"),
        ("some", "full", "by_hand"),
        ("full", "some", "by_hand"),
    ]
