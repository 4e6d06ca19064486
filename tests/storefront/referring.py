"""A bean shop whose members bring friends, and shorthands to be one of them."""

from typing import Any
from urllib.parse import urlencode

from django.test import Client

from loyalty.models import Program
from storefront.models import ApiKey
from tests.storefront.conftest import SHOP, Door, make_key, make_program

FRIENDS = """\
referral_programs:
  friends:
    qualify: {minimum: "20.00"}
    hold: 14 days
    expires: 90 days
    advocate: {gives: {points: 100}, cap: {times: 5, per: year}}
    friend: {gives: {percent: 50}, at: claim, voucher: {prefix: HI}}
  colleagues: {friend: {gives: {points: 50}}}
"""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"


def make_referrals(shop: str = SHOP, programs: str = FRIENDS) -> Door:
    """Make a shop with referral programs; return a storefront's door."""
    return Door(make_key(make_program(shop + programs)))


def browser_of(slug: str = "bean-shop") -> Door:
    """Return the door of the pages of a shop, in somebody's browser."""
    program = Program.objects.get(slug=slug)
    key = make_key(program, kind=ApiKey.Kind.PUBLISHABLE)
    return Door(key, {"User-Agent": BROWSER})


def code_of(door: Door, member: str = "ada") -> str:
    answer = door.get(f"/members/{member}/referral")
    assert answer.status_code == 200, answer.content
    return str(answer.json()["code"])


def claim(door: Door, friend: Any = "bob", key: str = "c", /, **stated: Any) -> Any:
    """Claim a friend, by their id or by what is given, by Ada's code unless by another."""
    known = {"id": friend} if isinstance(friend, str) else friend
    if not {"code", "click_token"} & stated.keys():
        stated["code"] = code_of(door)
    return door.post("/referrals", {"friend": known, **stated}, Idempotency_Key=key)


def claimed(
    door: Door, friend: Any = "bob", key: str = "c", /, **stated: Any
) -> dict[str, Any]:
    answer = claim(door, friend, key, **stated)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def follow(code: str, method: str = "GET", agent: str = BROWSER, **asked: str) -> Any:
    """Follow a link as a browser does that does not go on to where it leads."""
    address = f"/r/{code}?{urlencode(asked)}"
    return Client(headers={"User-Agent": agent}).generic(method, address)
