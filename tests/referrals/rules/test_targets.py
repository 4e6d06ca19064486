"""Where referral links may lead."""

import pytest

from referrals.rules.targets import LONGEST, home_of, is_within, with_parameter

SITES = ["https://beans.example", "http://localhost:3000"]


@pytest.mark.parametrize(
    "target",
    [
        "https://beans.example",
        "https://beans.example/",
        "https://beans.example/coffee/dark?size=1&grind=fine#reviews",
        "https://beans.example?c=mail",
        "https://beans.example#top",
        "https://beans.example/größe",
        "https://beans.example//evil.example",
        "https://beans.example/@evil.example",
        "http://localhost:3000/cart",
    ],
)
def test_a_page_of_a_listed_site_is_within(target):
    assert is_within(SITES, target)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/cart",
        "",
        "https:evil.example",
        "https:/beans.example/",
        "http://beans.example/",
        "ftp://beans.example/",
        "javascript:alert(1)//https://beans.example/",
        "data:text/html,https://beans.example/",
        "https://beans.example@evil.example/",
        "https://beans.example:pass@evil.example/",
        "https://beans.example:443@evil.example/",
        "https://me@beans.example/",
        "https://beans.example.evil.example/",
        "https://beans.example:8443/",
        "https://beans.example\\@evil.example/",
        "https://beans.example/\\evil.example",
        "https://beans.exampleevil/",
        "https://beans.example\u3002evil.example/",
        "https://beans.example\uff0fevil.example/",
        "https://be\u0430ns.example/",
        "https://beans.example%2eevil.example/",
        "https://beans\u200b.example/",
        "ht\ntps://beans.example/",
        " https://beans.example/",
        "https://beans.example/\r\nSet-Cookie: a=b",
        "https://beans.example/\t",
        "https://beans.example/\0",
        "https://beans.example/" + "x" * LONGEST,
        "http://localhost:30000/",
        "https://localhost:3000/",
    ],
)
def test_whatever_else_is_not(target):
    assert not is_within(SITES, target)


def test_without_sites_nothing_is_within():
    assert not is_within([], "https://beans.example/")
    assert home_of([]) is None


def test_home_is_the_first_site_that_is_secure():
    assert home_of(["http://localhost:3000", "https://beans.example", "https://z.example"]) == (
        "https://beans.example/"
    )
    assert home_of(["http://localhost:3000"]) == "http://localhost:3000/"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://b.example/", "https://b.example/?t=1"),
        ("https://b.example", "https://b.example?t=1"),
        ("https://b.example/?a=2", "https://b.example/?a=2&t=1"),
        ("https://b.example/?t=forged&a=2&t", "https://b.example/?a=2&t=1"),
        ("https://b.example/x#y?z", "https://b.example/x?t=1#y?z"),
        ("https://b.example/?tt=2#", "https://b.example/?tt=2&t=1#"),
    ],
)
def test_a_parameter_takes_the_place_of_others_of_its_name(target, expected):
    assert with_parameter(target, "t", "1") == expected


def test_without_a_value_only_others_of_the_name_go():
    assert with_parameter("https://b.example/?t=forged#y", "t", "") == "https://b.example/#y"
