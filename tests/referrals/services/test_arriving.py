"""Friends who arrive: by enrolling, with a code or without, and at the checkout."""

from datetime import timedelta

import pytest

from referrals.models import Referral
from referrals.services.clicks import record_click
from tests.factories import NOON, make_member, state_order
from tests.referrals.factories import (
    claim,
    code_of,
    enrol,
    order,
    pass_days,
    points_of,
    visit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(program):
    return make_member(program, name="Ada Lovelace", email="ada@example.org")


def token_of(advocate, *, at=NOON):
    clicked = record_click(
        program=advocate.program, code=code_of(advocate), channel="mail", visit=visit(), at=at
    )
    return clicked.token


def test_who_enrols_under_the_id_or_an_address_is_the_friend(program, ada):
    by_id = claim(ada, "bob")
    by_address = claim(ada, "", email="C.id@gmail.com")

    enrol(program, "bob")
    enrol(program, "cid", email="cid+shop@googlemail.com")

    for referral, friend in ((by_id, "bob"), (by_address, "cid")):
        referral.refresh_from_db()
        assert referral.state == "signed_up"
        assert referral.friend.external_id == friend


def test_who_tells_the_address_after_enrolling_is_the_friend_all_the_same(program, ada):
    claim(ada, "", email="bob@example.org")
    enrol(program)
    order(program)

    enrol(program, email="Bob@example.org")

    referral = Referral.objects.get()
    assert referral.state == "rewarded"
    assert (points_of(ada), points_of(referral.friend)) == (100, 50)


def test_a_member_of_before_who_tells_the_address_later_is_an_existing_customer(program, ada):
    make_member(program, "bob", at=NOON - timedelta(days=1))
    claim(ada, "", email="bob@example.org")

    enrol(program, email="bob@example.org")
    order(program)

    referral = Referral.objects.get()
    assert (referral.state, referral.reason) == ("rejected", "existing_customer")
    assert points_of(ada) == 0


def test_whose_friend_somebody_is_already_does_not_change_with_the_address(program, ada, eve):
    claim(eve, "", email="bob@example.org")
    enrol(program, referral_code=code_of(ada))

    enrol(program, email="bob@example.org")
    order(program)

    assert (points_of(ada), points_of(eve)) == (100, 0)
    reasons = Referral.objects.order_by("pk").values_list("state", "reason")
    assert list(reasons) == [("rejected", "already_referred"), ("rewarded", "")]


def test_a_code_may_come_with_the_enrolment(program, ada):
    told = enrol(program, referral_code=code_of(ada).lower())

    referral = Referral.objects.get()
    assert told == {"id": str(referral), "state": "signed_up"}
    assert referral.source == "enrolment"


def test_a_code_that_is_none_does_not_keep_anybody_from_enrolling(program, ada):
    assert enrol(program, referral_code="NOBODYS1") is None
    assert not Referral.objects.exists()


def test_a_code_may_be_typed_at_the_checkout(program, ada):
    make_member(program, "bob")

    told = order(program, referral_code=code_of(ada))

    assert told["state"] == "rewarded"
    assert Referral.objects.get().source == "checkout"


def test_a_code_at_the_checkout_is_better_than_a_click(program, ada, eve):
    claim(ada, click_token=token_of(ada))
    enrol(program)

    order(program, referral_code=code_of(eve))

    assert (points_of(ada), points_of(eve)) == (0, 100)


def test_a_code_on_a_later_order_refers_nobody(program, ada):
    make_member(program, "bob")
    order(program, "1001", placed_at=(NOON - timedelta(days=1)).isoformat())

    told = order(program, "1002", referral_code=code_of(ada))

    assert (told["id"], told["reason"]) == (None, "existing_customer")


def test_who_joined_long_before_is_no_friend_at_the_checkout(program, ada):
    make_member(program, "bob", at=NOON - timedelta(days=31))

    assert order(program, referral_code=code_of(ada))["reason"] == "existing_customer"


def test_who_joined_within_the_window_may_type_a_code_at_the_first_checkout(program, ada):
    make_member(program, "bob", at=NOON - timedelta(days=29))

    assert order(program, referral_code=code_of(ada))["state"] == "rewarded"


def test_a_guests_code_counts_once_the_guest_has_enrolled(program, ada):
    state_order(
        program, guest={"email": "bob@example.org"}, referral_code=code_of(ada), amount=5000
    )

    told = enrol(program, email="bob@example.org")

    assert told["state"] == "rewarded"
    assert points_of(ada) == 100


@pytest.mark.parametrize("where", ["enrolment", "checkout"])
def test_whose_guest_order_is_too_old_to_be_claimed_is_an_existing_customer(
    program, ada, where
):
    # An order of a guest waits for 30 days.
    state_order(program, guest={"email": "bob@example.org"})
    pass_days(program, 31)
    code = code_of(ada)

    enrol(program, email="bob@example.org", **_where(where, "enrolment", code))
    order(program, "1002", amount=5000, **_where(where, "checkout", code))

    assert points_of(ada) == 0


def _where(where, place, code):
    return {"referral_code": code} if where == place else {}
