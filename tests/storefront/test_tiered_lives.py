"""Members' lives where there are tiers: adjusted, merged, taken apart, erased, exported."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from engine.nightly import run_due
from loyalty.models import Adjustment, Member, Merge, Program
from loyalty.services.adjustments import approve_adjustment
from tests.storefront.conftest import order
from tests.storefront.rewarding import refusal, settle
from tests.storefront.test_lives import merge, tables_with, unmerge
from tests.storefront.tiering import make_tiers, set_tier
from tiers.models import Standing, StandingChange
from tiers.queries.standings import Question, bonuses_of

VIP = """\
ladders:
  vip:
    tiers:
      member: {threshold: 0}
      gold: {threshold: "500.00", entry: {fixed: "5.00"}}
  points:
    metric: points
    point_type: points
    tiers:
      beginner: {threshold: 0}
      expert: {threshold: 500, multiplier: 2}
"""
GIFT = {"point_type": "points", "reason": "goodwill", "counts_for_tiers": True}


@pytest.fixture
def shop(db):
    """A shop with Ada and Bob, who have nothing yet."""
    door = make_tiers(VIP)
    for member in ("ada", "bob"):
        assert door.put(f"/members/{member}", {"name": member.title()}).status_code == 201
    return door


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(User.objects.create_superuser("kim", "kim@shop.example"))
    return client


def ladders(door, member="ada"):
    """Return a member's tiers, as the list of members tells them."""
    tiers = door.get(f"/members/{member}").json()["tiers"]
    return {code: each["tier"] for code, each in tiers.items()}


def adjust(door, points, key="a", **more):
    body = GIFT | {"points": points} | more
    return door.post("/members/ada/adjustments", body, Idempotency_Key=key)


def buy(door, member, cents, order_id=""):
    lines = [{"id": "1", "sku": "A", "quantity": 1, "unit_price": cents}]
    body = order(member=member, lines=lines)
    return door.put(f"/orders/{order_id or member}", body).json()


def act(client, row, what, **fields):
    """Do what a button of the admin does; the rows of the admin are by number."""
    address = reverse(f"admin:loyalty_{row._meta.model_name}_{what}", args=[row.pk])
    answer = client.post(address, {"key": "k"} | fields)
    assert answer.status_code == 302, answer.content.decode()


def tick():
    program = Program.objects.get()
    return run_due(program, at=program.now())["tier_changes"]


def changes():
    rows = StandingChange.objects.order_by("id")
    return [(row.from_tier, row.to_tier, row.cause) for row in rows]


def test_an_adjustment_that_counts_lifts_at_once(shop):
    assert adjust(shop, 500).status_code == 201

    assert ladders(shop)["points"] == "expert"
    assert changes() == [("beginner", "expert", "adjustment")]
    assert tick() == 0


def test_an_adjustment_that_does_not_count_lifts_nobody(shop):
    adjust(shop, 500, counts_for_tiers=False)

    assert (ladders(shop)["points"], changes()) == ("beginner", [])


def test_an_adjustment_that_is_reversed_lifts_nobody_any_more(shop):
    entry = adjust(shop, 500).json()["id"]

    shop.post(f"/entries/{entry}/reverse", {"reason": "mistake"}, Idempotency_Key="r")

    assert ladders(shop)["points"] == "beginner"
    assert changes()[1:] == [("expert", "beginner", "adjustment")]


@pytest.fixture
def waiting(shop):
    """Return an adjustment that waits for a second person."""
    Program.objects.update(adjustment_approval_above=100)
    assert adjust(shop, 500).status_code == 202
    return Adjustment.objects.get()


def test_one_that_waits_counts_for_nothing(shop, waiting):
    assert ladders(shop)["points"] == "beginner"


def test_one_that_staff_approve_lifts_at_once(shop, waiting, staff):
    act(staff, waiting, "approve")

    assert ladders(shop)["points"] == "expert"
    assert changes() == [("beginner", "expert", "adjustment")]
    assert tick() == 0


def test_an_order_after_it_was_approved_earns_by_the_tier(shop, waiting, staff):
    act(staff, waiting, "approve")

    assert buy(shop, "ada", 5000)["points"][0]["target"] == 100


def adjust_by_hand(client, **more):
    ada = Member.objects.get(external_id="ada")
    points = ada.program.point_types.get()
    asked = {"point_type": points.pk, "points": 500, "reason": "gift"}
    act(client, ada, "adjust", **asked | more)


def test_staff_say_whether_what_they_give_counts_for_tiers(shop, staff):
    adjust_by_hand(staff)
    assert changes() == []

    adjust_by_hand(staff, key="again", counts_for_tiers="on")
    assert changes() == [("beginner", "expert", "adjustment")]


def test_staff_are_asked_that_only_where_points_lead_up(staff):
    door = make_tiers(VIP.partition("  points:")[0])
    door.put("/members/ada", {})
    ada = Member.objects.get(external_id="ada")

    page = staff.get(reverse("admin:loyalty_member_adjust", args=[ada.pk])).content.decode()

    assert "counts_for_tiers" not in page


@pytest.fixture
def behind(waiting):
    """The same, approved by somebody who knows no tiers."""
    user = User.objects.create_user("lee")
    approve_adjustment(adjustment=waiting, user=user, at=waiting.program.now())


@pytest.mark.usefixtures("behind")
def test_what_was_approved_without_a_look_at_tiers_is_told_at_once(shop):
    assert ladders(shop)["points"] == "expert"
    assert changes() == []
    member = Member.objects.get(external_id="ada")
    found = bonuses_of(member.program, [Question(member, member.program.now())])
    assert [bonus.reason for bonus in found[member.pk]] == ["tier:points.expert"]


@pytest.mark.usefixtures("behind")
def test_what_was_approved_without_a_look_at_tiers_is_written_down_with_the_next_tick(shop):
    assert tick() == 1

    assert changes() == [("beginner", "expert", "adjustment")]
    assert tick() == 0


@pytest.mark.usefixtures("behind")
def test_what_was_approved_without_a_look_at_tiers_counts_with_the_next_order(shop):
    answer = buy(shop, "ada", 5000)

    assert answer["points"][0]["target"] == 100
    assert answer["tiers"] == [{"ladder": "points", "from": "beginner", "to": "expert"}]


def test_a_merge_answers_with_the_tiers_of_both_together(shop):
    buy(shop, "ada", 30000)
    buy(shop, "bob", 20000)

    body = merge(shop).json()

    assert body["member"]["tiers"]["vip"]["tier"] == "gold"
    history = tier_of_ladder(shop, "vip")["history"]
    assert [(each["to"], each["cause"]) for each in history] == [("gold", "merge")]


def tier_of_ladder(door, ladder):
    return door.get(f"/members/ada/tier?ladder={ladder}").json()


def test_an_undone_merge_answers_with_the_tiers_of_one(shop):
    buy(shop, "ada", 30000)
    buy(shop, "bob", 20000)
    merge(shop)

    unmerge(shop)

    assert ladders(shop)["vip"] == ladders(shop, "bob")["vip"] == "member"


def test_staff_who_merge_and_take_apart_do_the_same(shop, staff):
    buy(shop, "ada", 30000)
    buy(shop, "bob", 20000)

    act(staff, Member.objects.get(external_id="bob"), "merge", into="ada", reason="twice")
    assert ladders(shop)["vip"] == "gold"

    act(staff, Merge.objects.get(), "undo")
    assert ladders(shop)["vip"] == "member"
    assert tick() == 0


def test_staff_who_reactivate_somebody_let_them_stand_where_they_stand(shop, staff):
    buy(shop, "ada", 50000)
    ada = Member.objects.get(external_id="ada")
    act(staff, ada, "close")
    Program.objects.update(clock_at="2040-01-01T00:00:00Z")
    tick()

    act(staff, ada, "reactivate")

    assert ladders(shop)["vip"] == "gold"


def test_nothing_that_staff_wrote_about_tiers_outlives_an_erasure(shop):
    set_tier(shop, ladder="vip", tier="gold", reason="the zuleika affair")
    set_tier(shop, "bob", ladder="vip", tier="gold", reason="also zuleika")
    merge(shop)
    assert len(tables_with("zuleika")) >= 3

    shop.ask("DELETE", "/members/ada")

    assert tables_with("zuleika") == []
    assert not Standing.objects.exists()


def test_an_erased_member_leaves_nothing_for_the_next_tick(shop):
    buy(shop, "ada", 50000)
    buy(shop, "bob", 10000)
    merge(shop)

    shop.ask("DELETE", "/members/ada")

    assert tick() == 0


def test_an_export_tells_of_tiers(shop):
    buy(shop, "ada", 50000)
    set_tier(shop, "bob", ladder="vip", tier="gold", reason="a good friend")
    merge(shop)

    document = json.loads(shop.get("/members/ada/export").getvalue())

    assert document["tiers"]["vip"]["tier"] == "gold"
    assert [each["reason"] for each in document["tiers_by_hand"]] == ["a good friend"]
    assert [(each["to"], each["cause"]) for each in document["tier_changes"]] == [
        *(("gold", "order"), ("expert", "order")),
        ("gold", "by_hand"),
    ]
    assert [each["tier"] for each in document["entry_rewards"]] == ["gold", "gold"]


def test_a_gift_is_a_redemption_that_nothing_was_spent_on(shop):
    buy(shop, "ada", 50000)

    (listed,) = shop.get("/redemptions?member=ada").json()["results"]
    body = shop.get(f"/redemptions/{listed['id']}").json()

    assert (body["status"], body["points"], body["reward"]) == ("captured", 0, None)
    assert body["voucher"]["gives"] == {"fixed": "5.00"}


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("reverse", "nothing_spent"),
        ("void", "already_captured"),
        ("capture", "already_captured"),
    ],
)
def test_what_is_done_to_a_gift_by_hand_is_refused_by_name(shop, what, code):
    buy(shop, "ada", 50000)
    (gift,) = shop.get("/redemptions?member=ada").json()["results"]

    body = {"reason": "broken"} if what == "reverse" else {}

    assert refusal(settle(shop, gift["id"], what, **body)) == (409, code)
