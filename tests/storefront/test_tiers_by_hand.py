"""Tiers that staff set at the door: a floor, with an end and a reason."""

import pytest

from loyalty.models import Member
from tests.storefront.rewarding import enrol, faults, pass_time, refusal
from tests.storefront.tiering import (
    CREW,
    GOLD_BENEFITS,
    VIP,
    make_tiers,
    set_tier,
    spend,
    tier_of,
)
from tiers.models import StandingChange


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


def test_a_tier_set_by_hand_is_answered_as_it_stands(shop):
    answer = set_tier(shop, until="2026-08-01T00:00:00Z")

    assert answer.status_code == 200
    assert answer.json() == tier_of(shop)
    told = answer.json()
    assert (told["tier"], told["until"]) == ("gold", "2026-08-01T00:00:00Z")
    assert told["benefits"] == GOLD_BENEFITS
    assert told["history"] == [
        {
            "from": "member",
            "to": "gold",
            "at": "2026-05-01T10:00:00Z",
            "cause": "by_hand",
            "source": {"type": "staff", "id": None},
            "reason": "a good friend",
        }
    ]


@pytest.mark.parametrize("until", [{}, {"until": None}])
def test_a_tier_set_without_an_end_has_none(shop, until):
    assert set_tier(shop, **until).json()["until"] is None
    pass_time("2126-05-01T10:00:00+00:00")
    assert tier_of(shop)["tier"] == "gold"


def test_setting_the_same_tier_again_changes_nothing(shop):
    first = set_tier(shop, until="2026-08-01T00:00:00Z")
    changes = StandingChange.objects.count()

    assert set_tier(shop, until="2026-08-01T00:00:00Z").json() == first.json()
    assert StandingChange.objects.count() == changes


def test_what_was_set_by_hand_is_ended_with_null(shop):
    set_tier(shop)

    answer = set_tier(shop, tier=None, reason="a mistake")

    assert (answer.status_code, answer.json()["tier"]) == (200, "member")
    assert answer.json()["history"][0]["reason"] == "a mistake"


def test_what_was_earned_counts_above_what_was_set(shop):
    spend("ada", 50000)

    assert set_tier(shop, tier="silver").json()["tier"] == "gold"


def test_one_ladder_of_several_is_set_by_its_name(two_ladders):
    set_tier(two_ladders, ladder="crew", tier="regular")

    told = two_ladders.get("/members/ada").json()["tiers"]
    assert {code: each["tier"] for code, each in told.items()} == {
        "vip": "member",
        "crew": "regular",
    }


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ({"ladder": "vipp"}, ("/ladder", "unknown_ladder")),
        ({"ladder": 5}, ("/ladder", "wrong_type")),
        ({"tier": "platinum"}, ("/tier", "unknown_tier")),
        ({"tier": ""}, ("/tier", "blank")),
        ({"tier": True}, ("/tier", "wrong_type")),
        ({"until": "2026-05-01T10:00:00Z"}, ("/until", "out_of_order")),
        ({"until": "2026-08-01"}, ("/until", "invalid_time")),
        ({"until": 5}, ("/until", "wrong_type")),
        ({"until": "9999-01-01T00:00:00Z"}, ("/until", "out_of_range")),
        ({"reason": None}, ("/reason", "required")),
        ({"reason": " "}, ("/reason", "blank")),
        ({"reason": "x" * 256}, ("/reason", "too_long")),
        ({"reason": "a\0"}, ("/reason", "nul_character")),
        ({"untill": None}, ("/untill", "unknown_field")),
    ],
)
def test_a_tier_that_cannot_be_set_is_refused_by_name(shop, stated, fault):
    assert faults(set_tier(shop, **stated)) == [fault]
    assert not StandingChange.objects.exists()


def test_a_statement_has_to_name_a_tier_or_null(shop):
    answer = shop.put("/members/ada/tier", {"reason": "x"})

    assert faults(answer) == [("/tier", "required")]


@pytest.mark.parametrize("body", [None, [], "gold"])
def test_a_statement_is_an_object(shop, body):
    assert refusal(shop.put("/members/ada/tier", body))[0] == 400


def test_a_member_who_has_left_gets_no_tier(shop):
    Member.objects.update(status="closed")

    assert refusal(set_tier(shop)) == (409, "member_closed")
    assert not StandingChange.objects.exists()
