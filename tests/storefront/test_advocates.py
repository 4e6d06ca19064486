"""Advocates at the door: codes, links, and what has come of them."""

import re

import pytest

from loyalty.models import Member, Program
from referrals.models import ReferralCode
from storefront.models import ApiKey
from tests.storefront.conftest import OTHER_SHOP, Door, make_key, order
from tests.storefront.referring import browser_of, claimed, code_of, follow, make_referrals
from tests.storefront.rewarding import enrol, faults, refusal, shopper


@pytest.fixture
def shop(db):
    """A shop with two referral programs, and Ada."""
    door = make_referrals()
    enrol(door, points=0, email="ada@example.org")
    return door


def change(door, **stated):
    return door.post("/members/ada/referral", stated)


def test_an_advocate_has_a_code_a_link_and_nothing_yet(shop):
    body = shop.get("/members/ada/referral").json()

    code = body["code"]
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", code)
    link = f"http://testserver/r/{code}"
    quoted = f"http%3A%2F%2Ftestserver%2Fr%2F{code}%3Fc%3D"
    stages = ("clicks", "claims", "signups", "qualified", "rewarded")
    assert body == {
        "program": "friends",
        "code": code,
        "link": link,
        "stats": {**dict.fromkeys(stages, 0), "earned": []},
        "cap": {"times": 5, "per": "year", "used": 0, "left": 5},
        "gives": {
            "advocate": {"points": 100},
            "friend": {"percent": 50},
        },
        "share": {
            "copy": f"{link}?c=copy",
            "web_share": f"{link}?c=share",
            "mailto": f"mailto:?body={quoted}email",
            "whatsapp": f"https://wa.me/?text={quoted}whatsapp",
            "qr": f"{link}/qr.svg",
        },
    }


def test_asking_again_makes_no_other_code(shop):
    assert shop.get("/members/ada/referral").json() == shop.get("/members/ada/referral").json()
    assert ReferralCode.objects.count() == 1


def test_each_referral_program_has_a_code_of_its_own(shop):
    other = shop.get("/members/ada/referral?program=colleagues").json()

    assert (other["program"], other["cap"]) == ("colleagues", None)
    assert other["code"] != code_of(shop)
    assert other["gives"]["advocate"] is None


def test_what_friends_do_is_counted_and_what_was_earned_is_told(shop):
    follow(code_of(shop))
    claimed(shop, "bob")
    shop.put("/members/bob", {})
    shop.put("/orders/1", order(member="bob"))
    shop.put("/clock", {"now": "2026-05-15T10:00:00Z"})

    body = shop.get("/members/ada/referral").json()

    earned = body["stats"].pop("earned")
    # The claim came by the code and not by the click: two have arrived.
    assert body["stats"] == {
        "clicks": 2, "claims": 1, "signups": 1, "qualified": 1, "rewarded": 1,
    }  # fmt: skip
    assert earned == [{"point_type": "points", "points": 100}]
    assert (body["cap"]["used"], body["cap"]["left"]) == (1, 4)


def test_a_code_of_ones_own_takes_the_place_of_the_one_that_was_made(shop):
    before = code_of(shop)

    answer = change(shop, code="Ada-Bakes")

    assert (answer.status_code, answer.json()["code"]) == (200, "Ada-Bakes")
    assert answer.json()["link"] == "http://testserver/r/Ada-Bakes"
    assert answer.json() == shop.get("/members/ada/referral").json()
    assert [follow(code).status_code for code in (before, "adabakes")] == [302, 302]


def test_a_code_is_changed_for_another(shop):
    before = code_of(shop)

    after = change(shop, rotate=True).json()["code"]

    assert after == code_of(shop) != before


def test_a_rotation_that_is_repeated_under_its_key_is_one(shop):
    answers = [
        shop.post("/members/ada/referral", {"rotate": True}, Idempotency_Key="r") for _ in "ab"
    ]

    assert answers[0].content == answers[1].content
    assert ReferralCode.objects.count() == 1


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ({}, ("", "one_of")),
        ({"rotate": False}, ("", "one_of")),
        ({"code": "ada-bakes", "rotate": True}, ("", "one_of")),
        ({"code": "ada"}, ("/code", "code_not_allowed")),
        ({"code": "ADM1N"}, ("/code", "code_not_allowed")),
        ({"code": "ada bakes!"}, ("/code", "code_not_allowed")),
        ({"code": "  "}, ("/code", "blank")),
        ({"code": "x" * 41}, ("/code", "too_long")),
        ({"code": 5}, ("/code", "wrong_type")),
        ({"rotate": "yes"}, ("/rotate", "wrong_type")),
        ({"vanity": "ada-bakes"}, ("/vanity", "unknown_field")),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_name(shop, stated, fault):
    assert faults(change(shop, **stated)) == [fault]


def test_a_code_that_somebody_has_is_taken_however_it_is_written(shop):
    change(shop, code="ada-bakes")
    enrol(shop, "eve", points=0)

    answer = shop.post("/members/eve/referral", {"code": "ADABAKES"})

    assert refusal(answer) == (409, "code_taken")


def test_two_programs_may_have_the_same_code_and_their_links_differ(shop):
    other = make_referrals(OTHER_SHOP)
    enrol(other, points=0)
    change(shop, code="ada-bakes")

    link = change(other, code="ada-bakes").json()["link"]

    assert link == "http://testserver/r/ada-bakes?p=tea-shop"
    assert shop.get("/members/ada/referral").json()["link"] == "http://testserver/r/ada-bakes"


@pytest.mark.parametrize(
    ("path", "status"), [("?program=strangers", 404), ("?program=", 400), ("?programs=x", 400)]
)
def test_a_referral_program_that_is_not_there(shop, path, status):
    assert shop.get(f"/members/ada/referral{path}").status_code == status
    assert shop.post(f"/members/ada/referral{path}", {"rotate": True}).status_code == status


def test_without_referral_programs_there_are_no_advocates(door, ada):
    assert refusal(door.get("/members/ada/referral")) == (404, "not_found")
    assert refusal(change(door, rotate=True)) == (404, "not_found")


def test_who_has_left_is_no_advocate(shop):
    Member.objects.update(status="closed")

    assert refusal(shop.get("/members/ada/referral")) == (404, "not_found")
    assert refusal(change(shop, rotate=True)) == (409, "member_closed")


def test_the_members_of_another_program_are_not_there(shop):
    other = make_referrals(OTHER_SHOP)

    assert refusal(other.get("/members/ada/referral")) == (404, "not_found")
    assert refusal(change(other, rotate=True)) == (404, "not_found")


def test_a_merged_advocate_is_who_it_is_now(shop):
    enrol(shop, "twin", points=0)
    shop.post("/members/twin/merge", {"into": "ada"}, Idempotency_Key="m")

    assert code_of(shop, "twin") == code_of(shop)


def test_a_shopper_is_told_what_the_storefront_is(shop):
    claimed(shop, "bob")

    assert shopper(shop).get("/me/referral").json() == shop.get("/members/ada/referral").json()
    assert shopper(shop).get("/me/referral?program=colleagues").status_code == 200


def test_a_shopper_sees_only_its_own(shop):
    enrol(shop, "eve", points=0)
    claimed(shop, {"email": "ada+1@example.org"}, code=code_of(shop, "eve"))
    eve = shopper(shop, "eve")

    answer = eve.get("/me/referral")

    assert answer.json()["code"] == code_of(shop, "eve") != code_of(shop)
    # Something speaks against this friend, and who it is and what is not for shoppers.
    assert not re.search(b"ada|flagged|reason|score|known_before", answer.content)
    assert faults(eve.get("/me/referral?member=ada")) == [("/member", "unknown_field")]
    for path in ("/members/ada/referral", "/referrals", "/referrals/ref_1"):
        assert refusal(eve.get(path)) == (403, "wrong_key_kind")
    assert eve.post("/me/referral", {"rotate": True}).status_code == 405


@pytest.mark.parametrize("path", ["/members/ada/referral", "/referrals", "/referrals/ref_1"])
def test_only_a_secret_key_with_the_scope_opens_it(shop, path):
    program = Program.objects.get()

    assert refusal(browser_of().get(path)) == (403, "wrong_key_kind")
    pk = make_key(program, "referrals", kind=ApiKey.Kind.PUBLISHABLE)
    assert refusal(Door(pk).get(path)) == (403, "wrong_key_kind")
    without = Door(make_key(program, "members", "orders"))
    assert refusal(without.get(path)) == (403, "insufficient_scope")
    assert Door(make_key(program, "referrals")).get(path).status_code in (200, 404)
    assert refusal(shop.get("/me/referral")) == (403, "wrong_key_kind")
