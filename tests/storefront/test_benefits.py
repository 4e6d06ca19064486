"""What tiers bring, and open: benefits for a help desk, products for some only."""

import pytest

from tests.storefront.rewarding import enrol, faults, pass_time, refusal, shopper
from tests.storefront.tiering import CREW, GOLD_BENEFITS, VIP, make_tiers, set_tier, spend


@pytest.fixture
def shop(db):
    """A shop with Ada, who is gold, and Bob, who is not."""
    door = make_tiers()
    enrol(door, points=0)
    enrol(door, "bob", points=0)
    spend("ada", 50000)
    return door


def access(door, asked, member="ada"):
    answer = door.get(f"/members/{member}/access?{asked}")
    assert answer.status_code == 200, answer.content
    return answer.json()


OPEN_TO_ALL = {"allowed": True, "opens_at": None, "because": None}
OPEN_TO_GOLD = {"allowed": True, "opens_at": None, "because": "gold"}
CLOSED = {"allowed": False, "opens_at": None, "because": "needs_tier"}


def test_a_help_desk_learns_all_it_needs_in_one_call(shop):
    assert shop.get("/members/ada/benefits").json() == {"benefits": GOLD_BENEFITS}
    assert shop.get("/members/bob/benefits").json() == {"benefits": {}}


def test_over_several_ladders_the_best_of_each_counts(db):
    door = make_tiers(VIP, CREW)
    enrol(door, points=0)
    set_tier(door, ladder="vip", tier="silver")
    set_tier(door, ladder="crew", tier="regular")

    # The smaller priority is served first.
    assert door.get("/members/ada/benefits").json() == {
        "benefits": {"support_priority": 2, "chat": True}
    }


@pytest.mark.parametrize(
    ("member", "asked", "told"),
    [
        ("ada", "sku=BLEND-M", OPEN_TO_GOLD),
        ("bob", "sku=BLEND-M", CLOSED),
        ("bob", "sku=ANYTHING", OPEN_TO_ALL),
        ("bob", "category=anything", OPEN_TO_ALL),
        ("bob", "sku=BLEND-M&category=anything", CLOSED),
    ],
)
def test_some_products_are_for_some_members(shop, member, asked, told):
    assert access(shop, asked, member) == told


def test_what_opens_later_opens_earlier_for_some(shop):
    not_yet = {"allowed": False, "because": "not_yet"}
    assert access(shop, "category=launch") == not_yet | {"opens_at": "2026-05-30T09:00:00Z"}
    late = not_yet | {"opens_at": "2026-06-01T09:00:00Z"}
    assert access(shop, "category=launch", "bob") == late

    pass_time("2026-05-30T09:00:00+00:00")

    assert access(shop, "category=launch") == OPEN_TO_ALL
    assert access(shop, "category=launch", "bob") == late


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("", ("/sku", "required")),
        ("sku=", ("/sku", "blank")),
        ("category=%20", ("/category", "blank")),
        ("sku=a%00", ("/sku", "nul_character")),
        ("sku=" + "x" * 256, ("/sku", "too_long")),
        ("product=A", ("/product", "unknown_field")),
        ("sku=A&sku=B", ("/sku", "duplicate")),
    ],
)
def test_a_question_that_is_none_is_refused(shop, asked, fault):
    assert faults(shop.get(f"/members/ada/access?{asked}")) == [fault]
    assert faults(shopper(shop).get(f"/me/access?{asked}")) == [fault]


def test_a_shopper_is_told_the_same(shop):
    ada = shopper(shop)

    assert ada.get("/me/benefits").json() == {"benefits": GOLD_BENEFITS}
    assert ada.get("/me/access?sku=BLEND-M").json() == OPEN_TO_GOLD
    assert shopper(shop, "bob").get("/me/access?sku=BLEND-M").json() == CLOSED


def test_nobody_has_no_benefits(shop):
    assert refusal(shop.get("/members/nobody/benefits")) == (404, "not_found")
    assert refusal(shop.get("/members/nobody/access?sku=A")) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "most"), [("/members/ada/benefits", 3), ("/members/ada/access?sku=BLEND-M", 3)]
)
def test_asking_costs_the_member_and_its_tiers(shop, path, most, django_assert_num_queries):
    shop.get(path)

    with django_assert_num_queries(most):
        shop.get(path)
