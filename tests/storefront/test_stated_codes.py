"""Codes that are named at enrolment and at the checkout: what the answers say of them."""

import pytest

from loyalty.models import Member
from tests.storefront.conftest import order
from tests.storefront.referring import code_of, make_referrals
from tests.storefront.rewarding import enrol

UNKNOWN = {"id": None, "state": "rejected", "reason": "unknown_code"}


@pytest.fixture
def shop(db):
    """A shop with referral programs, and Ada."""
    door = make_referrals()
    enrol(door, points=0, email="ada@example.org")
    return door


def test_a_code_that_nobody_has_enrols_and_is_said_to_be_unknown(shop):
    answer = shop.put("/members/lone", {"name": "L", "referral_code": "NOT A CODE !!"})

    assert answer.status_code == 201
    assert answer.json()["referral"] == UNKNOWN
    assert Member.objects.filter(external_id="lone").exists()


def test_a_good_code_at_enrolment_is_answered_with_the_referral(shop):
    stated = {"referral_code": code_of(shop)}

    first, again = shop.put("/members/bob", stated), shop.put("/members/bob", stated)

    told = first.json()["referral"]
    assert told["state"] == "signed_up"
    assert shop.get(f"/referrals/{told['id']}").json()["friend"] == "bob"
    assert (again.status_code, again.json()["referral"]) == (200, told)


def test_a_member_who_names_a_code_later_is_a_customer_already(shop):
    shop.put("/members/bob", {})

    told = shop.put("/members/bob", {"referral_code": code_of(shop)}).json()["referral"]

    assert told == UNKNOWN | {"reason": "existing_customer"}


def test_a_member_who_names_no_code_is_told_of_none(shop):
    assert "referral" not in shop.put("/members/bob", {"name": "B"}).json()


def test_a_code_that_nobody_has_on_an_order_is_said_to_be_unknown(shop):
    shop.put("/members/bob", {})
    stated = order(member="bob", referral_code="NOPE-NOPE")

    first, again = shop.put("/orders/1001", stated), shop.put("/orders/1001", stated)

    assert (first.status_code, first.json()["applied"]) == (201, True)
    assert first.json()["referral"] == UNKNOWN
    assert again.json()["referral"] == UNKNOWN


def test_ones_own_code_on_an_order_is_said_to_be_ones_own(shop):
    answer = shop.put("/orders/1001", order(member="ada", referral_code=code_of(shop)))

    assert answer.json()["referral"] == UNKNOWN | {"reason": "self_referral"}
