"""A bean shop with ladders, and shorthands to live in them."""

from datetime import date
from typing import Any

from loyalty.models import Member
from tests.storefront.conftest import NOON, SHOP, Door, make_key, make_program
from tests.tiers.factories import spend as spent_by

VIP = """\
ladders:
  vip:
    name: VIP
    window: {calendar: year}
    tiers:
      member: {threshold: 0}
      silver: {name: Silver, threshold: "200.00", benefits: {support_priority: 2}}
      gold:
        name: Gold
        threshold: "500.00"
        multiplier: "1.5"
        entry: {points: 200, point_type: points}
        benefits: {free_shipping: true, early_access_hours: 48, support_priority: 1, hotline: "+49 30 1234"}
"""  # noqa: E501
CREW = """\
  crew:
    metric: orders
    tiers:
      regular: {threshold: 1, benefits: {support_priority: 3, chat: true}}
"""
ACCESS = """\
access:
  blend: {skus: [BLEND-M], tiers: [vip.gold]}
  launch: {categories: [launch], opens_at: 2026-06-01T09:00:00Z, opens_early_by: early_access_hours}
"""  # noqa: E501
GOLD_BENEFITS = {
    "free_shipping": True,
    "early_access_hours": 48,
    "support_priority": 1,
    "hotline": "+49 30 1234",
}
# With a year that counts and the next one, a tier of 2026 is over when 2028 begins.
END_OF_2027 = "2027-12-31T23:00:00Z"


def make_tiers(*sections: str, shop: str = SHOP) -> Door:
    """Make a shop with these sections, by default all; return a storefront's door."""
    text = "".join(sections) if sections else VIP + ACCESS
    return Door(make_key(make_program(shop + text)))


def spend(member: str, cents: int, *, slug: str = "bean-shop") -> None:
    """Let a member have spent so much on the first of May, and be reviewed."""
    row = Member.objects.select_related("program").get(program__slug=slug, external_id=member)
    spent_by(row, cents, day=date(2026, 5, 1), at=NOON)


def set_tier(door: Door, member: str = "ada", /, **stated: Any) -> Any:
    """Set a tier by hand, gold unless another is stated; return the answer."""
    body = {"tier": "gold", "reason": "a good friend", **stated}
    return door.put(f"/members/{member}/tier", body)


def tier_of(door: Door, member: str = "ada") -> dict[str, Any]:
    answer = door.get(f"/members/{member}/tier")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())
