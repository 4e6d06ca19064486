"""Somebody who is logged in, an advocate, and claims that something speaks against."""

import pytest

from tests.factories import make_member
from tests.loyalty.admin.conftest import kim, staff
from tests.referrals.factories import claim, make_referrals, visit

__all__ = ["kim", "staff"]


@pytest.fixture
def shop(db):
    return make_referrals(expires="30 days", fraud={"block_at": 500})


@pytest.fixture
def ada(shop):
    """An advocate who came as a friend herself, by a device that is known since."""
    eve = make_member(shop, "eve")
    claim(eve, "ada", context=visit(device_id="phone-1"))
    make_member(shop, "ada", email="ada.lovelace@mail.example", name="Ada")
    return shop.member_set.get(external_id="ada")


def suspicious(advocate, friend_id="bob", number=1, **more):
    """Claim a friend who uses the advocate's device, from a network of its own."""
    seen = visit(f"198.51.{number}.1", device_id="phone-1")
    return claim(advocate, friend_id, context=seen, **more)


@pytest.fixture
def flagged(ada):
    return suspicious(ada)
