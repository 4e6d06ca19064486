"""The code that a friend was given: found again for as long as it stands."""

import pytest

from tests.storefront.referring import claimed, make_referrals
from tests.storefront.rewarding import enrol


@pytest.fixture
def shop(db):
    """A shop with referral programs, and Ada."""
    door = make_referrals()
    enrol(door, points=0, email="ada@example.org")
    return door


def test_a_friend_who_enrols_after_the_claim_finds_the_own_code(shop):
    body = claimed(shop, {"email": "bob@example.org"})
    shop.put("/members/bob", {"email": "bob@example.org"})

    found = shop.get(f"/referrals/{body['id']}").json()["friend_voucher"]

    assert found == body["friend_voucher"] | {"member": "bob"}


def test_a_code_that_was_taken_back_is_no_longer_the_friends(shop):
    number = claimed(shop)["id"]
    shop.post(f"/referrals/{number}/reject", {"reason": "the same household"})

    assert shop.get(f"/referrals/{number}").json()["friend_voucher"] is None
