"""A bean shop where points buy something, and shorthands to ask for it."""

from datetime import datetime
from typing import Any

from loyalty.models import Program
from tests.storefront.conftest import SHOP, Door, adjust, make_key, make_program

REWARDS = """\
rewards:
  coffee: {name: Free coffee, cost: {points: 100}, gives: {free_product: ESPRESSO}, voucher: {valid: 30 days, prefix: HC}}
  tenner: {name: Ten off, cost: {points: 200}, gives: {fixed: "10.00", minimum_order: "40.00"}}
  half: {cost: {points: 50}, gives: {percent: 50, at_most: "20.00"}, voucher: {uses: 2}}
  last_mug: {cost: {points: 100}, gives: {physical: A mug}, stock: 1}
  daily: {cost: {points: 10}, gives: {entitlement: storage_mb, quantity: 500}, limits: [{times: 1, per: day, of: member}]}
  grown_ups: {cost: {points: 10}, gives: {donation: "1.00", to: Sea Rescue}, when: 'member.age >= 18'}
  summer: {cost: {points: 10}, gives: {free_shipping: true}, redeemable: {from: 2026-06-01, until: 2026-09-01}}
  early: {cost: {points: 10}, gives: {free_shipping: true}, visible: {from: 2026-06-01}}
  pooled: {cost: {points: 10}, gives: {gift_card: "5.00"}, voucher: {codes: pool}}
  pay: {gives: {pay: {rate: "0.01", minimum: 100, step: 50, at_most_percent: 50}}}
"""  # noqa: E501


def make_shop(text: str = SHOP, rewards: str = REWARDS) -> Door:
    """Make a shop with these rewards; return the door of a storefront of it."""
    return Door(make_key(make_program(text + rewards)))


def enrol(door: Door, member: str = "ada", points: int = 1000, **more: Any) -> str:
    """Enrol a member with points; return its id."""
    assert door.put(f"/members/{member}", {"name": member.title(), **more}).status_code == 201
    if points:
        adjust(door, member, points)
    return member


def redeem(door: Door, key: str = "r", /, member: str = "ada", **body: Any) -> Any:
    """Ask for a redemption; return the answer."""
    return door.post("/redemptions", {"member": member, **body}, Idempotency_Key=key)


def redeemed(door: Door, key: str = "r", /, **body: Any) -> dict[str, Any]:
    """Redeem something; return the redemption."""
    answer = redeem(door, key, **body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def settle(door: Door, redemption: str, what: str, key: str = "s", /, **body: Any) -> Any:
    """Capture, void or reverse a redemption; return the answer."""
    return door.post(f"/redemptions/{redemption}/{what}", body, Idempotency_Key=key)


def shopper(door: Door, member: str = "ada") -> Door:
    """Return the door of a member with a new token."""
    return Door(door.post(f"/members/{member}/tokens", {}).json()["token"])


def wallet(door: Door, member: str = "ada") -> tuple[int, int]:
    """Return what a member may spend, and what is held."""
    numbers = door.get(f"/members/{member}").json()["wallets"]["points"]
    return numbers["available"], numbers["held"]


def pass_time(moment: str) -> None:
    """Set the clocks of all sandboxes, and let no job run."""
    Program.objects.update(clock_at=datetime.fromisoformat(moment))


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def faults(answer: Any) -> list[tuple[str, str]]:
    """Return where what is wrong with a request that was refused with 400."""
    assert answer.status_code == 400, answer.content
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
