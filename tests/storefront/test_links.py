"""Links and clicks: visitors are led to the shop and nowhere else, and counted once."""

from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from loyalty.models import Member, Program
from referrals.models import Click
from storefront.models import ApiKey
from tests.storefront.conftest import OTHER_SHOP, Door, make_key
from tests.storefront.referring import (
    BROWSER,
    browser_of,
    claimed,
    code_of,
    follow,
    make_referrals,
)
from tests.storefront.rewarding import enrol, faults, refusal

HOME = "https://beans.example/"
PREVIEW = "WhatsApp/2.23.20.0"


@pytest.fixture
def shop(db):
    """A shop with referral programs, and Ada Lovelace."""
    door = make_referrals()
    enrol(door, points=0, name="Ada Lovelace")
    return door


@pytest.fixture
def code(shop):
    return code_of(shop)


def click(code, door=None, **stated):
    return (door or browser_of()).post("/referrals/clicks", {"code": code, **stated})


def token_in(answer):
    [token] = parse_qs(urlsplit(answer["Location"]).query)["click_token"]
    return token


def test_a_link_leads_to_the_shop_with_a_token_that_claims(shop, code):
    answer = follow(code, c="mail")

    assert answer.status_code == 302
    assert answer["Location"].partition("?")[0] == HOME
    assert answer["Cache-Control"] == "no-store"
    body = claimed(shop, click_token=token_in(answer))
    assert (body["advocate"], body["source"], body["channel"]) == ("ada", "click", "mail")
    assert [step["state"] for step in body["steps"]] == ["clicked", "claimed"]


def test_a_link_may_lead_to_a_page_of_the_shop(code):
    answer = follow(code, to="https://beans.example/größe?a=1&click_token=forged#top")

    place = urlsplit(answer["Location"])
    assert (place.netloc, place.path, place.fragment) == (
        "beans.example", "/gr%C3%B6%C3%9Fe", "top",
    )  # fmt: skip
    assert parse_qs(place.query).keys() == {"a", "click_token"}
    assert token_in(answer) != "forged"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "https://beans.example@evil.example/",
        "https://beans.example.evil.example/",
        "https://beans.example:443@evil.example/",
        "http://beans.example/",
        "javascript:alert(1)",
        "https://be\u0430ns.example/",
        "https://beans.example\u3002evil.example",
        "https://beans.example/\r\nSet-Cookie: a=b",
        "https://beans.example/\0",
    ],
)
def test_a_link_leads_nowhere_else(code, target):
    answer = follow(code, to=target)

    assert answer.status_code == 400
    assert "Location" not in answer
    assert b"evil" not in answer.content
    assert not Click.objects.exists()


@pytest.mark.parametrize("typed", ["ZZZZZZZZ", "%00", "%ff", "x" * 300, "%0d%0aSet-Cookie:a"])
def test_an_unknown_code_is_not_there(shop, typed):
    answer = Client().get(f"/r/{typed}")

    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert Client().get(f"/r/{typed}/qr.svg").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_link_is_only_followed(code, method):
    assert follow(code, method).status_code in (403, 405)
    assert not Click.objects.exists()


def test_a_head_leads_on_and_counts_nothing(code):
    answer = follow(code, "HEAD")

    assert (answer.status_code, answer["Location"]) == (302, HOME)
    assert not Click.objects.exists()


def test_a_preview_is_counted_apart_and_takes_no_token_along(shop, code):
    answer = follow(code, agent=PREVIEW)

    assert answer["Location"] == HOME
    assert Click.objects.get().is_bot
    assert shop.get("/members/ada/referral").json()["stats"]["clicks"] == 0


def test_many_clicks_of_one_visitor_are_one(shop, code):
    for _ in range(20):
        assert follow(code).status_code == 302
        assert click(code).status_code == 201

    row = Click.objects.get()
    assert row.times == 40
    assert shop.get("/members/ada/referral").json()["stats"]["clicks"] == 1


def test_what_a_visitor_types_as_a_channel_is_kept_short_and_plain(code):
    follow(code, c="a\0b\n" + "c" * 100)

    assert Click.objects.get().channel == "ab" + "c" * 38


def test_parameters_of_others_do_no_harm(code):
    assert follow(code, utm_source="x", fbclid="y").status_code == 302


def test_a_code_that_was_typed_in_its_own_way_is_followed(code):
    assert follow(f"{code[:4]}-{code[4:]}".lower()).status_code == 302


def test_when_the_program_has_ended_the_shop_is_still_there(code):
    make_referrals(programs="referral_programs:\n  others: {friend: {gives: {points: 5}}}\n")

    assert follow(code)["Location"] == HOME
    assert not Click.objects.exists()
    assert refusal(click(code)) == (409, "program_ended")


def test_who_has_left_brings_nobody(code):
    Member.objects.update(status="closed")

    assert follow(code).status_code == 404
    assert refusal(click(code)) == (404, "not_found")


def test_a_shop_without_a_site_is_not_found(code):
    Program.objects.update(origins=[])

    assert follow(code).status_code == 404
    assert follow(code, to=HOME).status_code == 400


def test_two_programs_with_one_code_are_told_apart_by_the_link(shop, code):
    other = make_referrals(OTHER_SHOP.replace("beans.example", "tea.example"))
    enrol(other, points=0)
    first = shop.post("/members/ada/referral", {"code": "ada-bakes"}).json()
    second = other.post("/members/ada/referral", {"code": "ada-bakes"}).json()

    places = [Client().get(each["link"])["Location"] for each in (first, second)]

    assert [urlsplit(place).netloc for place in places] == ["beans.example", "tea.example"]
    assert Client().get(second["share"]["qr"]).status_code == 200
    assert follow("ada-bakes", p="no-shop").status_code == 404


def test_a_link_is_drawn_for_paper(shop, code):
    answer = Client().get(shop.get("/members/ada/referral").json()["share"]["qr"])

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    assert answer.content.startswith(b"<svg")
    assert b"script" not in answer.content
    assert not Click.objects.exists()


def test_a_shops_own_page_counts_a_click(shop, code):
    answer = click(code, channel="blog", landing="https://beans.example/hello?c=other")

    assert answer.status_code == 201
    body = answer.json()
    assert claimed(shop, click_token=body.pop("click_token"))["channel"] == "blog"
    assert body == {"advocate_first_name": "Ada", "friend_reward": {"percent": 50}}


@pytest.mark.parametrize(
    ("landing", "channel"),
    [
        ("https://beans.example/hello?a=1&c=mail#c=x", "mail"),
        ("https://beans.example/hello", ""),
        ("https://[/?c=%00odd", "odd"),
        ("", ""),
    ],
)
def test_a_landing_page_says_the_channel_where_nobody_does(code, landing, channel):
    assert click(code, landing=landing).status_code == 201
    assert Click.objects.get().channel == channel


def test_an_advocate_without_a_name_has_none(code):
    Member.objects.update(name="")

    assert click(code).json()["advocate_first_name"] is None


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ({"code": None}, ("/code", "required")),
        ({"code": " "}, ("/code", "blank")),
        ({"code": 5}, ("/code", "wrong_type")),
        ({"channel": "x" * 41}, ("/channel", "too_long")),
        ({"channel": "a\0"}, ("/channel", "nul_character")),
        ({"landing": "x" * 2001}, ("/landing", "too_long")),
        ({"email": "bob@example.org"}, ("/email", "unknown_field")),
    ],
)
def test_a_click_that_cannot_be_is_refused_by_name(code, stated, fault):
    assert faults(click(stated.pop("code", code), **stated)) == [fault]


def test_a_click_is_counted_for_the_program_of_the_key(shop, code):
    make_referrals(OTHER_SHOP)

    assert refusal(click(code, browser_of("tea-shop"))) == (404, "not_found")
    assert not Click.objects.exists()


def test_a_click_comes_from_the_sites_of_the_shop(shop, code):
    key = make_key(Program.objects.get(), kind=ApiKey.Kind.PUBLISHABLE)
    at_home = Door(key, {"Origin": "https://beans.example", "User-Agent": BROWSER})
    elsewhere = Door(key, {"Origin": "https://evil.example", "User-Agent": BROWSER})

    allowed = "Access-Control-Allow-Origin"
    assert click(code, at_home)[allowed] == "https://beans.example"
    assert allowed not in click(code, elsewhere)
    assert refusal(click(code, Door())) == (401, "not_authenticated")


def visited_by(code, forwarded, peer):
    """Follow a link through a proxy, and return how many visitors there are now."""
    Client(headers={"User-Agent": BROWSER, "X-Forwarded-For": forwarded}).get(
        f"/r/{code}", REMOTE_ADDR=peer
    )
    return Click.objects.count()


def test_a_forged_forwarded_for_makes_no_other_visitor(code):
    for number in range(3):
        assert visited_by(code, f"198.51.100.{number}", "203.0.113.7") == 1


def test_behind_a_trusted_proxy_visitors_are_told_apart(code, settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

    assert visited_by(code, "203.0.113.7", "10.0.0.2") == 1
    assert visited_by(code, "203.0.113.8", "10.0.0.2") == 2
    # What the visitor wrote there itself stands before what the proxy saw.
    assert visited_by(code, "198.51.100.9, 203.0.113.8", "10.0.0.2") == 2


def test_what_is_forged_past_the_proxy_is_not_believed(code, settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

    for number in range(3):
        assert visited_by(code, f"198.51.100.{number}", "203.0.113.7") == 1
