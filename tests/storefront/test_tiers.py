"""Tiers at the door: ladders, and where a member stands in them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import Member, Program
from storefront.models import ApiKey
from tests.storefront.conftest import NOON, OTHER_SHOP, Door, make_key
from tests.storefront.rewarding import enrol, faults, pass_time, refusal, shopper
from tests.storefront.tiering import (
    CREW,
    END_OF_2027,
    GOLD_BENEFITS,
    VIP,
    make_tiers,
    set_tier,
    spend,
    tier_of,
)
from tiers.models import Ladder, Standing
from tiers.services.ladders import archive_ladder
from tiers.services.reviews import review_members


@pytest.fixture
def shop(db):
    """A shop with one ladder, and Ada."""
    door = make_tiers()
    enrol(door, points=0)
    return door


@pytest.fixture
def two_ladders(db):
    door = make_tiers(VIP, CREW)
    enrol(door, points=0)
    return door


def test_ladders_are_listed_with_what_their_tiers_bring(two_ladders):
    vip, crew = two_ladders.get("/tiers").json()["results"]

    assert vip == {
        "code": "vip",
        "name": "VIP",
        "metric": "spend",
        "point_type": None,
        "window": {"calendar": "year", "starts": "01-01"},
        "valid_for": "end_of_next_period",
        "tiers": [
            tier("member", 0),
            tier("silver", 20000, name="Silver", benefits={"support_priority": 2}),
            tier(
                "gold",
                50000,
                name="Gold",
                multiplier="1.5",
                entry={"points": 200, "point_type": "points", "once": "lifetime"},
                benefits=GOLD_BENEFITS,
            ),
        ],
    }
    assert (crew["code"], crew["metric"], crew["window"]) == ("crew", "orders", "lifetime")
    assert crew["valid_for"] is None


def tier(code, threshold, **said):
    plain = {"name": code, "operator": "at_least", "multiplier": "1", "entry": None}
    return {"code": code, "threshold": threshold, "benefits": {}, **plain, **said}


def test_ladders_are_listed_in_pages_both_ways(db):
    door = make_tiers(VIP, CREW, "  club: {tiers: {friend: {threshold: 0}}}\n")

    first = door.get("/tiers?limit=2").json()
    last = door.get(first["next"].partition("/api/v1")[2]).json()
    back = door.get(last["previous"].partition("/api/v1")[2]).json()

    assert [row["code"] for row in first["results"]] == ["vip", "crew"]
    assert [row["code"] for row in last["results"]] == ["club"]
    assert (last["next"], first["previous"]) == (None, None)
    assert back == first


def test_a_page_of_exactly_the_limit_has_no_next(two_ladders):
    assert two_ladders.get("/tiers?limit=2").json()["next"] is None


def test_a_page_that_begins_after_a_ladder_that_has_gone_is_the_first(two_ladders):
    after_vip = two_ladders.get("/tiers?limit=1").json()["next"].partition("/api/v1")[2]
    archive_ladder(ladder=Ladder.objects.get(code="vip"), at=NOON)

    page = two_ladders.get(after_vip).json()

    assert [row["code"] for row in page["results"]] == ["crew"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "all", "1.5"])
def test_a_limit_that_is_none_is_refused(shop, limit):
    assert faults(shop.get(f"/tiers?limit={limit}")) == [("/limit", "out_of_range")]


def test_anybody_may_know_the_ladders_but_no_hotline(shop):
    program = Program.objects.get()
    browser = Door(make_key(program, kind=ApiKey.Kind.PUBLISHABLE))

    vip = browser.get("/program").json()["ladders"]["vip"]

    assert vip["name"] == "VIP"
    gold = vip["tiers"][2]
    assert gold["threshold"] == 50000
    assert gold["benefits"] == {
        "free_shipping": True,
        "early_access_hours": 48,
        "support_priority": 1,
    }


def test_a_tier_says_what_is_missing_to_rise_and_to_stay(shop):
    spend("ada", 41250)

    assert tier_of(shop) == {
        "ladder": "vip",
        "tier": "silver",
        "since": "2026-05-01T10:00:00Z",
        "until": END_OF_2027,
        "metric": "spend",
        "value": 41250,
        "next": {"tier": "gold", "threshold": 50000, "missing": 8750},
        # The year that ends with the tier is judged, and nothing is spent in it yet.
        "keep": {
            "by": END_OF_2027,
            "missing": 20000,
            "falls_at": END_OF_2027,
            "falls_to": "member",
        },
        "benefits": {"support_priority": 2},
        "history": [
            {
                "from": "member",
                "to": "silver",
                "at": "2026-05-01T10:00:00Z",
                "cause": "review",
                "source": None,
                "reason": None,
            }
        ],
    }


def test_who_never_rose_is_where_everybody_begins(shop):
    found = tier_of(shop)

    assert (found["tier"], found["since"], found["until"]) == ("member", None, None)
    assert (found["keep"], found["history"]) == (None, [])
    assert found["next"] == {"tier": "silver", "threshold": 20000, "missing": 20000}


def test_at_the_top_there_is_no_next(shop):
    spend("ada", 50000)

    assert (tier_of(shop)["tier"], tier_of(shop)["next"]) == ("gold", None)


def test_where_no_tier_is_reached_there_is_none(two_ladders):
    answer = two_ladders.get("/members/ada/tier?ladder=crew").json()

    assert (answer["tier"], answer["benefits"]) == (None, {})
    assert answer["next"] == {"tier": "regular", "threshold": 1, "missing": 1}


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/members/ada/tier", ("/ladder", "required")),
        ("/members/ada/tier?ladder=vipp", ("/ladder", "unknown_ladder")),
        ("/members/ada/tier?ladder=", ("/ladder", "blank")),
        ("/members/ada/tier?leader=vip", ("/leader", "unknown_field")),
        ("/tiers?ladder=vip", ("/ladder", "unknown_field")),
    ],
)
def test_which_ladder_is_meant_has_to_be_clear(two_ladders, path, fault):
    assert faults(two_ladders.get(path)) == [fault]


def test_the_ladders_there_are_are_named(two_ladders):
    detail = two_ladders.get("/members/ada/tier").json()["detail"]

    assert "vip, crew" in detail


def test_without_ladders_there_is_no_tier(door, ada):
    assert refusal(door.get("/members/ada/tier")) == (404, "not_found")
    assert refusal(set_tier(door)) == (404, "not_found")
    assert door.get("/tiers").json() == {"results": [], "next": None, "previous": None}
    assert door.get("/members/ada").json()["tiers"] == {}


def test_what_belongs_to_another_program_is_not_there(shop):
    other = make_tiers(shop=OTHER_SHOP)
    spend("ada", 50000)

    assert refusal(other.get("/members/ada/tier")) == (404, "not_found")
    assert refusal(set_tier(other)) == (404, "not_found")
    assert refusal(other.get("/members/ada/benefits")) == (404, "not_found")
    assert refusal(other.get("/members/ada/access?sku=A")) == (404, "not_found")


def test_the_same_id_in_two_programs_stands_in_two_ladders(shop):
    other = make_tiers(shop=OTHER_SHOP)
    enrol(other, points=0)
    spend("ada", 50000)

    assert (tier_of(shop)["tier"], tier_of(other)["tier"]) == ("gold", "member")


def test_a_tier_whose_time_is_up_is_gone_though_no_job_has_run(shop):
    spend("ada", 50000)
    pass_time("2027-12-31T22:59:59+00:00")
    assert tier_of(shop)["tier"] == "gold"

    pass_time("2027-12-31T23:00:00+00:00")

    assert Standing.objects.get().tier == "gold"
    found = tier_of(shop)
    assert (found["tier"], found["since"], found["benefits"]) == ("member", END_OF_2027, {})
    fall = {"from": "gold", "to": "member", "at": END_OF_2027, "cause": "review"}
    assert found["history"][0] == fall | {"source": None, "reason": None}
    assert len(found["history"]) == 2
    member = shop.get("/members/ada").json()["tiers"]["vip"]
    assert member == {"tier": "member", "since": END_OF_2027, "until": None}
    assert shop.get("/members/ada/benefits").json() == {"benefits": {}}
    assert shop.get("/members/ada/access?sku=BLEND-M").json()["allowed"] is False


def test_a_review_writes_down_what_was_true_before_it(shop):
    spend("ada", 50000)
    pass_time("2028-03-01T10:00:00+00:00")
    before = tier_of(shop)

    program = Program.objects.get()
    review_members(program=program, members=[Member.objects.get()], at=program.now())

    assert Standing.objects.get().tier == "member"
    assert tier_of(shop) == before


def test_a_floor_that_is_over_is_gone_though_no_job_has_run(shop):
    set_tier(shop, until="2026-06-01T00:00:00Z")
    pass_time("2026-06-01T00:00:00+00:00")

    found = tier_of(shop)

    assert (found["tier"], found["since"]) == ("member", "2026-06-01T00:00:00Z")
    assert found["history"][0]["cause"] == "by_hand"


def test_every_answer_with_a_member_has_its_tiers(shop):
    spend("ada", 50000)
    standing = {"tier": "gold", "since": "2026-05-01T10:00:00Z", "until": END_OF_2027}

    answers = [
        shop.get("/members/ada").json(),
        shop.put("/members/ada", {"name": "Ada"}).json(),
        shop.patch("/members/ada", {"name": "Ada L."}).json(),
        shop.get("/members").json()["results"][0],
        shop.post("/members/ada/suspend", {}).json(),
        shop.post("/members/ada/reactivate", {}).json(),
        shopper(shop).get("/me").json(),
    ]

    assert [answer["tiers"] for answer in answers] == [{"vip": standing}] * 7


@pytest.mark.parametrize("moment", ["2026-05-01T10:00:00+00:00", "2028-03-01T10:00:00+00:00"])
def test_a_list_of_three_members_costs_what_a_list_of_one_does(
    shop, moment, django_assert_num_queries
):
    spend("ada", 50000)
    pass_time(moment)
    shop.get("/members")  # what a process keeps is read once
    counted = queries_of(lambda: shop.get("/members"))
    pass_time("2026-05-01T10:00:00+00:00")
    for member in ("bob", "eve"):
        enrol(shop, member, points=0)
        spend(member, 50000)
    pass_time(moment)

    with django_assert_num_queries(counted):
        assert len(shop.get("/members").json()["results"]) == 3


def queries_of(ask):
    with CaptureQueriesContext(connection) as queries:
        ask()
    return len(queries)


def test_a_tier_is_answered_with_its_etag(shop):
    answer = shop.get("/members/ada/tier")

    again = shop.get("/members/ada/tier", If_None_Match=answer["ETag"])

    assert again.status_code == 304


def test_a_shopper_is_told_what_the_storefront_is(shop):
    spend("ada", 41250)
    ada = shopper(shop)

    assert ada.get("/me/tier").json() == tier_of(shop)
    assert ada.get("/me/tier?ladder=vip").json() == tier_of(shop)
    assert faults(ada.get("/me/tier?ladder=x")) == [("/ladder", "unknown_ladder")]


def test_a_shopper_is_not_told_why_staff_set_a_tier(shop):
    set_tier(shop, reason="friend of the owner")

    answer = shopper(shop).get("/me/tier")

    assert b"owner" not in answer.content
    [change] = answer.json()["history"]
    assert (change["cause"], change["reason"]) == ("by_hand", None)


def test_a_shopper_sees_only_its_own_tier(shop):
    enrol(shop, "bob", points=0)
    spend("bob", 50000)

    ada = shopper(shop)

    assert ada.get("/me/tier").json()["tier"] == "member"
    assert refusal(ada.get("/members/bob/tier")) == (403, "wrong_key_kind")
    assert faults(ada.get("/me/tier?member=bob")) == [("/member", "unknown_field")]
    assert refusal(ada.put("/me/tier", {"tier": "gold", "reason": "me"}))[0] == 405
